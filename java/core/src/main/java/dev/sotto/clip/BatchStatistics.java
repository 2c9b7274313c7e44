package dev.sotto.clip;

import dev.sotto.exact.Exact;
import dev.sotto.gradient.ParameterLayout;
import dev.sotto.gradient.UnitNorms;
import java.util.Arrays;
import java.util.List;

/**
 * What a controller wants to know of one logical batch, as K + 1 sums over its units: per clipping
 * group the centred clip indicator Σ_i (b_ik − ½), with b = 1 where ‖g_ik‖ {@literal >} C_k or not
 * finite, and the centred share of the largest loss Σ_i (min(ℓ_i, L)/L − ½), with ℓ_i the mean nats
 * per target of unit i.
 *
 * <p><b>Guarantee.</b> Every unit adds K + 1 numbers in [−½, ½], whatever its norms and loss, so
 * adding or removing one moves the sums by at most √(K+1)/2 in L2 norm. All numbers are multiples
 * of {@link #QUANTUM}, rounded before they are added, so the sums are exact, and the same bits
 * whatever the order and the micro-batches. A loss that is NaN counts as L.
 *
 * <p>Centring halves the sensitivity: an indicator in {0, 1} would move its sum by 1, and the
 * released share is recovered by adding ½ (see {@code docs/privacy-model.md}).
 *
 * <p>Sensitive, like {@link ClippedGradSum}: only {@code dev.sotto.mechanism} may look inside.
 */
public final class BatchStatistics {
  /** The grid of the sums, in indicators and in shares of L. */
  public static final double QUANTUM = 0x1p-20;

  private final int groups;
  private final double lossBound;
  private final double[] sums;
  private double[] squaredClipNorms;
  private boolean flat;

  /**
   * Statistics of K groups.
   *
   * @param groups K, the number of clipping groups: 1 for flat clipping
   * @param lossBound L, in nats per target: larger losses count as this
   * @throws IllegalArgumentException if there is no group or the bound is not positive and finite
   */
  public BatchStatistics(int groups, double lossBound) {
    if (groups < 1) {
      throw new IllegalArgumentException("statistics of " + groups + " clipping groups are none");
    }
    if (!(lossBound > 0) || Double.isInfinite(lossBound)) {
      throw new IllegalArgumentException(
          "the loss bound "
              + lossBound
              + " is not a positive finite number of nats: choose one, for example 10");
    }
    this.groups = groups;
    this.lossBound = lossBound;
    sums = new double[groups + 1];
  }

  /**
   * Empties the sums and sets the thresholds of the next logical batch.
   *
   * @throws IllegalArgumentException if the clipping has another number of groups
   */
  public void reset(Clipping clipping, ParameterLayout layout) {
    List<Clipping.Group> next = clipping.groups(layout);
    if (next.size() != groups) {
      throw new IllegalArgumentException(
          "statistics of "
              + groups
              + " clipping groups cannot count what "
              + next.size()
              + " groups clip");
    }
    flat = clipping.isFlat();
    squaredClipNorms = next.stream().mapToDouble(g -> g.clipNorm() * g.clipNorm()).toArray();
    Arrays.fill(sums, 0);
  }

  /**
   * Counts the units of a complete micro-batch.
   *
   * @param micro how long their gradients are
   * @param unitLosses ℓ_i, mean nats per target, one a unit
   * @throws IllegalArgumentException if there is not one loss a unit
   * @throws IllegalStateException before the first {@link #reset}
   */
  public void add(UnitNorms micro, double[] unitLosses) {
    int units = micro.units();
    if (squaredClipNorms == null) {
      throw new IllegalStateException("the thresholds of the batch are not known: reset first");
    }
    if (unitLosses.length != units) {
      // How many is not said: the realised size of a batch is private.
      throw new IllegalArgumentException("statistics need one loss for every unit");
    }
    if (units == 0) {
      return;
    }
    int pairs = micro.blocks();
    if (!flat && pairs != groups) {
      throw new IllegalArgumentException(
          "norms of " + pairs + " LoRA pairs do not belong to " + groups + " clipping groups");
    }
    double[] squared = micro.squaredNorms().downloadDoubles(pairs * units);
    for (int s = 0; s < units; s++) {
      double total = 0;
      for (int k = 0; k < pairs; k++) {
        double norm = squared[k * units + s];
        total += norm;
        if (!flat) {
          sums[k] += indicator(norm, k);
        }
      }
      if (flat) {
        sums[0] += indicator(total, 0);
      }
      sums[groups] += share(unitLosses[s]);
    }
  }

  /** Clipped counts ½, not clipped −½; negated, so that NaN counts as clipped. */
  private double indicator(double squaredNorm, int group) {
    return !(squaredNorm <= squaredClipNorms[group]) ? 0.5 : -0.5;
  }

  /** On the grid and in [−½, ½]: rounding a number in [0, 1] leaves it there. */
  private double share(double loss) {
    double share = Double.isNaN(loss) ? 1 : Math.max(0, Math.min(1, loss / lossBound));
    return Math.rint(share / QUANTUM) * QUANTUM - 0.5;
  }

  /** Number of clipping groups K. */
  public int groups() {
    return groups;
  }

  /** Number of sums, K + 1. */
  public int size() {
    return sums.length;
  }

  /** L, in nats per target. */
  public double lossBound() {
    return lossBound;
  }

  /** L2 sensitivity under adding or removing one unit, √(K+1)/2. */
  public double sensitivity() {
    return sensitivity(groups);
  }

  /** The sensitivity of statistics of K groups, known before anything is made. */
  public static double sensitivity(int groups) {
    return Math.sqrt(groups + 1.0) / 2;
  }

  /**
   * The exact sums [K + 1], the loss last, for {@code dev.sotto.mechanism} to open and no one else:
   * their type lies in a package that is not exported.
   */
  public Exact<double[]> exactSums() {
    return new Exact<>(sums.clone());
  }
}
