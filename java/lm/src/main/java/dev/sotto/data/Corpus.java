package dev.sotto.data;

import dev.sotto.base.InputException;
import dev.sotto.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

/**
 * Tokenised records, grouped by privacy unit. Private.
 *
 * @param units the units, in the order in which each first occurs in the records
 */
public record Corpus(List<PrivacyUnit> units) {
  /** Makes the list immutable. */
  public Corpus {
    units = List.copyOf(units);
  }

  /**
   * Tokenises records for training.
   *
   * <p>A record longer than a block is cut into several; each begins as the frame says, so that
   * each is a sequence as the model knows it, and every token of the record, its end included, is a
   * target exactly once. Where nothing begins a text, a block begins with the last token of the
   * block before, so that only the record's first token, which nothing precedes, is no target. A
   * block without any target, such as one filled by the prompt alone, is dropped.
   *
   * @param records the records
   * @param tokens how a record becomes tokens
   * @param options how to cut and frame
   * @return the corpus; every record counts, even one that has nothing to learn
   * @throws InputException if a record cannot become tokens: the first of such
   */
  public static Corpus tokenize(
      List<TextRecord> records, RecordTokens tokens, CorpusOptions options) {
    List<RecordTokens.Tokens> each = each(records, tokens, Function.identity());
    Map<Object, List<Block>> byUnit = new LinkedHashMap<>();
    for (int i = 0; i < records.size(); i++) {
      // A record without unit value gets its index as key, which equals no string.
      Object key = records.get(i).unit() == null ? (Object) i : records.get(i).unit();
      List<Block> blocks = byUnit.computeIfAbsent(key, k -> new ArrayList<>());
      cut(each.get(i), options, blocks);
    }
    return new Corpus(byUnit.values().stream().map(PrivacyUnit::new).toList());
  }

  /** The same of texts, and of completions of prompts. */
  public static Corpus tokenize(
      List<TextRecord> records, Tokenizer tokenizer, CorpusOptions options) {
    return tokenize(
        records,
        RecordTokens.ofText(tokenizer, options.frame().end(), options.separator()),
        options);
  }

  /** On all cores; what is refused is the first record in order, not in time. */
  private static <T> List<T> each(
      List<TextRecord> records, RecordTokens tokens, Function<RecordTokens.Tokens, T> then) {
    try {
      return records.parallelStream().map(record -> then.apply(tokens.of(record))).toList();
    } catch (InputException e) {
      records.forEach(tokens::of);
      throw e;
    }
  }

  private static void cut(RecordTokens.Tokens content, CorpusOptions options, List<Block> blocks) {
    int length = content.ids().length;
    int[] begin = options.frame().begin();
    int room = options.maxLength() - begin.length;
    int step = begin.length == 0 ? room - 1 : room;
    for (int from = 0; from < length && blocks.size() < options.maxBlocksPerUnit(); from += step) {
      Block block = block(begin, content, from, Math.min(length, from + room));
      if (block.targetCount() > 0) {
        blocks.add(block);
      }
    }
  }

  /** A piece of a record behind what begins a text. */
  private static Block block(int[] begin, RecordTokens.Tokens content, int from, int to) {
    int[] ids = Arrays.copyOf(begin, begin.length + to - from);
    boolean[] learned = new boolean[ids.length];
    int taken = Math.max(0, to - from); // less where what begins a text is itself too long
    System.arraycopy(content.ids(), from, ids, begin.length, taken);
    System.arraycopy(content.learned(), from, learned, begin.length, taken);
    return Block.learning(ids, learned);
  }

  /**
   * Tokenises records for evaluation: each is one document in its frame, cut off (not continued) at
   * the maximum length. What is learned is a target.
   *
   * @param records the records
   * @param tokens how a record becomes tokens
   * @param begin ids before each; those that the model learned with
   * @param maxLength tokens in a block at most, the frame's included
   * @return one block a record, in order
   * @throws InputException if a record cannot become tokens: the first of such
   */
  public static Documents documents(
      List<TextRecord> records, RecordTokens tokens, int[] begin, int maxLength) {
    LongAdder cutOff = new LongAdder();
    List<Block> blocks =
        each(
            records,
            tokens,
            content -> {
              int length = begin.length + content.ids().length;
              if (length == 0) {
                // no text and nothing before it: one token, and no target
                return Block.learning(new int[1], new boolean[1]);
              }
              if (length > maxLength) {
                cutOff.increment();
              }
              return block(begin, content, 0, Math.min(length, maxLength) - begin.length);
            });
    return new Documents(blocks, cutOff.sum());
  }

  /**
   * The same of texts, and of completions of prompts.
   *
   * @param frame what stands around each; the one that the model learned with
   * @param separator text put behind the prompt, before the completion
   */
  public static Documents documents(
      List<TextRecord> records, Tokenizer tokenizer, Frame frame, int maxLength, String separator) {
    return documents(
        records, RecordTokens.ofText(tokenizer, frame.end(), separator), frame.begin(), maxLength);
  }

  /**
   * Number of blocks.
   *
   * @return the sum over the units
   */
  public long blockCount() {
    return units.stream().mapToLong(unit -> unit.blocks().size()).sum();
  }

  /** Says nothing of the content, so that no log or message can. */
  @Override
  public String toString() {
    return "Corpus[private]";
  }
}
