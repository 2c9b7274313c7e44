package dev.sotto.task;

import dev.sotto.data.Block;
import dev.sotto.data.Corpus;
import dev.sotto.data.Documents;
import dev.sotto.data.PrivacyUnit;
import dev.sotto.data.TextRecord;
import dev.sotto.tokenizer.SequenceFrame;
import dev.sotto.tokenizer.Tokenizer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

/**
 * Records as sequences that a model scores: one a record, as its tokenizer frames a text or a pair,
 * cut at the maximum length.
 *
 * @param task what the labels stand for
 * @param tokenizer the model's
 * @param frame of a sequence
 * @param maxLength tokens of a sequence at most
 */
public record LabelledSequences(
    Task.Scored task, Tokenizer tokenizer, SequenceFrame frame, int maxLength) {
  /** With the frame that the tokenizer has. */
  public LabelledSequences(Task.Scored task, Tokenizer tokenizer, int maxLength) {
    this(task, tokenizer, tokenizer.sequenceFrame(), maxLength);
  }

  /**
   * One sequence a record, in order, each with its label.
   *
   * @throws dev.sotto.base.InputException at the first label that is none of the task's, without
   *     printing it
   */
  public Documents documents(List<TextRecord> records) {
    return documents(records, task.targets(records));
  }

  /** The sequence of a record whose label does not count. */
  public Block unlabelled(TextRecord record) {
    return block(record, 0, new LongAdder());
  }

  private Documents documents(List<TextRecord> records, double[] targets) {
    LongAdder cutOff = new LongAdder();
    List<Block> blocks =
        IntStream.range(0, records.size())
            .parallel()
            .mapToObj(i -> block(records.get(i), targets[i], cutOff))
            .toList();
    return new Documents(blocks, cutOff.sum());
  }

  private Block block(TextRecord record, double target, LongAdder cutOff) {
    int[] first = tokenizer.encode(record.text());
    Optional<int[]> second = record.pair().map(tokenizer::encode);
    SequenceFrame.Sequence sequence = frame.of(first, second, maxLength);
    int whole =
        first.length + second.map(s -> s.length).orElse(0) + frame.length(second.isPresent());
    if (sequence.ids().length < whole) {
      cutOff.increment();
    }
    // Nothing at all around an empty text: one token, so that there is something to score.
    return sequence.ids().length == 0
        ? Block.labelled(new int[1], new int[0], target)
        : Block.labelled(sequence.ids(), sequence.types(), target);
  }

  /**
   * The sequences of each privacy unit, the first ones.
   *
   * @param maxSequences of a unit
   * @throws dev.sotto.base.InputException as {@link #documents}
   */
  public Corpus corpus(List<TextRecord> records, int maxSequences) {
    return new Corpus(
        documents(records).units(records).stream().map(unit -> first(unit, maxSequences)).toList());
  }

  private static PrivacyUnit first(PrivacyUnit unit, int maxSequences) {
    List<Block> blocks = unit.blocks();
    return new PrivacyUnit(blocks.subList(0, Math.min(blocks.size(), maxSequences)));
  }
}
