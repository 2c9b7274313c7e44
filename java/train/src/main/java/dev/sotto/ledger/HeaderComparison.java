package dev.sotto.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sotto.data.InputException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;

/** Refuses to go on with a ledger that promised something else. */
final class HeaderComparison {
  private HeaderComparison() {}

  static void require(Path file, LedgerHeader found, LedgerHeader expected) {
    JsonNode before = LedgerLine.JSON.valueToTree(found);
    JsonNode now = LedgerLine.JSON.valueToTree(expected);
    Iterator<Map.Entry<String, JsonNode>> fields = now.properties().iterator();
    while (fields.hasNext()) {
      Map.Entry<String, JsonNode> field = fields.next();
      JsonNode old = before.get(field.getKey());
      if (!field.getValue().equals(old)) {
        throw new InputException(
            file
                + ": the ledger promised "
                + field.getKey()
                + " = "
                + old
                + ", but the run to go on with has "
                + field.getValue()
                + "; use the settings it was begun with");
      }
    }
  }
}
