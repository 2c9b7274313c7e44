package dev.sotto.compute.jni;

import static dev.sotto.compute.jni.Status.check;

import dev.sotto.compute.DeviceTimer;

/** A native backend's clock. */
final class NativeTimer implements DeviceTimer {
  private final NativeMemory memory;

  NativeTimer(NativeMemory memory) {
    this.memory = memory;
  }

  @Override
  public void startTimer() {
    check(SottoNative.sotto_timer_start(memory.handle()));
  }

  @Override
  public double stopTimer() {
    double[] seconds = new double[1];
    check(SottoNative.sotto_timer_stop(memory.handle(), seconds));
    return seconds[0];
  }
}
