package dev.sotto.bench;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.Calibration;
import dev.sotto.accounting.EpsilonBound;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Time to account for a run, and to calibrate its noise, by both accountants. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class AccountantBenchmark {
  private static final double DELTA = 1e-5;

  /** Accountant. */
  @Param({"pld", "rdp"})
  public String accountant;

  /** Sampling probability, noise multiplier and steps of the run. */
  @Param({"0.001 0.8 1000", "0.01 1.0 1000", "0.01 1.0 10000", "0.0001 0.4 10000"})
  public String run;

  /** Both ends of the bracket. */
  @Benchmark
  public EpsilonBound epsilon() {
    String[] words = run.split(" ");
    return Accountant.named(accountant)
        .epsilon(
            Calibration.run(
                Double.parseDouble(words[1]),
                Double.parseDouble(words[0]),
                Long.parseLong(words[2])),
            DELTA);
  }

  /** The least noise for ε = 1. */
  @Benchmark
  public double calibrate() {
    String[] words = run.split(" ");
    return Calibration.noiseMultiplier(
        Accountant.named(accountant),
        1.0,
        DELTA,
        Double.parseDouble(words[0]),
        Long.parseLong(words[2]));
  }
}
