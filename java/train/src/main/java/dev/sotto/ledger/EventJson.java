package dev.sotto.ledger;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.accounting.ComposedEvent;
import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.LaplaceEvent;
import dev.sotto.accounting.LmoEvent;
import dev.sotto.accounting.PoissonSampledEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.accounting.RepeatedEvent;
import dev.sotto.noisefile.NoiseFields;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Events as JSON. Numbers are written in full, so that what is read back is the same event. */
final class EventJson {
  private EventJson() {}

  /** Lets a mapper write and read events wherever they stand in other values. */
  static SimpleModule module() {
    return new SimpleModule()
        .addSerializer(
            PrivacyEvent.class,
            new JsonSerializer<>() {
              @Override
              public void serialize(
                  PrivacyEvent event, JsonGenerator out, SerializerProvider provider)
                  throws IOException {
                out.writeTree(write(event));
              }
            })
        .addDeserializer(
            PrivacyEvent.class,
            new JsonDeserializer<>() {
              @Override
              public PrivacyEvent deserialize(JsonParser in, DeserializationContext context)
                  throws IOException {
                return read(context.readTree(in));
              }
            });
  }

  static ObjectNode write(PrivacyEvent event) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    if (event instanceof PoissonSampledEvent sampled) {
      node.put("type", "poisson_sampled");
      node.put("sampling_probability", sampled.samplingProbability());
      node.set("event", write(sampled.event()));
    } else if (event instanceof GaussianEvent gaussian) {
      node.put("type", "gaussian");
      ArrayNode sensitivities = node.putArray("sensitivities");
      ArrayNode stddevs = node.putArray("stddevs");
      for (GaussianEvent.Group group : gaussian.groups()) {
        sensitivities.add(group.sensitivity());
        stddevs.add(group.stddev());
      }
    } else if (event instanceof LaplaceEvent laplace) {
      node.put("type", "laplace");
      node.put("sensitivity", laplace.sensitivity());
      node.put("scale", laplace.scale());
    } else if (event instanceof LmoEvent lmo) {
      node.put("type", "lmo");
      node.set("law", NoiseFields.write(lmo.law()));
      ArrayNode sensitivities = node.putArray("sensitivities");
      ArrayNode dimensions = node.putArray("dimensions");
      ArrayNode scales = node.putArray("scales");
      for (LmoEvent.Group group : lmo.groups()) {
        sensitivities.add(group.sensitivity());
        dimensions.add(group.dimension());
        scales.add(group.scale());
      }
    } else if (event instanceof RepeatedEvent repeated) {
      node.put("type", "repeated");
      node.put("count", repeated.count());
      node.set("event", write(repeated.event()));
    } else if (event instanceof ComposedEvent composed) {
      node.put("type", "composed");
      ArrayNode events = node.putArray("events");
      composed.events().forEach(e -> events.add(write(e)));
    } else {
      throw new UnsupportedOperationException(
          "a ledger cannot hold an event of " + event.getClass().getName());
    }
    return node;
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws IllegalArgumentException if it is anything else
   */
  static PrivacyEvent read(JsonNode node) {
    String type = node.path("type").asText();
    return switch (type) {
      case "poisson_sampled" ->
          new PoissonSampledEvent(number(node, "sampling_probability"), read(node.path("event")));
      case "gaussian" ->
          GaussianEvent.ofGroups(numbers(node, "sensitivities"), numbers(node, "stddevs"));
      case "laplace" -> new LaplaceEvent(number(node, "sensitivity"), number(node, "scale"));
      case "lmo" -> lmo(node);
      case "repeated" -> new RepeatedEvent(read(node.path("event")), node.path("count").asLong());
      case "composed" -> {
        List<PrivacyEvent> events = new ArrayList<>();
        node.path("events").forEach(e -> events.add(read(e)));
        yield new ComposedEvent(events);
      }
      default -> throw new IllegalArgumentException("unknown event type '" + type + "'");
    };
  }

  private static LmoEvent lmo(JsonNode node) {
    double[] sensitivities = numbers(node, "sensitivities");
    long[] dimensions = counts(node, "dimensions");
    double[] scales = numbers(node, "scales");
    if (sensitivities.length != scales.length || dimensions.length != scales.length) {
      throw new IllegalArgumentException(
          "event fields 'sensitivities', 'dimensions' and 'scales' are of different lengths");
    }
    List<LmoEvent.Group> groups = new ArrayList<>();
    for (int k = 0; k < scales.length; k++) {
      groups.add(new LmoEvent.Group(sensitivities[k], dimensions[k], scales[k]));
    }
    return new LmoEvent(NoiseFields.read(node.path("law"), Set.of()), groups);
  }

  private static long[] counts(JsonNode node, String field) {
    double[] values = numbers(node, field);
    long[] counts = new long[values.length];
    for (int i = 0; i < counts.length; i++) {
      if (!node.path(field).get(i).isIntegralNumber()) {
        throw new IllegalArgumentException(
            "event field '" + field + "' holds something else than whole numbers");
      }
      counts[i] = node.path(field).get(i).longValue();
    }
    return counts;
  }

  private static double number(JsonNode node, String field) {
    if (!node.path(field).isNumber()) {
      throw new IllegalArgumentException("event field '" + field + "' is no number");
    }
    return node.path(field).doubleValue();
  }

  private static double[] numbers(JsonNode node, String field) {
    JsonNode array = node.path(field);
    if (!array.isArray()) {
      throw new IllegalArgumentException("event field '" + field + "' is no list");
    }
    double[] values = new double[array.size()];
    for (int i = 0; i < values.length; i++) {
      if (!array.get(i).isNumber()) {
        throw new IllegalArgumentException(
            "event field '" + field + "' holds something else than numbers");
      }
      values[i] = array.get(i).doubleValue();
    }
    return values;
  }
}
