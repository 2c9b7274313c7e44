package dev.sotto.bench;

import dev.sotto.compute.Backends;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A whole LoRA training step: forward, backward, clip, noise and update, against the same engine's
 * step without privacy. Report the ratio from one run.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 3)
@Measurement(iterations = 5, time = 4)
public class StepBenchmark {
  /** Model and batch. */
  @Param({"LLAMA_256", "GPT2_768"})
  public ModelShape shape;

  /** {@code cpu} or {@code cuda}. */
  @Param("cpu")
  public String backend;

  private StepFixture flat;
  private StepFixture perAdapter;

  /** Makes the models. */
  @Setup(Level.Trial)
  public void open() {
    flat = new StepFixture(shape, false, Backends.open(backend, 0));
    perAdapter = new StepFixture(shape, true, Backends.open(backend, 0));
  }

  /** Frees them. */
  @TearDown(Level.Trial)
  public void close() {
    flat.close();
    perAdapter.close();
  }

  /** The baseline. */
  @Benchmark
  public void nonPrivate() {
    timed(flat, flat::nonPrivateStep);
  }

  /** One clip norm over all adapters. */
  @Benchmark
  public void privateFlat() {
    timed(flat, flat::privateStep);
  }

  /** One clip norm an adapter. */
  @Benchmark
  public void privatePerAdapter() {
    timed(perAdapter, perAdapter::privateStep);
  }

  /**
   * The device's timer waits until a GPU has done the step; without it the launches would count.
   */
  private static void timed(StepFixture fixture, Runnable step) {
    fixture.backend.timer().startTimer();
    step.run();
    fixture.backend.timer().stopTimer();
  }
}
