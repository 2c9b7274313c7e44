package dev.sotto.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.sotto.base.InputException;
import dev.sotto.base.PlainFile;
import dev.sotto.checkpoint.ModelConfigFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What the JSON files beside the weights say about token ids: the largest one, and which begin and
 * end a sequence.
 */
final class TokenizerFiles {
  private static final List<String> ROLES =
      List.of("bos", "eos", "unk", "sep", "pad", "cls", "mask");

  private final Path model;
  private final ModelConfigFile tokenizer;
  private final JsonNode vocabulary;
  private final JsonNode addedTokens;

  /**
   * Of a model.
   *
   * @param model a HuggingFace model directory, or a GGUF file
   */
  TokenizerFiles(Path model) {
    this.model = model;
    tokenizer =
        ModelConfigFile.optional(model, "tokenizer.json")
            .orElseThrow(
                () ->
                    new InputException(
                        model.resolve("tokenizer.json")
                            + ": no such file; a model directory needs tokenizer.json (save a fast"
                            + " tokenizer with save_pretrained)"));
    this.vocabulary = tokenizer.node("model").path("vocab");
    this.addedTokens = tokenizer.node("added_tokens");
    if (!vocabulary.isContainerNode() || vocabulary.isEmpty()) {
      throw new InputException(
          tokenizer.file() + ": has no vocabulary at model.vocab; fetch the tokenizer again");
    }
  }

  /** Where the tokenizer stands. */
  Path file() {
    return tokenizer.file();
  }

  /** Where one of the other files stands: of a GGUF file always itself. */
  Path file(String name) {
    return Files.isDirectory(model) ? model.resolve(name) : model;
  }

  /** {@code tokenizer.json} for the library. */
  InputStream content() throws IOException {
    return Files.isDirectory(model)
        ? Files.newInputStream(tokenizer.file())
        : new ByteArrayInputStream(tokenizer.content());
  }

  /** Refuses ids that the model has no embedding for. */
  void requireIdsBelow(int vocabularySize) {
    long largest = -1;
    String token = "";
    if (vocabulary.isObject()) {
      for (Map.Entry<String, JsonNode> entry : vocabulary.properties()) {
        if (!entry.getValue().isIntegralNumber() || entry.getValue().longValue() < 0) {
          throw new InputException(
              tokenizer.file()
                  + ": token '"
                  + entry.getKey()
                  + "' has the id "
                  + entry.getValue()
                  + "; ids are whole numbers from 0, fetch the tokenizer again");
        }
        if (entry.getValue().longValue() > largest) {
          largest = entry.getValue().longValue();
          token = entry.getKey();
        }
      }
    } else {
      largest = vocabulary.size() - 1;
      token = vocabulary.get(vocabulary.size() - 1).path(0).asText();
    }
    for (JsonNode added : addedTokens) {
      if (added.path("id").asLong() > largest) {
        largest = added.path("id").asLong();
        token = added.path("content").asText();
      }
    }
    if (largest >= vocabularySize) {
      throw new InputException(
          tokenizer.file()
              + ": token '"
              + token
              + "' has the id "
              + largest
              + " but the model's vocab_size is "
              + vocabularySize
              + "; use the tokenizer that belongs to the model");
    }
  }

  /**
   * The id of a special token: by its text in the tokenizer's own files, else by number in the
   * model's.
   *
   * @param role {@code bos} or {@code eos}
   */
  OptionalInt specialId(String role) {
    for (String name : List.of("tokenizer_config.json", "special_tokens_map.json")) {
      JsonNode token = optional(name, role + "_token");
      String text = token.isObject() ? token.path("content").asText() : token.asText();
      OptionalInt id = text.isEmpty() ? OptionalInt.empty() : idOf(text);
      if (id.isPresent()) {
        return id;
      }
    }
    // A model may have several ends; the first is the one that its training text used.
    List<Integer> ids = specialIds(role);
    return ids.isEmpty() ? OptionalInt.empty() : OptionalInt.of(ids.get(0));
  }

  /**
   * The ids of a special token by number, from the file that decides: {@code
   * generation_config.json} where it has the field, else {@code config.json}. A field may hold one
   * id or a list.
   *
   * @param role {@code bos} or {@code eos}
   * @throws InputException if the field holds anything else
   */
  List<Integer> specialIds(String role) {
    String field = role + "_token_id";
    for (String name : List.of("generation_config.json", "config.json")) {
      JsonNode value = optional(name, field);
      if (!value.isMissingNode()) {
        List<Integer> ids = new ArrayList<>();
        for (JsonNode id : value.isArray() ? value : List.of(value)) {
          if (!id.isIntegralNumber() || !id.canConvertToInt()) {
            throw new InputException(
                file(name)
                    + ": "
                    + field
                    + " must be a whole number or a list of such; repair the file");
          }
          // Old files say -1 where there is none.
          if (id.intValue() >= 0) {
            ids.add(id.intValue());
          }
        }
        return ids;
      }
    }
    return List.of();
  }

  /** Whether {@code tokenizer_config.json} asks for the beginning token. */
  boolean addsBos() {
    return ModelConfigFile.optional(model, "tokenizer_config.json")
        .map(file -> file.booleanOr(false, "add_bos_token"))
        .orElse(false);
  }

  /**
   * The Jinja template by which turns of a conversation become text: the file {@code
   * chat_template.jinja}, else {@code chat_template} of {@code tokenizer_config.json}; of several
   * that have names there, the one named {@code default}.
   */
  Optional<String> chatTemplate() {
    Path apart = file("chat_template.jinja");
    if (Files.isDirectory(model) && Files.exists(apart)) {
      return Optional.of(PlainFile.text(apart));
    }
    JsonNode template = optional("tokenizer_config.json", "chat_template");
    for (JsonNode named : template.isArray() ? template : List.<JsonNode>of()) {
      if (named.path("name").asText().equals("default")) {
        template = named.path("template");
        break;
      }
    }
    return template.isTextual() ? Optional.of(template.textValue()) : Optional.empty();
  }

  /** The texts of the special tokens that have a role, such as {@code bos_token}. */
  Map<String, String> specialTokens() {
    Map<String, String> texts = new LinkedHashMap<>();
    for (String role : ROLES) {
      for (String name : List.of("tokenizer_config.json", "special_tokens_map.json")) {
        JsonNode token = optional(name, role + "_token");
        JsonNode text = token.isObject() ? token.path("content") : token;
        if (text.isTextual()) {
          texts.putIfAbsent(role + "_token", text.textValue());
        }
      }
    }
    return texts;
  }

  private JsonNode optional(String fileName, String field) {
    return ModelConfigFile.optional(model, fileName)
        .map(file -> file.node(field))
        .orElse(MissingNode.getInstance());
  }

  private OptionalInt idOf(String token) {
    for (JsonNode added : addedTokens) {
      if (added.path("content").asText().equals(token)) {
        return OptionalInt.of(added.path("id").asInt());
      }
    }
    if (vocabulary.isObject()) {
      return vocabulary.has(token)
          ? OptionalInt.of(vocabulary.get(token).asInt())
          : OptionalInt.empty();
    }
    for (int i = 0; i < vocabulary.size(); i++) {
      if (vocabulary.get(i).path(0).asText().equals(token)) {
        return OptionalInt.of(i);
      }
    }
    return OptionalInt.empty();
  }
}
