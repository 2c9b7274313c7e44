package dev.sotto.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SplitTest {
  private static List<TextRecord> records(boolean units) {
    return IntStream.range(0, 2000)
        .mapToObj(i -> new TextRecord(null, "text " + i, units ? "unit " + i / 4 : null))
        .toList();
  }

  @Test
  void removingARecordMovesNoOther() {
    List<TextRecord> all = records(false);
    Split whole = Split.byUnit(all, 0.2, 7);
    List<TextRecord> fewer = new ArrayList<>(all);
    TextRecord removed = fewer.remove(3);
    Split rest = Split.byUnit(fewer, 0.2, 7);
    List<TextRecord> train = new ArrayList<>(whole.train());
    List<TextRecord> validation = new ArrayList<>(whole.validation());
    assertTrue(train.remove(removed) ^ validation.remove(removed));
    assertEquals(train, rest.train());
    assertEquals(validation, rest.validation());
  }

  @Test
  void keepsUnitsTogether() {
    Split split = Split.byUnit(records(true), 0.3, 1);
    Set<String> train = new HashSet<>(split.train().stream().map(TextRecord::unit).toList());
    assertTrue(split.validation().stream().noneMatch(r -> train.contains(r.unit())));
    assertEquals(2000, split.train().size() + split.validation().size());
  }

  @Test
  void keepsTheFractionAndTheSeed() {
    Split split = Split.byUnit(records(false), 0.25, 1);
    // Five standard deviations of a binomial with n = 2000, p = 1/4.
    assertEquals(500, split.validation().size(), 97);
    assertEquals(split, Split.byUnit(records(false), 0.25, 1));
    assertNotEquals(split, Split.byUnit(records(false), 0.25, 2));
    assertEquals(List.of(), Split.byUnit(records(false), 0, 1).validation());
  }

  @Test
  void refusesFractionsOutOfRange() {
    for (double fraction : new double[] {-0.1, 1, Double.NaN}) {
      assertThrows(InputException.class, () -> Split.byUnit(records(false), fraction, 1));
    }
  }
}
