package dev.sotto.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.Json;
import dev.sotto.base.JsonFields;
import dev.sotto.noise.NoiseLaw;

/** A header as JSON: flat, its fields in an order of old. Numbers are written in full. */
final class HeaderJson {
  private HeaderJson() {}

  static ObjectNode write(LedgerHeader header) {
    ObjectNode node = Json.object();
    node.put("neighbouringRelation", header.neighbours().relation());
    node.put("privacyUnit", header.neighbours().unit());
    node.put("units", header.neighbours().units());
    node.put("targetEpsilon", header.target().epsilon());
    node.put("delta", header.target().delta());
    node.put("samplingProbability", header.sampling().probability());
    node.put("mechanism", header.noise().kind().word());
    node.put("noiseMultiplier", header.noise().multiplier());
    node.set("release", EventJson.write(header.noise().event()));
    node.put("steps", header.sampling().steps());
    node.put("accountant", header.target().accountant());
    node.set("control", header.control() == null ? node.nullNode() : write(header.control()));
    node.put("seeded", header.seeded());
    node.put("coordinates", header.noise().coordinates());
    if (header.sampling().first() != null) {
      node.set("firstStage", write(header.sampling().first()));
    }
    ObjectNode inputs = node.putObject("inputs");
    inputs.put("settings", header.inputs().settings());
    inputs.put("baseModel", header.inputs().baseModel());
    inputs.put("startingAdapter", header.inputs().startingAdapter());
    if (header.inputs().labelsFromPrivateData()) {
      inputs.put("labelsFromPrivateData", true);
    }
    return node;
  }

  private static ObjectNode write(LedgerHeader.Stage stage) {
    ObjectNode node = Json.object();
    node.put("samplingProbability", stage.probability());
    node.put("mechanism", stage.noise().kind().word());
    node.put("noiseMultiplier", stage.noise().multiplier());
    node.set("release", EventJson.write(stage.noise().event()));
    node.put("steps", stage.steps());
    node.put("coordinates", stage.noise().coordinates());
    return node;
  }

  private static ObjectNode write(LedgerHeader.Control control) {
    ObjectNode node = Json.object();
    node.put("name", control.name());
    node.put("startedFrom", control.startedFrom());
    node.put("statisticsStddev", control.statisticsStddev());
    node.put("filterOrder", control.filterOrder());
    return node;
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws IllegalArgumentException if it is anything else
   */
  static LedgerHeader read(JsonNode node) {
    JsonFields fields = JsonFields.of(node);
    LedgerHeader header =
        new LedgerHeader(
            new LedgerHeader.Neighbours(
                fields.text("neighbouringRelation"),
                fields.string("privacyUnit"),
                fields.count("units")),
            new LedgerHeader.Target(
                fields.number("targetEpsilon"), fields.number("delta"), fields.text("accountant")),
            new LedgerHeader.Sampling(
                fields.number("samplingProbability"),
                fields.count("steps"),
                stage(fields.objectOrNull("firstStage"))),
            noise(fields),
            control(fields.objectOrNull("control")),
            fields.flag("seeded"),
            inputs(fields.object("inputs")));
    fields.refuseUnknown();
    return header;
  }

  private static LedgerHeader.Noise noise(JsonFields fields) {
    return new LedgerHeader.Noise(
        NoiseLaw.Kind.ofWord(fields.text("mechanism")),
        fields.number("noiseMultiplier"),
        EventJson.read(fields.object("release")),
        fields.count("coordinates"));
  }

  private static LedgerHeader.Stage stage(JsonFields fields) {
    if (fields == null) {
      return null;
    }
    LedgerHeader.Stage stage =
        new LedgerHeader.Stage(
            fields.number("samplingProbability"), fields.count("steps"), noise(fields));
    fields.refuseUnknown();
    return stage;
  }

  private static LedgerHeader.Control control(JsonFields fields) {
    if (fields == null) {
      return null;
    }
    LedgerHeader.Control control =
        new LedgerHeader.Control(
            fields.text("name"),
            fields.textOr("startedFrom", null),
            fields.numberOrNull("statisticsStddev"),
            fields.numberOrNull("filterOrder"));
    fields.refuseUnknown();
    return control;
  }

  private static LedgerHeader.Inputs inputs(JsonFields fields) {
    LedgerHeader.Inputs inputs =
        new LedgerHeader.Inputs(
            fields.string("settings"),
            fields.string("baseModel"),
            fields.textOr("startingAdapter", null),
            fields.flagOr("labelsFromPrivateData", false));
    fields.refuseUnknown();
    return inputs;
  }
}
