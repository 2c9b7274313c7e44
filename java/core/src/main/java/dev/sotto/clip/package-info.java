/**
 * Bounding what one privacy unit can contribute. Takes {@link
 * dev.sotto.gradient.PerSampleGradients}, yields {@link dev.sotto.clip.ClippedGradSum}, which
 * carries its sensitivity.
 */
package dev.sotto.clip;
