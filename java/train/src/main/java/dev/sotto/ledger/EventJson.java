package dev.sotto.ledger;

import com.fasterxml.jackson.databind.JsonNode;
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
import dev.sotto.base.JsonFields;
import dev.sotto.noise.NoiseLaw;
import dev.sotto.noisefile.NoiseFields;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Events as JSON. Numbers are written in full, so that what is read back is the same event. */
final class EventJson {
  private static final String TYPE = "type";
  private static final String SAMPLED = "poisson_sampled";
  private static final String REPEATED = "repeated";
  private static final String COMPOSED = "composed";

  private EventJson() {}

  static ObjectNode write(PrivacyEvent event) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    if (event instanceof PoissonSampledEvent sampled) {
      node.put(TYPE, SAMPLED);
      node.put("sampling_probability", sampled.samplingProbability());
      node.set("event", write(sampled.event()));
    } else if (event instanceof GaussianEvent gaussian) {
      node.put(TYPE, NoiseLaw.Kind.GAUSSIAN.word());
      ArrayNode sensitivities = node.putArray("sensitivities");
      ArrayNode stddevs = node.putArray("stddevs");
      for (GaussianEvent.Group group : gaussian.groups()) {
        sensitivities.add(group.sensitivity());
        stddevs.add(group.stddev());
      }
    } else if (event instanceof LaplaceEvent laplace) {
      node.put(TYPE, NoiseLaw.Kind.LAPLACE.word());
      node.put("sensitivity", laplace.sensitivity());
      node.put("scale", laplace.scale());
    } else if (event instanceof LmoEvent lmo) {
      node.put(TYPE, NoiseLaw.Kind.LMO.word());
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
      node.put(TYPE, REPEATED);
      node.put("count", repeated.count());
      node.set("event", write(repeated.event()));
    } else if (event instanceof ComposedEvent composed) {
      node.put(TYPE, COMPOSED);
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
    return read(JsonFields.of(node));
  }

  static PrivacyEvent read(JsonFields event) {
    String type = event.text(TYPE);
    return switch (type) {
      case SAMPLED ->
          new PoissonSampledEvent(
              event.number("sampling_probability"), read(event.object("event")));
      case REPEATED -> new RepeatedEvent(read(event.object("event")), event.count("count"));
      case COMPOSED ->
          new ComposedEvent(
              event.elements("events", "a list of events").map(EventJson::read).toList());
      default ->
          switch (NoiseLaw.Kind.ofWord(type)) {
            case GAUSSIAN ->
                GaussianEvent.ofGroups(event.numbers("sensitivities"), event.numbers("stddevs"));
            case LAPLACE -> new LaplaceEvent(event.number("sensitivity"), event.number("scale"));
            case LMO -> lmo(event);
          };
    };
  }

  private static LmoEvent lmo(JsonFields event) {
    double[] sensitivities = event.numbers("sensitivities");
    long[] dimensions = event.counts("dimensions");
    double[] scales = event.numbers("scales");
    if (sensitivities.length != scales.length || dimensions.length != scales.length) {
      throw new IllegalArgumentException(
          "event fields 'sensitivities', 'dimensions' and 'scales' are of different lengths");
    }
    List<LmoEvent.Group> groups = new ArrayList<>();
    for (int k = 0; k < scales.length; k++) {
      groups.add(new LmoEvent.Group(sensitivities[k], dimensions[k], scales[k]));
    }
    return new LmoEvent(NoiseFields.read(event.require("law", "a law of noise"), Set.of()), groups);
  }
}
