/**
 * Clipping, noise and privacy accounting, usable from any trainer. What is not exported is closed:
 * {@code dev.sotto.exact}, where sums lie before any noise, and {@code dev.sotto.compute.jni}, the
 * native code.
 */
module dev.sotto.core {
  requires commons.math3;
  requires org.bytedeco.javacpp;
  requires org.bytedeco.openblas;

  exports dev.sotto.accounting;
  exports dev.sotto.clip;
  exports dev.sotto.compute;
  exports dev.sotto.gradient;
  exports dev.sotto.mechanism;
  exports dev.sotto.noise;
  exports dev.sotto.search;

  uses dev.sotto.compute.BackendProvider;

  provides dev.sotto.compute.BackendProvider with
      dev.sotto.compute.jni.NativeProvider;

  opens dev.sotto.compute.jni to
      org.bytedeco.javacpp;
}
