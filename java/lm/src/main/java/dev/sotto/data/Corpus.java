package dev.sotto.data;

import dev.sotto.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
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
   * <p>A record longer than a block is cut into several; each begins with the beginning-of-sequence
   * token, so that each is a sequence as the model knows it, and every token of the record is a
   * target exactly once. Without that token a block begins with the last token of the block before,
   * so that only the record's first token, which nothing precedes, is no target. Prompt and
   * completion are tokenised apart, because at generation the prompt comes alone. Of a pair only
   * the completion (and the end) is learned; a block without any target, such as one filled by the
   * prompt alone, is dropped.
   *
   * @param records the records
   * @param tokenizer the model's tokenizer
   * @param options how to cut and frame
   * @return the corpus; every record counts, even one that has nothing to learn
   * @throws IllegalArgumentException if a special token is asked for that the tokenizer lacks
   */
  public static Corpus tokenize(
      List<TextRecord> records, Tokenizer tokenizer, CorpusOptions options) {
    int[] begin =
        options.addBos() ? special(tokenizer.bosId(), "beginning-of-sequence") : new int[0];
    int[] end = options.addEos() ? special(tokenizer.eosId(), "end-of-sequence") : new int[0];
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
      int[] content = concat(prompts.get(i), texts.get(i), end);
      cut(content, prompts.get(i).length, begin, options, blocks);
    }
    return new Corpus(byUnit.values().stream().map(PrivacyUnit::new).toList());
  }

  private static void cut(
      int[] content, int promptLength, int[] begin, CorpusOptions options, List<Block> blocks) {
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
   * Tokenises records for evaluation: each is one document after the beginning-of-sequence token,
   * where the tokenizer has one, cut off (not continued) at the maximum length. Without a prompt
   * every token after the first is a target; with one, the completion's tokens are.
   *
   * @param records the records
   * @param tokenizer the model's tokenizer
   * @param maxLength tokens in a block at most, the beginning-of-sequence token included
   * @param separator text put behind the prompt, before the completion
   * @return one block a record, in order
   */
  public static Documents documents(
      List<TextRecord> records, Tokenizer tokenizer, int maxLength, String separator) {
    int[] begin = tokenizer.bosId().stream().toArray();
    LongAdder cutOff = new LongAdder();
    List<Block> blocks =
        records.parallelStream()
            .map(
                record -> {
                  int[] prompt =
                      record.prompt() == null
                          ? new int[0]
                          : tokenizer.encode(record.prompt() + separator);
                  int[] ids = concat(begin, prompt, tokenizer.encode(record.text()));
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

  private static int[] special(OptionalInt id, String what) {
    if (id.isEmpty()) {
      throw new IllegalArgumentException(
          "the tokenizer has no "
              + what
              + " token; set it in tokenizer_config.json of the model directory");
    }
    return new int[] {id.getAsInt()};
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
