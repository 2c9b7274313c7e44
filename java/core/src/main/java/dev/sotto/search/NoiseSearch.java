package dev.sotto.search;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.Calibration;
import dev.sotto.accounting.GaussianEvent;
import dev.sotto.noise.LmoNoise;
import dev.sotto.noise.NoiseLaw;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The offline search for the noise that serves a query best: Gaussian, plain Laplace, and LMO noise
 * of every shape.
 *
 * <p>Every candidate is scaled until the default accountant's upper epsilon meets the target, so
 * only shapes are searched. CMA-ES (Hansen and Ostermeier 2001) moves over them from several
 * starts, with a quick estimate of the cost inside; the best few shapes are then scaled and ranked
 * by the accountant alone. Nothing of the estimate reaches the result.
 */
public final class NoiseSearch {
  /** Shapes that go on to the accountant. */
  private static final int FINALISTS = 3;

  /** Shapes whose log costs differ by less are taken for the same. */
  private static final double ALIKE = 1e-4;

  private final NoiseQuery query;
  private final SearchOptions options;
  private final Accountant accountant = Accountant.pld();

  private NoiseSearch(NoiseQuery query, SearchOptions options) {
    this.query = query;
    this.options = options;
  }

  /**
   * Searches.
   *
   * @param query what is wanted
   * @param options how hard to search
   * @param progress hears about it
   * @return the three candidates, each with an upper epsilon at or below the target
   * @throws IllegalArgumentException if the target cannot be reached
   */
  public static NoiseSearchResult run(
      NoiseQuery query, SearchOptions options, SearchProgress progress) {
    return new NoiseSearch(query, options).run(progress);
  }

  private NoiseSearchResult run(SearchProgress progress) {
    // These two are cheap and fail at once if the target cannot be reached.
    NoiseCandidate gaussian = gaussian();
    NoiseCandidate laplace =
        NoiseCandidate.laplace(
            query, scaled(NoiseLaw.Kind.LAPLACE, LmoNoise.laplace(1)), accountant);
    // Plain Laplace noise is a member of the family, so the best member is no worse.
    NoiseCandidate lmo =
        NoiseCandidate.lmo(query, laplace.law().mixture().orElseThrow(), accountant);
    for (LmoNoise shape : finalists(progress)) {
      try {
        NoiseCandidate candidate =
            NoiseCandidate.lmo(query, scaled(NoiseLaw.Kind.LMO, shape), accountant);
        lmo = candidate.beats(lmo, query.objective(), 0) ? candidate : lmo;
      } catch (IllegalArgumentException targetOutOfReach) {
        // The estimate was wrong about this shape; the accountant has the last word.
      }
    }
    return new NoiseSearchResult(query, gaussian, laplace, lmo);
  }

  private NoiseCandidate gaussian() {
    double multiplier =
        Calibration.noiseMultiplier(
            accountant,
            query.epsilon(),
            query.delta(),
            z -> query.run(GaussianEvent.ofMultiplier(z)));
    return NoiseCandidate.gaussian(query, multiplier * query.sensitivity(), accountant);
  }

  /** The law scaled to the target by the accountant, starting from where the estimate puts it. */
  private LmoNoise scaled(NoiseLaw.Kind kind, LmoNoise shape) {
    double shift = QuickAccount.largestShift(QuickAccount.of(query), shape, query);
    if (!(shift > 0)) {
      throw new IllegalArgumentException(
          "target epsilon "
              + query.epsilon()
              + " at delta "
              + query.delta()
              + " cannot be reached with "
              + kind
              + " noise of any scale; ask for another epsilon");
    }
    LmoNoise near = shape.scaled(query.sensitivity() / shift);
    double factor =
        Calibration.noiseMultiplier(
            accountant,
            query.epsilon(),
            query.delta(),
            z -> query.run(query.event(near.scaled(z))));
    return near.scaled(factor);
  }

  /** The shapes that the estimate likes best, no two alike. */
  private List<LmoNoise> finalists(SearchProgress progress) {
    ShapeScore score = new ShapeScore(query);
    AtomicLong done = new AtomicLong();
    long total = (long) options.starts() * options.evaluations();
    List<ShapeOptimizer.Found> found = new ArrayList<>();
    ExecutorService pool =
        Executors.newFixedThreadPool(Math.min(options.threads(), options.starts()));
    try {
      List<Future<ShapeOptimizer.Found>> starts = new ArrayList<>();
      for (int i = 0; i < options.starts(); i++) {
        ShapeOptimizer optimizer =
            new ShapeOptimizer(
                score,
                options,
                i,
                () -> {
                  synchronized (progress) {
                    progress.evaluated(done.incrementAndGet(), total);
                  }
                });
        starts.add(pool.submit(optimizer::best));
      }
      for (Future<ShapeOptimizer.Found> start : starts) {
        found.add(start.get());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("the noise search was interrupted", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the noise search failed", e.getCause());
    } finally {
      pool.shutdownNow();
    }
    progress.evaluated(total, total);
    found.removeIf(f -> f.law() == null);
    found.sort(Comparator.comparingDouble(ShapeOptimizer.Found::cost));
    List<LmoNoise> shapes = new ArrayList<>();
    double last = Double.NEGATIVE_INFINITY;
    for (ShapeOptimizer.Found f : found) {
      if (shapes.size() < FINALISTS && f.cost() > last + ALIKE) {
        LmoNoise shape = score.simplified(f.law(), f.cost());
        if (ShapeScore.drawable(shape)) {
          shapes.add(shape);
          last = f.cost();
        }
      }
    }
    return shapes;
  }
}
