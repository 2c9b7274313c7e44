package dev.sotto.search;

import dev.sotto.noise.LmoNoise;
import java.util.Arrays;
import org.apache.commons.math3.exception.MathIllegalStateException;
import org.apache.commons.math3.optim.InitialGuess;
import org.apache.commons.math3.optim.MaxEval;
import org.apache.commons.math3.optim.SimpleBounds;
import org.apache.commons.math3.optim.nonlinear.scalar.GoalType;
import org.apache.commons.math3.optim.nonlinear.scalar.ObjectiveFunction;
import org.apache.commons.math3.optim.nonlinear.scalar.noderiv.CMAESOptimizer;
import org.apache.commons.math3.random.MersenneTwister;
import org.apache.commons.math3.random.RandomGenerator;

/** One start of CMA-ES over the shapes of LMO noise. */
final class ShapeOptimizer {
  private static final int POPULATION = 12;
  private static final double[] SIGMA = {2, 2, 1, 0.25, 2, 0.5, 1};

  /** Where the first starts begin; the others begin anywhere in the box. */
  private static final double[][] KNOWN = {
    // Nearly plain Laplace noise.
    LawShape.point(1e-4, 1, 1e-4, 1, 0.02),
    // The paper's public parameters for epsilon 0.3 and for 2, as shares of the mean.
    LawShape.point(0.05, 1, 0.02, 0.15, 1.0 / 3),
    LawShape.point(0.2, 2, 0.02, 1.5, 1.0 / 15),
    // One gamma term: heavy tails.
    LawShape.point(1, 3, 1e-3, 1e-3, 0.5),
    // A wide uniform term.
    LawShape.point(0.1, 1, 0.1, 1, 0.9)
  };

  /** The best shape of a start; the law is null if none served. */
  record Found(LmoNoise law, double cost) {}

  private final ShapeScore score;
  private final SearchOptions options;
  private final int start;
  private final Runnable evaluated;
  private final int coordinates;
  private Found best = new Found(null, ShapeScore.UNFIT);

  ShapeOptimizer(ShapeScore score, SearchOptions options, int start, Runnable evaluated) {
    this.score = score;
    this.options = options;
    this.start = start;
    this.evaluated = evaluated;
    // The paper's terms are cheaper to look at and often enough.
    coordinates = start % 2 == 0 ? LawShape.WITHOUT_NORMAL : LawShape.WITH_NORMAL;
  }

  Found best() {
    int[] seed = {(int) options.seed(), (int) (options.seed() >>> 32), start};
    RandomGenerator random = new MersenneTwister(seed);
    CMAESOptimizer optimizer =
        new CMAESOptimizer(Integer.MAX_VALUE, 0, true, 0, 0, random, false, null);
    try {
      optimizer.optimize(
          new MaxEval(options.evaluations()),
          new ObjectiveFunction(this::cost),
          GoalType.MINIMIZE,
          new InitialGuess(guess(random)),
          new SimpleBounds(LawShape.lowest(coordinates), LawShape.highest(coordinates)),
          new CMAESOptimizer.Sigma(Arrays.copyOf(SIGMA, coordinates)),
          new CMAESOptimizer.PopulationSize(POPULATION));
    } catch (MathIllegalStateException spent) {
      // The evaluations are used up; the best of them is kept here.
    }
    return best;
  }

  private double[] guess(RandomGenerator random) {
    if (start < KNOWN.length) {
      return Arrays.copyOf(KNOWN[start], coordinates);
    }
    double[] guess = LawShape.lowest(coordinates);
    for (int i = 0; i < coordinates; i++) {
      double width = LawShape.highest(coordinates)[i] - guess[i];
      guess[i] += (0.25 + 0.5 * random.nextDouble()) * width;
    }
    return guess;
  }

  private double cost(double[] point) {
    LmoNoise law = LawShape.law(point);
    double cost = score.cost(law);
    if (cost < best.cost()) {
      best = new Found(law, cost);
    }
    evaluated.run();
    return cost;
  }
}
