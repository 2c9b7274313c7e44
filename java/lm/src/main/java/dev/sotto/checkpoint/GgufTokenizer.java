package dev.sotto.checkpoint;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.Json;
import dev.sotto.gguf.GgufFile;
import dev.sotto.gguf.Metadata;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The tokenizer in the metadata of a GGUF file as HuggingFace's files: byte-level BPE ({@code
 * gpt2}), and SentencePiece's BPE with scores ({@code llama}), as transformers makes a {@code
 * tokenizer.json} of it.
 */
final class GgufTokenizer {
  private static final String PREFIX = "tokenizer.ggml.";

  /** Kinds of tokens, the numbers of {@code tokenizer.ggml.token_type}. */
  private static final int NORMAL = 1;

  private static final int UNKNOWN = 2;
  private static final int CONTROL = 3;
  private static final int USER_DEFINED = 4;

  private final Metadata metadata;
  private final boolean pieces;
  private final String preTokenizer;
  private final List<String> tokens;

  private GgufTokenizer(GgufFile file) {
    metadata = file.metadata();
    String model = required("model");
    pieces = model.equals("llama");
    if (!pieces && !model.equals("gpt2")) {
      throw metadata.wrong(
          PREFIX + "model",
          "is '"
              + model
              + "', which is not supported; gpt2 and llama are: bring the model as a"
              + " HuggingFace directory");
    }
    preTokenizer = pieces ? "" : required("pre");
    tokens =
        metadata
            .strings(PREFIX + "tokens")
            .orElseThrow(() -> metadata.wrong(PREFIX + "tokens", "is missing"));
  }

  private String required(String name) {
    return metadata
        .string(PREFIX + name)
        .orElseThrow(
            () ->
                metadata.wrong(
                    PREFIX + name, "is missing; convert the model again with a newer llama.cpp"));
  }

  /** Its {@code tokenizer.json}. */
  static ObjectNode tokenizer(GgufFile file) {
    return new GgufTokenizer(file).tokenizer();
  }

  /** Its {@code tokenizer_config.json}: the tokens that begin and end, and the chat template. */
  static ObjectNode tokenizerConfig(GgufFile file) {
    GgufTokenizer tokenizer = new GgufTokenizer(file);
    ObjectNode config = Json.object();
    for (String role : List.of("bos", "eos")) {
      OptionalInt id = tokenizer.special(role);
      id.ifPresent(i -> config.put(role + "_token", tokenizer.tokens.get(i)));
    }
    file.metadata()
        .string("tokenizer.chat_template")
        .ifPresent(template -> config.put("chat_template", template));
    return config;
  }

  /** Its {@code generation_config.json}: every token that ends a text or a turn. */
  static ObjectNode generationConfig(GgufFile file) {
    ObjectNode config = Json.object();
    ArrayNode ends = config.putArray("eos_token_id");
    for (String role : List.of("eos", "eot", "eom")) {
      file.metadata().whole(PREFIX + role + "_token_id").ifPresent(ends::add);
    }
    return ends.isEmpty() ? Json.object() : config;
  }

  /** The id of a special token; SentencePiece's own where the file does not say. */
  private OptionalInt special(String role) {
    String key = PREFIX + role + "_token_id";
    OptionalInt id = metadata.whole(key);
    int usual = List.of("unknown", "bos", "eos").indexOf(role);
    int found = id.orElse(pieces && usual < tokens.size() ? usual : -1);
    if (found >= tokens.size()) {
      throw metadata.wrong(
          key, "is " + found + " of " + tokens.size() + " tokens; convert the model again");
    }
    return found < 0 ? OptionalInt.empty() : OptionalInt.of(found);
  }

  private ObjectNode tokenizer() {
    ObjectNode json = Json.object();
    json.put("version", "1.0").putNull("truncation").putNull("padding");
    List<Double> kinds = perToken("token_type");
    ArrayNode added = json.putArray("added_tokens");
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    for (int id = 0; id < tokens.size(); id++) {
      String token = tokens.get(id);
      Integer other = vocabulary.put(token, id);
      if (other != null) {
        throw metadata.wrong(
            PREFIX + "tokens",
            "holds token " + other + " again as token " + id + "; convert the model again");
      }
      int kind = kinds.get(id).intValue();
      if (kind == UNKNOWN || kind == CONTROL || kind == USER_DEFINED) {
        added
            .addObject()
            .put("id", id)
            .put("content", token)
            .put("single_word", false)
            .put("lstrip", false)
            .put("rstrip", false)
            .put("normalized", false)
            .put("special", kind != USER_DEFINED);
      }
    }
    json.set("normalizer", pieces ? pieceNormalizer() : GgufPreTokenizers.normalizer(preTokenizer));
    json.set("pre_tokenizer", pieces ? null : GgufPreTokenizers.of(metadata, preTokenizer));
    postProcessor(json);
    json.set("decoder", pieces ? pieceDecoder() : GgufPreTokenizers.BYTE_LEVEL);
    ObjectNode model = json.putObject("model").put("type", "BPE");
    model.putNull("dropout");
    model.put("unk_token", pieces ? tokens.get(special("unknown").orElse(0)) : null);
    model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
    model.put("fuse_unk", pieces).put("byte_fallback", pieces);
    model.put("ignore_merges", GgufPreTokenizers.isLlama3(preTokenizer));
    ObjectNode ids = model.putObject("vocab");
    vocabulary.forEach(ids::put);
    ArrayNode merges = model.putArray("merges");
    if (pieces) {
      PieceMerges.of(metadata, vocabulary, kinds, perToken("scores"), NORMAL).forEach(merges::add);
    } else {
      metadata
          .strings(PREFIX + "merges")
          .orElseThrow(() -> metadata.wrong(PREFIX + "merges", "is missing"))
          .forEach(merges::add);
    }
    return json;
  }

  /** A list of numbers that must have one for each token. */
  private List<Double> perToken(String name) {
    List<Double> numbers = metadata.numbers(PREFIX + name).orElse(List.of());
    if (numbers.size() != tokens.size()) {
      throw metadata.wrong(
          PREFIX + name,
          "has "
              + numbers.size()
              + " numbers for "
              + tokens.size()
              + " tokens; convert the model again");
    }
    return numbers;
  }

  private boolean addsSpacePrefix() {
    return metadata.flagOr(true, PREFIX + "add_space_prefix");
  }

  private ObjectNode pieceNormalizer() {
    ObjectNode replace = replace(" ", "▁");
    if (!addsSpacePrefix()) {
      return replace;
    }
    ObjectNode sequence = Json.object().put("type", "Sequence");
    sequence
        .putArray("normalizers")
        .add(Json.object().put("type", "Prepend").put("prepend", "▁"))
        .add(replace);
    return sequence;
  }

  private ObjectNode pieceDecoder() {
    ObjectNode sequence = Json.object().put("type", "Sequence");
    ArrayNode decoders =
        sequence
            .putArray("decoders")
            .add(replace("▁", " "))
            .add(Json.object().put("type", "ByteFallback"))
            .add(Json.object().put("type", "Fuse"));
    if (addsSpacePrefix()) {
      decoders.add(
          Json.object().put("type", "Strip").put("content", " ").put("start", 1).put("stop", 0));
    }
    return sequence;
  }

  private static ObjectNode replace(String what, String by) {
    ObjectNode replace = Json.object().put("type", "Replace");
    replace.putObject("pattern").put("String", what);
    return replace.put("content", by);
  }

  /** The tokens that the file's own tokenizer puts around a text. */
  private void postProcessor(ObjectNode json) {
    boolean bos =
        metadata.flagOr(
            pieces || GgufPreTokenizers.isLlama3(preTokenizer), PREFIX + "add_bos_token");
    boolean eos = metadata.flagOr(false, PREFIX + "add_eos_token");
    if (!bos && !eos) {
      json.putNull("post_processor");
      return;
    }
    ObjectNode template = json.putObject("post_processor").put("type", "TemplateProcessing");
    ArrayNode single = template.putArray("single");
    ArrayNode pair = template.putArray("pair");
    ObjectNode specials = template.putObject("special_tokens");
    frame(bos, "bos", 0, List.of(single, pair), specials);
    text("A", 0, List.of(single, pair));
    frame(eos, "eos", 0, List.of(single, pair), specials);
    frame(bos, "bos", 1, List.of(pair), specials);
    text("B", 1, List.of(pair));
    frame(eos, "eos", 1, List.of(pair), specials);
  }

  private static void text(String id, int type, List<ArrayNode> templates) {
    for (ArrayNode template : templates) {
      template.addObject().putObject("Sequence").put("id", id).put("type_id", type);
    }
  }

  private void frame(
      boolean added, String role, int type, List<ArrayNode> templates, ObjectNode specials) {
    if (!added) {
      return;
    }
    OptionalInt id = special(role);
    if (id.isEmpty()) {
      throw metadata.wrong(
          PREFIX + role + "_token_id",
          "is missing, but " + PREFIX + "add_" + role + "_token asks for it; convert again");
    }
    String token = tokens.get(id.getAsInt());
    for (ArrayNode template : templates) {
      template.addObject().putObject("SpecialToken").put("id", token).put("type_id", type);
    }
    ObjectNode special = specials.putObject(token).put("id", token);
    special.putArray("ids").add(id.getAsInt());
    special.putArray("tokens").add(token);
  }
}
