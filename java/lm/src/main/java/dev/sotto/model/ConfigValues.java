package dev.sotto.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.sotto.base.InputException;
import dev.sotto.checkpoint.ModelConfigFile;
import dev.sotto.compute.Activation;
import dev.sotto.compute.AttentionMask;
import dev.sotto.compute.AttentionShape;
import dev.sotto.model.TransformerConfig.NormSpec;
import java.util.BitSet;
import java.util.function.IntPredicate;

/**
 * Fields of {@code config.json} as the specs want them, each refused with its name where it cannot
 * be computed with: what the rows of {@link Architectures} are read with.
 *
 * @param file the configuration
 */
record ConfigValues(ModelConfigFile file) {

  /** A size that must be there; the first name stands in messages. */
  int size(String... names) {
    return positive(file.requiredInt(names), names[0]);
  }

  /** A size with a default. */
  int sizeOr(int fallback, String... names) {
    return positive(file.intOr(fallback, names), names[0]);
  }

  private int positive(int value, String field) {
    if (value < 1) {
      throw wrong(field + " is " + value + ", but must be positive");
    }
    return value;
  }

  /** A norm whose ε stands in {@code field}. */
  NormSpec norm(NormSpec.Kind kind, String field, double fallback) {
    double epsilon = file.doubleOr(fallback, field);
    if (!(epsilon > 0) || epsilon > 1) {
      throw wrong("norm epsilon " + epsilon + " is not in (0, 1]");
    }
    return new NormSpec(kind, (float) epsilon, false);
  }

  /** The activation of the MLP. */
  Activation activation(String field, String fallback) {
    String name = file.stringOr(fallback, field);
    return switch (name) {
      case "gelu_new", "gelu_pytorch_tanh" -> Activation.GELU_TANH;
      case "gelu" -> Activation.GELU_ERF;
      case "silu", "swish" -> Activation.SILU;
      case "relu" -> Activation.RELU;
      default ->
          throw wrong(
              "activation '" + name + "' is not supported; use gelu_new, gelu, silu or relu");
    };
  }

  /**
   * Causal attention with a head's channels from {@code head_dim}, or a share of {@code
   * hidden_size}.
   *
   * @param kvHeads G where the file does not say
   * @param window keys a query sees at most; 0 for no limit
   */
  AttentionShape groupedHeads(int kvHeads, int window) {
    return groupedHeads(kvHeads, window, 0);
  }

  /** The same where the family has a number for {@code head_dim}; 0 where it has none. */
  AttentionShape groupedHeads(int kvHeads, int window, int familyHeadDim) {
    int hidden = size("hidden_size");
    int heads = size("num_attention_heads");
    int groups = sizeOr(kvHeads, "num_key_value_heads");
    if (heads % groups != 0) {
      throw wrong(
          "num_attention_heads " + heads + " is not a multiple of num_key_value_heads " + groups);
    }
    if (familyHeadDim == 0 && file.node("head_dim").isMissingNode() && hidden % heads != 0) {
      throw wrong(
          "hidden_size "
              + hidden
              + " is not a multiple of num_attention_heads "
              + heads
              + ", and there is no head_dim; add it");
    }
    int headDim = sizeOr(familyHeadDim == 0 ? hidden / heads : familyHeadDim, "head_dim");
    if (headDim % 2 != 0) {
      throw wrong("head_dim " + headDim + " is odd; rotary embeddings need an even one");
    }
    if (window < 0) {
      throw wrong("sliding_window " + window + " is negative; it must be null or positive");
    }
    return causal(heads, groups, headDim, window);
  }

  /** Key and value heads where the file does not name them: the family's, but all where null. */
  int groupsOr(int family) {
    return file.has("num_key_value_heads") ? size("num_attention_heads") : family;
  }

  /** Keys a query sees where the file does not say: the family's number, but 0, all, where null. */
  int windowOr(int family) {
    return file.intOr(file.has("sliding_window") ? 0 : family, "sliding_window");
  }

  /** A window that must be one: the family's number where the file does not say. */
  int positiveWindowOr(int family) {
    return sizeOr(family, "sliding_window");
  }

  /** A cap of scores or logits: the family's number where the file does not say, 0 where null. */
  float capOr(double family, String field) {
    double cap = file.doubleOr(file.has(field) ? 0 : family, field);
    if (!(cap >= 0) || Double.isInfinite(cap)) {
      throw wrong(field + " is " + cap + ", but must be null or above 0");
    }
    return (float) cap;
  }

  /**
   * Layers whose queries see a window, as {@code layer_types} lists them.
   *
   * @param rule which they are where there is no list
   */
  IntPredicate slidingLayers(IntPredicate rule) {
    JsonNode types = list("layer_types", "a name");
    if (types.isEmpty()) {
      return rule;
    }
    BitSet sliding = new BitSet();
    for (int layer = 0; layer < types.size(); layer++) {
      String type = types.get(layer).asText();
      if (type.equals("sliding_attention")) {
        sliding.set(layer);
      } else if (!type.equals("full_attention")) {
        throw wrong(
            "layer_types has '"
                + type
                + "', which is not supported; use full_attention or sliding_attention");
      }
    }
    return sliding::get;
  }

  /**
   * Layers whose queries and keys turn with their position: the ones in {@code no_rope_layers},
   * else all but every {@code no_rope_layer_interval}-th, 4 by default.
   */
  IntPredicate turningLayers() {
    JsonNode turns = list("no_rope_layers", "0 or 1");
    if (turns.isEmpty()) {
      int interval = sizeOr(4, "no_rope_layer_interval");
      return layer -> (layer + 1) % interval != 0;
    }
    return layer -> turns.get(layer).asInt() != 0;
  }

  /** A list with one element a layer; empty where there is none. */
  private JsonNode list(String field, String element) {
    JsonNode list = file.node(field);
    if (list.isMissingNode() || list.isNull()) {
      return MissingNode.getInstance();
    }
    if (!list.isArray() || list.size() < size("num_hidden_layers")) {
      throw wrong(field + " must be a list of " + element + " for each of num_hidden_layers");
    }
    return list;
  }

  /** Causal attention scaled by 1/√D. */
  static AttentionShape causal(int heads, int kvHeads, int headDim, int window) {
    return new AttentionShape(
        heads, kvHeads, headDim, AttentionMask.causal(window), (float) (1 / Math.sqrt(headDim)));
  }

  /** Channels of a head, all heads together being {@code hidden} wide. */
  int headDim(int hidden, int heads, String hiddenField, String headsField) {
    if (hidden % heads != 0) {
      throw wrong(hiddenField + " " + hidden + " is not a multiple of " + headsField + " " + heads);
    }
    return hidden / heads;
  }

  /**
   * Channels of a head that turn.
   *
   * @param share of the head
   * @param field where the share stands
   */
  int rotaryDim(int headDim, double share, String field) {
    int channels = (int) (headDim * share);
    if (!(share > 0) || share > 1 || channels < 2 || channels % 2 != 0) {
      throw wrong(
          field
              + " "
              + share
              + " of a head of "
              + headDim
              + " channels is not an even number of 2"
              + " or more");
    }
    return channels;
  }

  /** Newer files keep theta beside the scaling, in {@code rope_parameters}. */
  RotaryFrequencies rope() {
    return rope(10_000);
  }

  /** The same where the family's base is another one. */
  RotaryFrequencies rope(double family) {
    return rope(family, "");
  }

  /**
   * The same where layers of several kinds turn differently.
   *
   * @param kind the kind, under which newer files keep each one's parameters
   */
  RotaryFrequencies rope(double family, String kind) {
    String section = file.node("rope_scaling").isEmpty() ? "rope_parameters" : "rope_scaling";
    ModelConfigFile scaling = file.child(section);
    boolean byKind = scaling != null && !kind.isEmpty() && !scaling.node(kind).isMissingNode();
    return frequencies(file.doubleOr(family, "rope_theta"), byKind ? scaling.child(kind) : scaling);
  }

  /**
   * Layers that turn by their own base, without scaling.
   *
   * @param field where older files keep the base; 10,000 by default
   */
  RotaryFrequencies localRope(String field, String kind) {
    ModelConfigFile parameters = file.child("rope_parameters");
    ModelConfigFile own = parameters == null ? null : parameters.child(kind);
    return frequencies(file.doubleOr(10_000, field), own);
  }

  private RotaryFrequencies frequencies(double base, ModelConfigFile scaling) {
    try {
      return scaledFrequencies(base, scaling);
    } catch (IllegalArgumentException e) {
      throw new InputException(file.file() + ": " + e.getMessage(), e);
    }
  }

  private RotaryFrequencies scaledFrequencies(double base, ModelConfigFile scaling) {
    double theta = base;
    if (scaling == null) {
      return new RotaryFrequencies(theta, null);
    }
    theta = scaling.doubleOr(theta, "rope_theta");
    String type = scaling.stringOr("default", "rope_type", "type");
    return switch (type) {
      case "default" -> new RotaryFrequencies(theta, null);
      case "llama3" -> {
        refuse(file.doubleOr(1, "partial_rotary_factor") != 1, "partial_rotary_factor");
        refuse(scaling.doubleOr(1, "partial_rotary_factor") != 1, "partial_rotary_factor");
        yield new RotaryFrequencies(
            theta,
            new RotaryFrequencies.Llama3Scaling(
                scaling.requiredDouble("factor"),
                scaling.requiredDouble("low_freq_factor"),
                scaling.requiredDouble("high_freq_factor"),
                scaling.requiredDouble("original_max_position_embeddings")));
      }
      default -> throw wrong("rope type '" + type + "' is not supported; use default or llama3");
    };
  }

  /** Refuses a feature that is there and cannot be computed. */
  void refuse(boolean present, String feature) {
    if (present) {
      throw wrong(feature + " is not supported");
    }
  }

  /** The failure of this file. */
  InputException wrong(String message) {
    return new InputException(file.file() + ": " + message);
  }
}
