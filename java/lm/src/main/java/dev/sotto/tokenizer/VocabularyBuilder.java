package dev.sotto.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.AtomicFile;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes a HuggingFace tokenizer from public text: whole words by frequency, and characters and
 * bytes for all the rest.
 *
 * <p>The file is a Unigram model (Kudo 2018, "Subword Regularization") framed as Llama's: a blank
 * becomes U+2581 and stands before its word; what is in no piece falls back to its UTF-8 bytes. So
 * every text comes back unchanged, but for a literal U+2581, which comes back as a blank. Word
 * pieces are cheaper than any spelling by characters, so a word in the vocabulary is always one
 * token; digits and punctuation are one token a character. The same texts give the same file.
 *
 * <p>The vocabulary reveals which words occur in the text: never build one from private records.
 */
public final class VocabularyBuilder {
  /** Vocabulary entries that are always there, before characters and words: specials and bytes. */
  private static final List<String> SPECIALS = List.of("<unk>", "<s>", "</s>");

  private static final String BLANK = "\u2581";
  private static final Pattern WORD = Pattern.compile(BLANK + "?\\p{L}+");

  /**
   * Below any spelling of six printable characters: the text {@code <0x41>} must not be read as the
   * byte piece of that name.
   */
  private static final double BYTE_SCORE = -1000;

  private final Map<String, Long> words = new TreeMap<>();
  private final Map<String, Long> characters = new TreeMap<>();

  private VocabularyBuilder() {
    // All of printable ASCII, so that no common text needs bytes.
    for (char c = ' ' + 1; c <= '~'; c++) {
      characters.put(String.valueOf(c), 0L);
    }
    for (String c : List.of("\n", "\t", BLANK)) {
      characters.put(c, 0L);
    }
  }

  /**
   * Builds a vocabulary and writes {@code tokenizer.json} and {@code tokenizer_config.json}.
   *
   * @param modelDir an existing directory
   * @param publicTexts the text; public, see above
   * @param maxVocabularySize most entries to make, specials, bytes and characters included
   * @return the number of entries made: the maximum, or less when the text has fewer words
   * @throws InputException if the maximum has no room for specials, bytes and characters
   * @throws dev.sotto.base.InputException if the files cannot be written
   */
  public static int write(Path modelDir, List<String> publicTexts, int maxVocabularySize) {
    VocabularyBuilder builder = new VocabularyBuilder();
    publicTexts.forEach(builder::count);
    List<Piece> pieces = builder.pieces(maxVocabularySize);
    AtomicFile.write(modelDir.resolve("tokenizer.json"), tokenizerJson(pieces));
    AtomicFile.write(modelDir.resolve("tokenizer_config.json"), tokenizerConfigJson());
    return pieces.size();
  }

  private record Piece(String text, double score) {}

  private void count(String text) {
    String marked = BLANK + text.replace(" ", BLANK);
    marked.codePoints().forEach(c -> characters.merge(Character.toString(c), 1L, Long::sum));
    Matcher matcher = WORD.matcher(marked);
    while (matcher.find()) {
      if (matcher.group().codePointCount(0, matcher.group().length()) > 1) {
        words.merge(matcher.group(), 1L, Long::sum);
      }
    }
  }

  private List<Piece> pieces(int maxVocabularySize) {
    int fixed = SPECIALS.size() + 256 + characters.size();
    if (maxVocabularySize < fixed) {
      throw new InputException(
          "vocabulary size is "
              + maxVocabularySize
              + "; specials, bytes and the characters of the text alone need "
              + fixed);
    }
    List<Piece> pieces = new ArrayList<>();
    SPECIALS.forEach(special -> pieces.add(new Piece(special, 0)));
    for (int value = 0; value < 256; value++) {
      pieces.add(new Piece(String.format("<0x%02X>", value), BYTE_SCORE));
    }
    double allWords = 1 + words.values().stream().mapToLong(Long::longValue).sum();
    double allCharacters = 1 + characters.values().stream().mapToLong(Long::longValue).sum();
    // A word of count 1 scores -log(allWords); one character alone must cost more than that.
    double penalty = Math.log(allWords) + 1;
    characters.forEach(
        (c, count) -> pieces.add(new Piece(c, Math.log((count + 1) / allCharacters) - penalty)));
    words.entrySet().stream()
        .sorted(
            Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                .thenComparing(Map.Entry.comparingByKey()))
        .limit(maxVocabularySize - fixed)
        .forEach(w -> pieces.add(new Piece(w.getKey(), Math.log(w.getValue() / allWords))));
    return pieces;
  }

  private static byte[] tokenizerJson(List<Piece> pieces) {
    ObjectNode root = Json.object();
    root.put("version", "1.0").putNull("truncation").putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    for (int id = 0; id < SPECIALS.size(); id++) {
      ObjectNode token = added.addObject().put("id", id).put("content", SPECIALS.get(id));
      token.put("single_word", false).put("lstrip", false).put("rstrip", false);
      token.put("normalized", false).put("special", true);
    }
    ArrayNode normalizers =
        root.putObject("normalizer").put("type", "Sequence").putArray("normalizers");
    normalizers.addObject().put("type", "Prepend").put("prepend", BLANK);
    replace(normalizers.addObject(), " ", BLANK);
    ObjectNode split = root.putObject("pre_tokenizer").put("type", "Split");
    split.putObject("pattern").put("String", BLANK);
    split.put("behavior", "MergedWithNext").put("invert", false);
    putBeginTemplate(root.putObject("post_processor"));
    ArrayNode decoders = root.putObject("decoder").put("type", "Sequence").putArray("decoders");
    replace(decoders.addObject(), BLANK, " ");
    decoders.addObject().put("type", "ByteFallback");
    decoders.addObject().put("type", "Fuse");
    decoders.addObject().put("type", "Strip").put("content", " ").put("start", 1).put("stop", 0);
    ObjectNode model = root.putObject("model").put("type", "Unigram").put("unk_id", 0);
    ArrayNode vocabulary = model.putArray("vocab");
    pieces.forEach(piece -> vocabulary.addArray().add(piece.text()).add(piece.score()));
    model.put("byte_fallback", true);
    return Json.file(root);
  }

  private static void replace(ObjectNode node, String from, String to) {
    node.put("type", "Replace").putObject("pattern").put("String", from);
    node.put("content", to);
  }

  /** Has HuggingFace put the beginning token before each text, as {@link Tokenizer} users do. */
  private static void putBeginTemplate(ObjectNode node) {
    String begin = SPECIALS.get(1);
    node.put("type", "TemplateProcessing");
    for (String form : List.of("single", "pair")) {
      ArrayNode parts = node.putArray(form);
      for (int part = 0; part < (form.equals("single") ? 1 : 2); part++) {
        parts.addObject().putObject("SpecialToken").put("id", begin).put("type_id", part);
        String sequence = part == 0 ? "A" : "B";
        parts.addObject().putObject("Sequence").put("id", sequence).put("type_id", part);
      }
    }
    ObjectNode token = node.putObject("special_tokens").putObject(begin).put("id", begin);
    token.putArray("ids").add(1);
    token.putArray("tokens").add(begin);
  }

  private static byte[] tokenizerConfigJson() {
    ObjectNode root = Json.object();
    root.put("tokenizer_class", "PreTrainedTokenizerFast");
    root.put("unk_token", SPECIALS.get(0));
    root.put("bos_token", SPECIALS.get(1)).put("eos_token", SPECIALS.get(2));
    root.put("clean_up_tokenization_spaces", false);
    return Json.file(root);
  }
}
