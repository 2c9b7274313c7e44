package dev.sotto.data;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Records framed for evaluation.
 *
 * @param blocks one a record, in the records' order
 * @param cutOff records whose end did not fit the maximum length; private if the records are
 */
public record Documents(List<Block> blocks, long cutOff) {
  /** Makes the list immutable. */
  public Documents {
    blocks = List.copyOf(blocks);
  }

  /**
   * Records that have no token to predict, because they are empty or their prompt alone fills the
   * maximum length: an evaluation passes over them. Private if the records are.
   *
   * @return 0 to the number of blocks
   */
  public long withoutTargets() {
    return blocks.stream().filter(block -> block.targetCount() == 0).count();
  }

  /**
   * The blocks of each privacy unit together.
   *
   * @param records what the blocks were made of
   * @return the units, in the order in which each first occurs
   */
  public List<PrivacyUnit> units(List<TextRecord> records) {
    Map<Object, List<Block>> byUnit = new LinkedHashMap<>();
    for (int i = 0; i < records.size(); i++) {
      // A record without unit value gets its index as key, which equals no string.
      Object key = records.get(i).unit() == null ? (Object) i : records.get(i).unit();
      byUnit.computeIfAbsent(key, k -> new ArrayList<>()).add(blocks.get(i));
    }
    return byUnit.values().stream().map(PrivacyUnit::new).toList();
  }

  /** Says nothing of the content, so that no log or message can. */
  @Override
  public String toString() {
    return "Documents[private]";
  }
}
