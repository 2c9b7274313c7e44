package dev.sotto.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.InputException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;

/** Refuses to go on with a ledger that promised something else. */
final class HeaderComparison {
  private HeaderComparison() {}

  static void require(Path file, LedgerHeader found, LedgerHeader expected) {
    JsonNode before = HeaderJson.write(found);
    ObjectNode now = HeaderJson.write(expected);
    Set<String> names = new LinkedHashSet<>();
    now.fieldNames().forEachRemaining(names::add);
    before.fieldNames().forEachRemaining(names::add);
    names.remove("inputs"); // compared last: a setting's name says more than a digest
    for (String name : names) {
      if (!Objects.equals(before.get(name), now.get(name))) {
        throw new InputException(
            file
                + ": the ledger promised "
                + name
                + " = "
                + before.get(name)
                + ", but the run to go on with has "
                + now.get(name)
                + "; use the settings it was begun with");
      }
    }
    requireInputs(file, found.inputs(), expected.inputs());
  }

  private static void requireInputs(
      Path file, LedgerHeader.Inputs found, LedgerHeader.Inputs expected) {
    requireInput(file, "the base model's weights", found.baseModel(), expected.baseModel());
    requireInput(file, "the starting adapter", found.startingAdapter(), expected.startingAdapter());
    requireInput(file, "the settings", found.settings(), expected.settings());
  }

  private static void requireInput(Path file, String what, String found, String expected) {
    if (!Objects.equals(found, expected)) {
      throw new InputException(
          file
              + ": the run was begun with other bytes of "
              + what
              + " (SHA-256 "
              + found
              + ", now "
              + expected
              + "); go on with those it was begun with, or start a new run");
    }
  }
}
