package dev.sotto.bench;

import dev.sotto.compute.Backend;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;

/**
 * Secondary metrics beside JMH's wall time: the device's own time for a call, and what share of the
 * roofline, measured in the same run, it reaches. JMH adds events up over iterations and forks;
 * each iteration gives its part of the mean.
 */
@State(Scope.Thread)
@AuxCounters(AuxCounters.Type.EVENTS)
public class DeviceTime {
  /**
   * Calls of one invocation. On a GPU they lie between two readings of the clock, enough that the
   * first launch into an idle device does not show; on the CPU each is timed by itself.
   */
  static final int CALLS = 10;

  private double fastest; // seconds of a call; 0: none was made
  private double bytes;
  private double flops;
  private Roofline roofline;
  private int parts = 1;

  /** Begins an iteration. */
  @Setup(Level.Iteration)
  public void begin(BenchmarkParams benchmark, IterationParams iteration) {
    parts = iteration.getCount() * Math.max(1, benchmark.getForks());
    fastest = 0;
  }

  /** {@value #CALLS} calls, timed on the device; bytes and FLOPs are those of one. */
  void time(DeviceState state, double bytes, double flops, Runnable call) {
    int together = state.device.traits().device() == Backend.Device.GPU ? CALLS : 1;
    for (int made = 0; made < CALLS; made += together) {
      state.device.timer().startTimer();
      for (int i = 0; i < together; i++) {
        call.run();
      }
      double seconds = state.device.timer().stopTimer() / together;
      fastest = fastest == 0 ? seconds : Math.min(fastest, seconds);
    }
    this.bytes = bytes;
    this.flops = flops;
    roofline = state.roofline;
  }

  /** Microseconds of a call on the device. */
  public double deviceMicros() {
    return 1e6 * fastest / parts;
  }

  /** The least time for the call's bytes and FLOPs, in percent of its device time. */
  public double rooflinePercent() {
    return fastest == 0 ? 0 : 100 * roofline.share(bytes, flops, fastest) / parts;
  }

  /** The roofline: GB/s of a copy. */
  public double rooflineCopy() {
    return roofline == null ? 0 : roofline.bytesPerSecond() * 1e-9 / parts;
  }

  /** The roofline: GFLOP/s of a large product. */
  public double rooflineGemm() {
    return roofline == null ? 0 : roofline.flopsPerSecond() * 1e-9 / parts;
  }
}
