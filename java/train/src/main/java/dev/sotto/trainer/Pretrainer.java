package dev.sotto.trainer;

import dev.sotto.compute.Backend;
import dev.sotto.data.Block;
import dev.sotto.model.Batch;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.PassCapacity;
import dev.sotto.model.TransformerPass;
import dev.sotto.model.WeightGradients;
import dev.sotto.optimizer.LearningRate;
import dev.sotto.optimizer.Optimizer;
import dev.sotto.optimizer.OptimizerOptions;
import dev.sotto.optimizer.PublicGradient;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Trains every weight of a fresh model on public text: AdamW on the mean loss of batches of about
 * {@code batchTokens} tokens, the blocks shuffled anew each epoch. No privacy at all.
 */
public final class Pretrainer implements StepRule, AutoCloseable {
  private static final double WEIGHT_DECAY = 0.1;
  private static final double LOSS_MEMORY = 0.95;

  private final List<Block> blocks;
  private final WeightGradients gradients;
  private final TransformerPass pass;
  private final Batch batch;
  private final Optimizer optimizer;
  private final LearningRate learningRate;
  private final Random shuffle;
  private int next;
  private double meanLoss = Double.NaN;

  /**
   * Plans the memory of a step.
   *
   * @param model made by {@link LanguageModel#initialise}
   * @param publicBlocks sequences of at most {@code maxLength} tokens
   * @param batchTokens most tokens of a batch
   * @param seed of the shuffle
   */
  public Pretrainer(
      LanguageModel model,
      List<Block> publicBlocks,
      int maxLength,
      int batchTokens,
      LearningRate learningRate,
      long seed) {
    Backend backend = model.backend();
    int rows = Math.max(batchTokens, maxLength);
    blocks = new ArrayList<>(publicBlocks);
    gradients = new WeightGradients(backend, model);
    PassCapacity capacity = PassCapacity.train(rows, rows, 1, maxLength);
    pass = new TransformerPass(model, null, gradients, capacity);
    batch = new Batch(rows, rows, 1);
    optimizer =
        new Optimizer(
            backend,
            new OptimizerOptions(OptimizerOptions.Kind.ADAMW, 0, WEIGHT_DECAY),
            model.flatWeights());
    this.learningRate = learningRate;
    backend.rehearse(() -> pass.forwardBackward(Batch.largest(capacity, 1), null));
    shuffle = new Random(seed);
    next = blocks.size();
  }

  /**
   * Running mean over the steps of their batches' losses, in nats per token; public, since the text
   * is. NaN before the first.
   */
  public double meanLoss() {
    return meanLoss;
  }

  @Override
  public boolean step(long step) {
    List<Block> chosen = new ArrayList<>();
    int rows = 0;
    int targets = 0;
    while (true) {
      if (next == blocks.size()) {
        Collections.shuffle(blocks, shuffle);
        next = 0;
      }
      Block block = blocks.get(next);
      if (rows + block.ids().length > pass.capacity().rows() || chosen.size() == blocks.size()) {
        break;
      }
      chosen.add(block);
      rows += block.ids().length;
      targets += block.targetCount();
      next++;
    }
    batch.clear();
    for (Block block : chosen) {
      batch.add(block.ids(), block.targets(), 1f / Math.max(1, targets));
    }
    batch.endUnit();
    gradients.flat().zero();
    float[] losses = pass.forwardBackward(batch, null).downloadFloats(rows);
    optimizer.step(new PublicGradient(gradients.flat()), learningRate.at(step));
    double sum = 0;
    for (float loss : losses) {
      sum += loss;
    }
    double loss = sum / Math.max(1, targets);
    meanLoss = Double.isNaN(meanLoss) ? loss : LOSS_MEMORY * meanLoss + (1 - LOSS_MEMORY) * loss;
    return true;
  }

  @Override
  public void close() {
    pass.close();
    gradients.close();
    optimizer.close();
  }
}
