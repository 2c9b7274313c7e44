package dev.sotto.model;

import dev.sotto.base.InputException;
import dev.sotto.checkpoint.Checkpoint;
import dev.sotto.checkpoint.DataType;
import dev.sotto.checkpoint.TensorView;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Finds a model's tensors in its checkpoint under the names in use for them, and tells what nobody
 * asked for. A checkpoint with a weight that nothing reads is another model than its configuration
 * says, so it is refused: to ignore a bias or a layer would give a wrong model without a word.
 */
final class StoredTensors {
  /**
   * Buffers that old versions of HuggingFace and some servers store beside the weights: they hold
   * no parameter, or follow from the configuration.
   */
  private static final Pattern BUFFER =
      Pattern.compile(
          "(.*\\.)?(rotary_emb\\.(inv_freq|cos_cached|sin_cached)|(attention_)?mask"
              + "|(attn|attention)\\.(bias|masked_bias)|position_ids|(k|v|kv)_scale)");

  private static final Pattern PARAMETER = Pattern.compile(".*\\.(weight|bias)");

  private final Checkpoint checkpoint;
  private final ConfigFields fields;
  private final Pattern ignored;
  private final Set<String> used = new HashSet<>();

  /**
   * The tensors of a checkpoint.
   *
   * @param ignored names of tensors that belong to heads other than the one that is loaded
   */
  StoredTensors(Checkpoint checkpoint, ConfigFields fields, Pattern ignored) {
    this.checkpoint = checkpoint;
    this.fields = fields;
    this.ignored = ignored;
  }

  /** Whether a norm that scales by 1 + w is stored as that sum. */
  boolean wholeGains() {
    return checkpoint.storesWholeGains();
  }

  /** Whether a tensor of that name is stored, in whatever way it is found. */
  boolean has(String name) {
    return candidates(name).stream().anyMatch(checkpoint::has);
  }

  /**
   * The tensor of a name: as it stands, without the architecture's prefix, or, for a tied token
   * table, under the head's name.
   *
   * @param name HuggingFace's name, with prefix
   * @param shape what the configuration says it must be
   * @throws InputException if there is none, it has another shape, or is of no type of weights
   */
  TensorView find(String name, long... shape) {
    String stored = storedName(name);
    used.add(stored);
    TensorView view = checkpoint.tensor(stored);
    if (view.dtype().isQuantised() && shape.length < 2) {
      throw Quantisation.of(view.file(), view.name(), "of one row has type " + view.dtype());
    }
    if (!view.dtype().isWide() && !view.dtype().isQuantised()) {
      boolean known = view.dtype() != DataType.OTHER;
      String form = known ? "has type " + view.dtype() : "has a type that is none of weights";
      throw Quantisation.of(view.file(), stored, form);
    }
    if (!view.dtype().isFloat() && !view.dtype().isQuantised()) {
      throw new InputException(
          view.file()
              + ": tensor '"
              + stored
              + "' has type "
              + view.dtype()
              + "; weights must be F32, F16 or BF16");
    }
    return view.requireShape(fields.place() + " (" + fields.shaping(name) + ")", shape);
  }

  private String storedName(String name) {
    return candidates(name).stream()
        .filter(checkpoint::has)
        .findFirst()
        .orElseThrow(() -> missing(name, bare(name)));
  }

  private String bare(String name) {
    String prefix = fields.architecture().prefix();
    return name.startsWith(prefix) ? name.substring(prefix.length()) : name;
  }

  /** The names in use for a tensor, the usual one first. */
  private List<String> candidates(String name) {
    Architecture architecture = fields.architecture();
    String bare = bare(name);
    List<String> names = new ArrayList<>(List.of(name, bare));
    if (fields.config().tied() && bare.equals(architecture.name(TensorPart.TOKEN_TABLE))) {
      names.add(architecture.headWeight());
    }
    if (name.contains("LayerNorm.")) {
      // Checkpoints converted from TensorFlow keep its names.
      for (String usual : List.of(name, bare)) {
        names.add(
            usual
                .replace("LayerNorm.weight", "LayerNorm.gamma")
                .replace("LayerNorm.bias", "LayerNorm.beta"));
      }
    }
    return names;
  }

  private InputException missing(String name, String bare) {
    String module = bare.substring(0, bare.lastIndexOf('.') + 1);
    for (String stored : checkpoint.names()) {
      if (stored.contains(module)
          && bare.endsWith(".weight")
          && !stored.endsWith(".bias")
          && ConfigFields.layer(stored) == ConfigFields.layer(name)) {
        return Quantisation.of(checkpoint.location(), stored, "stands in place of " + name);
      }
    }
    String field =
        ConfigFields.layer(name) > lastLayer()
            ? "its number of layers, " + fields.config().layers()
            : fields.decidingOn(name);
    return new InputException(
        checkpoint.location()
            + ": has no tensor '"
            + name
            + "', which "
            + fields.place()
            + " asks for ("
            + field
            + "); fetch the weights that belong to this "
            + fields.place()
            + ", or correct the field");
  }

  private int lastLayer() {
    return checkpoint.names().stream().mapToInt(ConfigFields::layer).max().orElse(-1);
  }

  /**
   * After every tensor of the model was found: refuses what is left.
   *
   * @throws InputException naming a tensor that nothing uses, and the field that would use it
   */
  void requireAllUsed() {
    for (String name : checkpoint.names()) {
      if (used.contains(name)
          || BUFFER.matcher(name).matches()
          || ignored.matcher(name).matches()
          || isSameHead(name)) {
        continue;
      }
      TensorView view = checkpoint.tensor(name);
      if (view.dtype().isWide()
          || view.dtype().isQuantised()
          || PARAMETER.matcher(name).matches()) {
        throw new InputException(
            view.file()
                + ": tensor '"
                + name
                + "' is stored, but nothing uses it: "
                + fields.place()
                + " says "
                + fields.decidingOn(name)
                + "; correct that field, or take the tensor out of the file");
      }
    }
  }

  /** Whether it is the head of a tied pair, stored a second time with the same values. */
  private boolean isSameHead(String name) {
    Architecture architecture = fields.architecture();
    if (!fields.config().tied() || !name.equals(architecture.headWeight())) {
      return false;
    }
    String table = storedName(architecture.path(TensorPart.TOKEN_TABLE));
    TensorView first = checkpoint.tensor(table);
    TensorView second = checkpoint.tensor(name);
    return first.dtype() == second.dtype() && first.data().equals(second.data());
  }
}
