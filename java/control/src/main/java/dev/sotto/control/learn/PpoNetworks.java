package dev.sotto.control.learn;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * The networks of proximal policy optimisation (Schulman et al. 2017) with their losses. The policy
 * is a = tanh(u), u normal around the actor's output with a deviation of its own for every entry;
 * densities are those of u, since tanh does not change the ratio of two of them.
 */
final class PpoNetworks implements AutoCloseable {
  private static final double LOG_TWO_PI = Math.log(2 * Math.PI);

  private final int actionSize;
  private final PpoOptions options;
  private final Mlp actor;
  private final Mlp critic;
  private final double[] logSigma;
  private final double[] logSigmaGradient;
  private final Mlp.Pass single;
  private final Mlp.Pass actorPass;
  private final Mlp.Pass criticPass;
  private final Adam actorOptimizer;
  private final Adam sigmaOptimizer;
  private final Adam criticOptimizer;

  PpoNetworks(int observationSize, int actionSize, PpoOptions options, RandomGenerator random) {
    this.actionSize = actionSize;
    this.options = options;
    int width = options.width();
    actor = new Mlp(new int[] {observationSize, width, width, actionSize}, Activation.TANH, random);
    critic = new Mlp(new int[] {observationSize, width, width, 1}, Activation.TANH, random);
    logSigma = new double[actionSize];
    Arrays.fill(logSigma, Math.log(options.sigma()));
    logSigmaGradient = new double[actionSize];
    single = actor.pass(1);
    actorPass = actor.pass(options.rollout().horizon());
    criticPass = critic.pass(options.rollout().horizon());
    actorOptimizer = new Adam("actor", options.update().learningRate(), actor.size());
    sigmaOptimizer = new Adam("sigma", options.update().learningRate(), actionSize);
    criticOptimizer = new Adam("critic", options.update().learningRate(), critic.size());
  }

  Mlp actor() {
    return actor;
  }

  Mlp critic() {
    return critic;
  }

  double[] logSigma() {
    return logSigma;
  }

  double[] logSigmaGradient() {
    return logSigmaGradient;
  }

  /** An action for one normalised observation; noise 0 gives the mean action. */
  double[] act(double[] observation, double[] noise) {
    double[] action = single.forward(observation);
    for (int k = 0; k < actionSize; k++) {
      action[k] = SquashedGaussian.squash(action[k] + Math.exp(logSigma[k]) * noise[k]);
    }
    return action;
  }

  /** Learns from one horizon of transitions, in the order they were made. */
  void update(List<Transition> transitions, TransitionBatch batch) {
    double[] before = logProbabilities(batch);
    double[] values = criticPass.forward(batch.observations());
    double[] advantages = advantages(transitions, batch, values);
    double[] returns = new double[values.length];
    Arrays.setAll(returns, i -> values[i] + advantages[i]);
    standardise(advantages);
    for (int epoch = 0; epoch < options.update().epochs(); epoch++) {
      policyLoss(batch, before, advantages);
      actor.update(actorOptimizer);
      sigmaOptimizer.update(logSigma, logSigmaGradient);
      valueLoss(batch, returns);
      critic.update(criticOptimizer);
    }
  }

  /** Log densities of the batch's actions before tanh, one a row. */
  double[] logProbabilities(TransitionBatch batch) {
    double[] means = actorPass.forward(batch.observations());
    double[] result = new double[batch.rows()];
    for (int i = 0; i < means.length; i++) {
      double z = deviation(batch, means, i);
      result[i / actionSize] += -0.5 * (z * z + LOG_TWO_PI) - logSigma[i % actionSize];
    }
    return result;
  }

  private double deviation(TransitionBatch batch, double[] means, int i) {
    // Actions may be another's choice and lie on the bound itself.
    double a = Math.max(-1 + 1e-9, Math.min(1 - 1e-9, batch.actions()[i]));
    double u = 0.5 * (Math.log1p(a) - Math.log1p(-a));
    return (u - means[i]) / Math.exp(logSigma[i % actionSize]);
  }

  /**
   * Generalised advantage estimation (Schulman et al. 2016): discounted sums of the temporal
   * differences. A sum ends at a terminal transition, where nothing follows, and where the next
   * transition starts elsewhere, where the value of what was last observed stands in.
   *
   * @param values V(s), one a row
   */
  double[] advantages(List<Transition> transitions, TransitionBatch batch, double[] values) {
    double[] next = criticPass.forward(batch.next());
    double[] advantages = new double[values.length];
    for (int i = values.length - 1; i >= 0; i--) {
      double carried = options.rollout().discount() * batch.continues()[i];
      advantages[i] = batch.rewards()[i] + carried * next[i] - values[i];
      if (i + 1 < values.length
          && Arrays.equals(transitions.get(i).next(), transitions.get(i + 1).observation())) {
        advantages[i] += carried * options.rollout().trace() * advantages[i + 1];
      }
    }
    return advantages;
  }

  private static void standardise(double[] values) {
    double mean = Arrays.stream(values).average().orElseThrow();
    double variance =
        Arrays.stream(values).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
    Arrays.setAll(values, i -> (values[i] - mean) / (Math.sqrt(variance) + 1e-8));
  }

  /**
   * Minus the clipped surrogate, minus the weighted entropy of u; leaves its gradients in the actor
   * and in {@link #logSigmaGradient}.
   *
   * @param before log densities of the actions when they were chosen
   */
  double policyLoss(TransitionBatch batch, double[] before, double[] advantages) {
    int rows = batch.rows();
    double[] now = logProbabilities(batch);
    // The pass that gave them still holds the means.
    double[] means = actorPass.outputs();
    double[] byMean = new double[means.length];
    double loss = 0;
    for (int k = 0; k < actionSize; k++) {
      loss -= options.update().entropyWeight() * (logSigma[k] + 0.5 * (1 + LOG_TWO_PI));
      logSigmaGradient[k] = -options.update().entropyWeight();
    }
    for (int row = 0; row < rows; row++) {
      double ratio = Math.exp(now[row] - before[row]);
      double clipped =
          Math.max(1 - options.update().clip(), Math.min(1 + options.update().clip(), ratio));
      double free = ratio * advantages[row];
      double held = clipped * advantages[row];
      loss -= Math.min(free, held) / rows;
      if (free > held) {
        continue;
      }
      double byLogProbability = -free / rows;
      for (int k = 0; k < actionSize; k++) {
        int i = row * actionSize + k;
        double z = deviation(batch, means, i);
        byMean[i] = byLogProbability * z / Math.exp(logSigma[k]);
        logSigmaGradient[k] += byLogProbability * (z * z - 1);
      }
    }
    actorPass.backward(byMean);
    return loss;
  }

  /** Half the mean squared error of the values; leaves its gradient in the critic. */
  double valueLoss(TransitionBatch batch, double[] returns) {
    double[] values = criticPass.forward(batch.observations());
    double[] gradient = new double[values.length];
    double loss = 0;
    for (int i = 0; i < values.length; i++) {
      double error = values[i] - returns[i];
      loss += 0.5 * error * error / values.length;
      gradient[i] = error / values.length;
    }
    criticPass.backward(gradient);
    return loss;
  }

  void save(Map<String, double[]> tensors, Map<String, Long> counters) {
    tensors.put("actor", actor.parameters());
    tensors.put("critic", critic.parameters());
    tensors.put("sigma", logSigma);
    actorOptimizer.save(tensors, counters);
    criticOptimizer.save(tensors, counters);
    sigmaOptimizer.save(tensors, counters);
  }

  void restore(AgentState state) {
    actor.assign(state.tensor("actor", actor.size()));
    critic.assign(state.tensor("critic", critic.size()));
    System.arraycopy(state.tensor("sigma", actionSize), 0, logSigma, 0, actionSize);
    actorOptimizer.restore(state);
    criticOptimizer.restore(state);
    sigmaOptimizer.restore(state);
  }

  @Override
  public void close() {
    actor.close();
    critic.close();
  }
}
