/**
 * Devices, their memory and the kernels they run. {@link dev.sotto.compute.Backends} opens a {@link
 * dev.sotto.compute.Backend}; everything else in Sotto computes through that interface. Only {@code
 * dev.sotto.compute.jni} knows JavaCPP.
 */
package dev.sotto.compute;
