package dev.sotto.control.learn;

import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * The networks of soft actor-critic (Haarnoja et al. 2018, "Soft Actor-Critic Algorithms and
 * Applications") with their losses: an actor, two critics, and the critics' slowly following
 * targets.
 */
final class SacNetworks implements AutoCloseable {
  private final int observationSize;
  private final int actionSize;
  private final SacOptions options;
  private final Mlp actor;
  private final List<Mlp> critics;
  private final List<Mlp> targets;
  private final Mlp.Pass actorPass;
  private final Mlp.Pass single;
  private final List<Mlp.Pass> criticPasses;
  private final List<Mlp.Pass> targetPasses;
  private final Adam actorOptimizer;
  private final List<Adam> criticOptimizers;
  private final Adam temperatureOptimizer;
  private final double[] logTemperature;

  SacNetworks(int observationSize, int actionSize, SacOptions options, RandomGenerator random) {
    this.observationSize = observationSize;
    this.actionSize = actionSize;
    this.options = options;
    int width = options.width();
    actor = network(random, observationSize, width, width, 2 * actionSize);
    int criticInputs = observationSize + actionSize;
    critics =
        List.of(
            network(random, criticInputs, width, width, 1),
            network(random, criticInputs, width, width, 1));
    targets =
        List.of(
            network(random, criticInputs, width, width, 1),
            network(random, criticInputs, width, width, 1));
    followCritics(1);
    actorPass = actor.pass(options.replay().batch());
    single = actor.pass(1);
    criticPasses = critics.stream().map(c -> c.pass(options.replay().batch())).toList();
    targetPasses = targets.stream().map(c -> c.pass(options.replay().batch())).toList();
    double rate = options.update().learningRate();
    actorOptimizer = new Adam("actor", rate, actor.size());
    criticOptimizers =
        List.of(
            new Adam("critic.0", rate, critics.get(0).size()),
            new Adam("critic.1", rate, critics.get(1).size()));
    temperatureOptimizer = new Adam("temperature", rate, 1);
    logTemperature = new double[] {Math.log(options.temperature())};
  }

  private static Mlp network(RandomGenerator random, int... widths) {
    return new Mlp(widths, Activation.RELU, random);
  }

  Mlp actor() {
    return actor;
  }

  Mlp critic(int index) {
    return critics.get(index);
  }

  Mlp target(int index) {
    return targets.get(index);
  }

  double temperature() {
    return Math.exp(logTemperature[0]);
  }

  /** An action for one normalised observation; noise 0 gives the mean action. */
  double[] act(double[] observation, double[] noise) {
    return new SquashedGaussian(single.forward(observation), noise, actionSize).actions();
  }

  /**
   * One step of the critics, the actor and the temperature, and of the targets behind them.
   *
   * @param nextNoise standard normal, {@code rows x actions}, for the actions after the transitions
   * @param noise likewise, for the actor's own actions
   */
  void update(TransitionBatch batch, double[] nextNoise, double[] noise) {
    double[] wanted = bellmanTargets(batch, nextNoise);
    for (int c = 0; c < critics.size(); c++) {
      criticLoss(c, batch, wanted);
      critics.get(c).update(criticOptimizers.get(c));
    }
    double[] logProbabilities = new double[batch.rows()];
    actorLoss(batch, noise, logProbabilities);
    actor.update(actorOptimizer);
    updateTemperature(logProbabilities);
    followCritics(options.update().targetRate());
  }

  /**
   * r + discount (min of both targets' Q(s', a') - temperature log pi(a' | s')), with a' drawn from
   * the actor; r alone where the transition was terminal.
   */
  double[] bellmanTargets(TransitionBatch batch, double[] nextNoise) {
    SquashedGaussian next =
        new SquashedGaussian(actorPass.forward(batch.next()), nextNoise, actionSize);
    double[] inputs = join(batch.next(), next.actions());
    double[] first = targetPasses.get(0).forward(inputs);
    double[] second = targetPasses.get(1).forward(inputs);
    double[] wanted = new double[batch.rows()];
    for (int i = 0; i < wanted.length; i++) {
      double value = Math.min(first[i], second[i]) - temperature() * next.logProbabilities()[i];
      wanted[i] = batch.rewards()[i] + options.update().discount() * batch.continues()[i] * value;
    }
    return wanted;
  }

  /** Half the mean squared error of a critic; leaves its gradient in the network. */
  double criticLoss(int critic, TransitionBatch batch, double[] wanted) {
    Mlp.Pass pass = criticPasses.get(critic);
    double[] values = pass.forward(join(batch.observations(), batch.actions()));
    double[] gradient = new double[values.length];
    double loss = 0;
    for (int i = 0; i < values.length; i++) {
      double error = values[i] - wanted[i];
      loss += 0.5 * error * error / values.length;
      gradient[i] = error / values.length;
    }
    pass.backward(gradient);
    return loss;
  }

  /**
   * The mean of temperature log pi(a | s) - min of both critics' Q(s, a), with a drawn from the
   * actor; leaves its gradient in the actor.
   *
   * @param logProbabilities set to log pi(a | s), one a row
   */
  double actorLoss(TransitionBatch batch, double[] noise, double[] logProbabilities) {
    int rows = batch.rows();
    SquashedGaussian drawn =
        new SquashedGaussian(actorPass.forward(batch.observations()), noise, actionSize);
    System.arraycopy(drawn.logProbabilities(), 0, logProbabilities, 0, rows);
    double[] inputs = join(batch.observations(), drawn.actions());
    double[] first = criticPasses.get(0).forward(inputs);
    double[] second = criticPasses.get(1).forward(inputs);
    double[] byFirst = new double[rows];
    double[] bySecond = new double[rows];
    double loss = 0;
    for (int i = 0; i < rows; i++) {
      loss += (temperature() * logProbabilities[i] - Math.min(first[i], second[i])) / rows;
      if (first[i] <= second[i]) {
        byFirst[i] = -1.0 / rows;
      } else {
        bySecond[i] = -1.0 / rows;
      }
    }
    double[] firstInputs = criticPasses.get(0).inputGradient(byFirst);
    double[] secondInputs = criticPasses.get(1).inputGradient(bySecond);
    double[] byAction = new double[rows * actionSize];
    for (int i = 0; i < byAction.length; i++) {
      int at = i / actionSize * (observationSize + actionSize) + observationSize + i % actionSize;
      byAction[i] = firstInputs[at] + secondInputs[at];
    }
    actorPass.backward(drawn.gradient(byAction, temperature() / rows));
    return loss;
  }

  /** Raises the temperature while the policy's entropy lies below -(number of actions). */
  private void updateTemperature(double[] logProbabilities) {
    double gradient = 0;
    for (double logProbability : logProbabilities) {
      gradient -= (logProbability - actionSize) / logProbabilities.length;
    }
    temperatureOptimizer.update(logTemperature, new double[] {gradient});
  }

  private void followCritics(double rate) {
    for (int c = 0; c < critics.size(); c++) {
      targets.get(c).follow(critics.get(c), rate);
    }
  }

  private double[] join(double[] observations, double[] actions) {
    int width = observationSize + actionSize;
    double[] joined = new double[observations.length + actions.length];
    for (int row = 0; row * width < joined.length; row++) {
      System.arraycopy(observations, row * observationSize, joined, row * width, observationSize);
      System.arraycopy(
          actions, row * actionSize, joined, row * width + observationSize, actionSize);
    }
    return joined;
  }

  void save(Map<String, double[]> tensors, Map<String, Long> counters) {
    tensors.put("actor", actor.parameters());
    actorOptimizer.save(tensors, counters);
    for (int c = 0; c < critics.size(); c++) {
      tensors.put("critic." + c, critics.get(c).parameters());
      tensors.put("target." + c, targets.get(c).parameters());
      criticOptimizers.get(c).save(tensors, counters);
    }
    tensors.put("temperature", logTemperature);
    temperatureOptimizer.save(tensors, counters);
  }

  void restore(AgentState state) {
    actor.assign(state.tensor("actor", actor.size()));
    actorOptimizer.restore(state);
    for (int c = 0; c < critics.size(); c++) {
      critics.get(c).assign(state.tensor("critic." + c, critics.get(c).size()));
      targets.get(c).assign(state.tensor("target." + c, targets.get(c).size()));
      criticOptimizers.get(c).restore(state);
    }
    logTemperature[0] = state.tensor("temperature", 1)[0];
    temperatureOptimizer.restore(state);
  }

  @Override
  public void close() {
    actor.close();
    critics.forEach(Mlp::close);
    targets.forEach(Mlp::close);
  }
}
