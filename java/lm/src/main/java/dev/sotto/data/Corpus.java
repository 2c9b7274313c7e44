package dev.sotto.data;

import dev.sotto.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

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
   * block before, so that only the record's first token, which nothing precedes, is no target.
   * Prompt and completion are tokenised apart, because at generation the prompt comes alone. Of a
   * pair only the completion (and the end) is learned; a block without any target, such as one
   * filled by the prompt alone, is dropped.
   *
   * @param records the records
   * @param tokenizer the model's tokenizer
   * @param options how to cut and frame
   * @return the corpus; every record counts, even one that has nothing to learn
   */
  public static Corpus tokenize(
      List<TextRecord> records, Tokenizer tokenizer, CorpusOptions options) {
    List<int[]> texts = tokenizer.encodeAll(records.stream().map(TextRecord::text).toList());
    List<int[]> prompts =
        tokenizer.encodeAll(
            records.stream()
                .map(r -> r.prompt() == null ? "" : r.prompt() + options.separator())
                .toList());
    Map<Object, List<Block>> byUnit = new LinkedHashMap<>();
    for (int i = 0; i < records.size(); i++) {
      // A record without unit value gets its index as key, which equals no string.
      Object key = records.get(i).unit() == null ? (Object) i : records.get(i).unit();
      List<Block> blocks = byUnit.computeIfAbsent(key, k -> new ArrayList<>());
      int[] content = concat(prompts.get(i), texts.get(i), options.frame().end());
      cut(content, prompts.get(i).length, options, blocks);
    }
    return new Corpus(byUnit.values().stream().map(PrivacyUnit::new).toList());
  }

  private static void cut(
      int[] content, int promptLength, CorpusOptions options, List<Block> blocks) {
    int[] begin = options.frame().begin();
    int room = options.maxLength() - begin.length;
    int step = begin.length == 0 ? room - 1 : room;
    for (int from = 0;
        from < content.length && blocks.size() < options.maxBlocksPerUnit();
        from += step) {
      int[] piece = Arrays.copyOfRange(content, from, Math.min(content.length, from + room));
      int firstLearned = begin.length + Math.max(0, promptLength - from);
      Block block = Block.learningFrom(concat(begin, piece), firstLearned);
      if (block.targetCount() > 0) {
        blocks.add(block);
      }
    }
  }

  /**
   * Tokenises records for evaluation: each is one document in its frame, cut off (not continued) at
   * the maximum length. Without a prompt every token after the first is a target; with one, the
   * completion's tokens and the end are.
   *
   * @param records the records
   * @param tokenizer the model's tokenizer
   * @param frame what stands around each; the one that the model learned with
   * @param maxLength tokens in a block at most, the frame's included
   * @param separator text put behind the prompt, before the completion
   * @return one block a record, in order
   */
  public static Documents documents(
      List<TextRecord> records, Tokenizer tokenizer, Frame frame, int maxLength, String separator) {
    int[] begin = frame.begin();
    LongAdder cutOff = new LongAdder();
    List<Block> blocks =
        records.parallelStream()
            .map(
                record -> {
                  int[] prompt =
                      record.prompt() == null
                          ? new int[0]
                          : tokenizer.encode(record.prompt() + separator);
                  int[] ids = concat(begin, prompt, tokenizer.encode(record.text()), frame.end());
                  if (ids.length == 0) {
                    ids = new int[1]; // no text and nothing before it: one token, and no target
                  }
                  if (ids.length > maxLength) {
                    cutOff.increment();
                  }
                  return Block.learningFrom(
                      Arrays.copyOf(ids, Math.min(ids.length, maxLength)),
                      begin.length + prompt.length);
                })
            .toList();
    return new Documents(blocks, cutOff.sum());
  }

  private static int[] concat(int[]... parts) {
    return Arrays.stream(parts).flatMapToInt(IntStream::of).toArray();
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
