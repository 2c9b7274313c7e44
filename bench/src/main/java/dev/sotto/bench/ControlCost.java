package dev.sotto.bench;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.Calibration;
import dev.sotto.accounting.FilterAccountant;
import dev.sotto.accounting.PrivacyFilter;
import dev.sotto.accounting.StatisticsNoise;
import java.util.Locale;

/**
 * What it costs to be adaptive, in noise multipliers: the privatised statistics at some relative
 * costs, and the filter that adapted noise needs in place of the tight account.
 *
 * <pre>java -cp bench/target/benchmarks.jar dev.sotto.bench.ControlCost</pre>
 *
 * <p>The run is that of {@code examples/rldp-study}: 13,921 units, 128 of them expected in a batch,
 * 60 steps, decisions every 3, 14 LoRA pairs, losses cut off at 10 nats.
 */
public final class ControlCost {
  private static final double BATCH = 128;
  private static final double RATE = BATCH / 13_921;
  private static final double DELTA = 1e-5;
  private static final long STEPS = 60;
  private static final double INTERVAL = 3;
  private static final int PAIRS = 14;
  private static final double LOSS_BOUND = 10;

  private ControlCost() {}

  /** Prints both tables as text. */
  public static void main(String[] arguments) {
    System.out.println("epsilon  z      cost   stddev  share of clipped  loss, nats");
    for (double epsilon : new double[] {0.5, 2, 8}) {
      double z = Calibration.noiseMultiplier(Accountant.pld(), epsilon, DELTA, RATE, STEPS);
      for (double cost : new double[] {0.001, 0.01, 0.05}) {
        double stddev = StatisticsNoise.of(z, PAIRS, cost).stddev();
        double share = stddev / BATCH / Math.sqrt(INTERVAL);
        print(
            "%-8.1f %.4f %-6.3f %-7.2f %-17.4f %.3f",
            epsilon, z, cost, stddev, share, LOSS_BOUND * share);
      }
    }
    System.out.println();
    System.out.println("epsilon  pld    rdp    filter  order  filter over pld");
    for (double epsilon : new double[] {0.5, 2, 8}) {
      double pld = Calibration.noiseMultiplier(Accountant.pld(), epsilon, DELTA, RATE, STEPS);
      double rdp = Calibration.noiseMultiplier(Accountant.rdp(), epsilon, DELTA, RATE, STEPS);
      double order =
          PrivacyFilter.forPlan(epsilon, DELTA, Calibration.run(rdp, RATE, STEPS)).order();
      double filter =
          Calibration.noiseMultiplier(new FilterAccountant(order), epsilon, DELTA, RATE, STEPS);
      print("%-8.1f %.4f %.4f %.4f  %-6.3f %.3f", epsilon, pld, rdp, filter, order, filter / pld);
    }
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
