package dev.sotto.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.data.DataColumns;
import dev.sotto.data.Quoting;
import dev.sotto.data.RecordOptions;
import dev.sotto.settings.Values;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DataOptionsTest {
  @Test
  void namesTheColumnsOfALabelledPair() {
    Values values =
        Values.NONE
            .parse(DataOptions.TEXT_COLUMN, "premise")
            .parse(DataOptions.TEXT_PAIR_COLUMN, "hypothesis")
            .parse(DataOptions.LABEL_COLUMN, "label");
    assertEquals(
        DataColumns.text("premise").withPair("hypothesis").withLabel("label"),
        DataOptions.columns(values));
    assertEquals(DataColumns.text("text"), DataOptions.columns(Values.NONE));
  }

  @Test
  void refusesAPairWithoutATextAndALabelBesideAPrompt() {
    assertTrue(
        refusal(Values.NONE.parse(DataOptions.TEXT_PAIR_COLUMN, "b"))
            .contains("--text-pair-column goes with --text-column"));
    assertTrue(
        refusal(
                Values.NONE
                    .parse(DataOptions.PROMPT_COLUMN, "p")
                    .parse(DataOptions.COMPLETION_COLUMN, "c")
                    .parse(DataOptions.LABEL_COLUMN, "y"))
            .contains("--label-column exclude each other"));
  }

  private static String refusal(Values values) {
    return assertThrows(InputException.class, () -> DataOptions.columns(values)).getMessage();
  }

  @Test
  void readsQuotesAsTold() {
    assertEquals(RecordOptions.DEFAULT, DataOptions.reading(Values.NONE));
    assertEquals(
        Optional.of(Quoting.NONE),
        DataOptions.reading(Values.NONE.parse(DataOptions.QUOTING, "none")).table().quoting());
  }
}
