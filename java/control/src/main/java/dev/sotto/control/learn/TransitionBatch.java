package dev.sotto.control.learn;

import java.util.List;

/**
 * Transitions as arrays, one row each.
 *
 * @param observations normalised, {@code rows x observation size}
 * @param actions {@code rows x action size}
 * @param rewards {@code rows}
 * @param next normalised, {@code rows x observation size}
 * @param continues {@code rows}; 0 where the transition was terminal, else 1
 */
record TransitionBatch(
    double[] observations, double[] actions, double[] rewards, double[] next, double[] continues) {
  static TransitionBatch of(List<Transition> transitions, Normaliser normaliser) {
    int rows = transitions.size();
    int width = transitions.get(0).observation().length;
    int actions = transitions.get(0).action().length;
    TransitionBatch batch =
        new TransitionBatch(
            new double[rows * width],
            new double[rows * actions],
            new double[rows],
            new double[rows * width],
            new double[rows]);
    for (int row = 0; row < rows; row++) {
      Transition t = transitions.get(row);
      System.arraycopy(t.observation(), 0, batch.observations, row * width, width);
      System.arraycopy(t.action(), 0, batch.actions, row * actions, actions);
      System.arraycopy(t.next(), 0, batch.next, row * width, width);
      batch.rewards[row] = t.reward();
      batch.continues[row] = t.terminal() ? 0 : 1;
    }
    return new TransitionBatch(
        normaliser.apply(batch.observations),
        batch.actions,
        batch.rewards,
        normaliser.apply(batch.next),
        batch.continues);
  }

  int rows() {
    return rewards.length;
  }
}
