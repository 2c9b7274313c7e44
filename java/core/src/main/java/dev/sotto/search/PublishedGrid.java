package dev.sotto.search;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.LmoDivergence;
import dev.sotto.accounting.PaperClaim;
import dev.sotto.noise.LmoNoise;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * The search of arXiv 2405.18776 as its public code makes it, for replication: a coarse grid of
 * parameters, each accounted for one release by the paper's formula as if the vector were one
 * number. <b>Paper accounting: not a differential privacy guarantee.</b> The sound epsilon of the
 * winner stands beside its claim.
 */
public final class PublishedGrid {
  /** What everything made with this search must say. */
  public static final String WARNING = "paper accounting: not a differential privacy guarantee";

  private static final double[] WEIGHTS = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
  private static final double[][] GAMMA_SCALES_AND_SHAPES = {
    {1, 2}, {2, 2}, {3, 2}, {5, 1}, {9, 0.5}, {7.5, 1}, {0.5, 1}
  };
  private static final double[] RATES = {0.1, 0.5, 1, 5};
  private static final double[][] RANGES = {{0, 1}, {1, 2}};
  private static final int INNER = WEIGHTS.length * WEIGHTS.length * RATES.length * RANGES.length;
  private static final int OUTER = WEIGHTS.length * GAMMA_SCALES_AND_SHAPES.length;

  /** Points of the grid. */
  public static final int POINTS = OUTER * INNER;

  private static final int SMALLEST_ORDER = 2;
  private static final int LARGEST_ORDER = 128;

  private final NoiseQuery query;

  /**
   * The point of the grid that serves the objective best among those whose claim is below the
   * target.
   *
   * @param law its parameters as the paper has them
   * @param claim what the paper's formula says one release costs; not a guarantee
   * @param candidate the same law with the sound epsilon of the whole run in the asked dimension
   */
  public record Best(LmoNoise law, PaperClaim claim, NoiseCandidate candidate) {}

  private PublishedGrid(NoiseQuery query) {
    this.query = query;
  }

  /**
   * Searches the grid.
   *
   * @param query what is wanted; its epsilon bounds the claim for one release without sampling
   * @param progress hears about it
   * @return the best point
   * @throws IllegalArgumentException if no point claims less than the query's epsilon
   */
  public static Best run(NoiseQuery query, SearchProgress progress) {
    PublishedGrid grid = new PublishedGrid(query);
    AtomicLong done = new AtomicLong();
    Point best =
        IntStream.range(0, OUTER)
            .parallel()
            .mapToObj(
                outer -> {
                  Point found = grid.bestOf(outer);
                  synchronized (grid) {
                    progress.evaluated(done.addAndGet(INNER), POINTS);
                  }
                  return found;
                })
            // In the order of the grid, so that of equals the first is kept.
            .reduce(Point.NONE, Point::better);
    if (best.law == null) {
      throw new IllegalArgumentException(
          "no point of the published grid claims an epsilon below "
              + query.epsilon()
              + " at delta "
              + query.delta()
              + " and sensitivity "
              + query.sensitivity()
              + "; ask for a larger epsilon or a smaller sensitivity");
    }
    return new Best(
        best.law,
        new PaperClaim(claim(query, best.law), query.delta()),
        NoiseCandidate.lmo(query, best.law, Accountant.pld()));
  }

  /** A law and what is to be small. */
  private record Point(LmoNoise law, double cost) {
    static final Point NONE = new Point(null, Double.POSITIVE_INFINITY);

    Point better(Point later) {
      return later.cost < cost ? later : this;
    }
  }

  private Point bestOf(int outer) {
    double[] gamma = GAMMA_SCALES_AND_SHAPES[outer / WEIGHTS.length];
    double gammaWeight = WEIGHTS[outer % WEIGHTS.length];
    Point best = Point.NONE;
    for (double exponentialWeight : WEIGHTS) {
      for (double rate : RATES) {
        for (double uniformWeight : WEIGHTS) {
          for (double[] range : RANGES) {
            LmoNoise law =
                new LmoNoise(
                    new LmoNoise.Gamma(gammaWeight, gamma[1], gamma[0]),
                    new LmoNoise.Exponential(exponentialWeight, rate),
                    new LmoNoise.Uniform(uniformWeight, range[0], range[1]),
                    LmoNoise.TruncatedNormal.none());
            best = best.better(admitted(law, best.cost));
          }
        }
      }
    }
    return best;
  }

  /** The law as a point, or none if it is no better than what is known or claims too much. */
  private Point admitted(LmoNoise law, double known) {
    // The usefulness costs less to know than the claim; the moments cost more.
    if (query.objective() == NoiseObjective.USEFULNESS) {
      double cost = law.logMgf(-query.gamma());
      return cost < known && claim(query, law) < query.epsilon()
          ? new Point(law, cost)
          : Point.NONE;
    }
    if (!(claim(query, law) < query.epsilon())) {
      return Point.NONE;
    }
    try {
      return new Point(
          law, query.objective() == NoiseObjective.VARIANCE ? law.variance() : law.meanAbsolute());
    } catch (IllegalArgumentException infiniteMoment) {
      return Point.NONE;
    }
  }

  /** The paper's epsilon for one release: integer orders, its conversion. */
  private static double claim(NoiseQuery query, LmoNoise law) {
    double best = Double.POSITIVE_INFINITY;
    for (int order = SMALLEST_ORDER; order <= LARGEST_ORDER; order++) {
      double rho = LmoDivergence.renyiPaper(law, order, query.sensitivity());
      if (Double.isInfinite(rho)) {
        break;
      }
      double epsilon =
          rho + Math.log1p(-1.0 / order) - Math.log(query.delta() * order) / (order - 1);
      best = Math.min(best, epsilon);
    }
    return best;
  }
}
