/**
 * Per-sample gradients of LoRA pairs, before any protection. Everything here is sensitive; it may
 * be read by {@code dev.sotto.clip} alone.
 */
package dev.sotto.gradient;
