package dev.sotto.tokenizer;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import dev.sotto.base.InputException;
import dev.sotto.compute.LibraryFolder;
import dev.sotto.compute.UnsafeFolderException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * Text to token ids and back, exactly as HuggingFace does it for the same {@code tokenizer.json}.
 *
 * <p>The work is done by HuggingFace's own tokenizers library, through DJL. Padding and truncation
 * that the file may ask for are switched off: cutting is the caller's, and must be seen. Text that
 * spells a special token, such as {@code </s>}, becomes that token, as in HuggingFace. Safe for
 * concurrent use.
 */
public final class Tokenizer implements AutoCloseable {
  static {
    // Both are read once, when the native library loads. Offline: private text is at work here, and
    // nothing may call out. CPU: otherwise a GPU machine would be asked for a build that the jar
    // does not hold.
    setUnlessPresent("ai.djl.offline", "true");
    setUnlessPresent("RUST_FLAVOR", "cpu");
  }

  private static final Map<String, String> OPTIONS =
      Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false");

  private final Path file;
  private final HuggingFaceTokenizer tokenizer;
  private final OptionalInt bosId;
  private final OptionalInt eosId;
  private final Set<Integer> endIds;
  private final int[] beginIds;
  private final Optional<String> chatTemplate;
  private final Map<String, String> specialTokens;

  private Tokenizer(
      TokenizerFiles files,
      HuggingFaceTokenizer tokenizer,
      OptionalInt bosId,
      OptionalInt eosId,
      Set<Integer> endIds) {
    this.file = files.file();
    this.chatTemplate = files.chatTemplate();
    this.specialTokens = Map.copyOf(files.specialTokens());
    this.tokenizer = tokenizer;
    this.bosId = bosId;
    this.eosId = eosId;
    this.endIds = endIds;
    int[] own = postProcessorsBeginning();
    this.beginIds = own.length == 0 && files.addsBos() ? bosId.stream().toArray() : own;
  }

  private static void setUnlessPresent(String name, String value) {
    if (System.getProperty(name) == null && System.getenv(name) == null) {
      System.setProperty(name, value);
    }
  }

  /**
   * Opens the tokenizer of a model.
   *
   * @param model a GGUF file, or a directory with {@code tokenizer.json}; {@code
   *     tokenizer_config.json}, {@code special_tokens_map.json}, {@code config.json} and {@code
   *     generation_config.json} are asked for the ids that begin and end a sequence
   * @param vocabularySize rows of the model's embedding; every id must be below it
   * @return the tokenizer, to be closed by the caller
   * @throws InputException if the file is missing or malformed, or has an id that is too large
   */
  public static Tokenizer open(Path model, int vocabularySize) {
    TokenizerFiles files = new TokenizerFiles(model);
    files.requireIdsBelow(vocabularySize);
    OptionalInt bos = files.specialId("bos");
    bos.ifPresent(id -> requireBelow(files, "bos", id, vocabularySize));
    OptionalInt eos = files.specialId("eos");
    Set<Integer> ends = new TreeSet<>(files.specialIds("eos"));
    eos.ifPresent(ends::add);
    ends.forEach(id -> requireBelow(files, "eos", id, vocabularySize));
    loadLibrary();
    HuggingFaceTokenizer library;
    try (InputStream json = files.content()) {
      library = HuggingFaceTokenizer.newInstance(json, OPTIONS);
    } catch (IOException | RuntimeException e) {
      throw new InputException(
          files.file()
              + ": is no tokenizer that can be used ("
              + firstLine(e)
              + "); fetch the tokenizer again",
          e);
    }
    try {
      Tokenizer tokenizer = new Tokenizer(files, library, bos, eos, ends);
      for (int id : tokenizer.beginIds) {
        requireBelow(files, "bos", id, vocabularySize);
      }
      return tokenizer;
    } catch (RuntimeException e) {
      library.close();
      throw e;
    }
  }

  /** The special tokens before a text, by trying one. */
  private int[] postProcessorsBeginning() {
    try {
      if (tokenizer.encode("", true, false).getIds().length == 0) {
        return new int[0];
      }
      Encoding framed = tokenizer.encode("a", true, false);
      long[] isSpecial = framed.getSpecialTokenMask();
      int length = 0;
      while (length < isSpecial.length && isSpecial[length] == 1) {
        length++;
      }
      return Arrays.copyOf(toInts(framed.getIds()), length);
    } catch (RuntimeException e) {
      throw unusable("put its special tokens around a text");
    }
  }

  /** Apart from any file, so that a library that does not load is not taken for a bad file. */
  private static void loadLibrary() {
    LibraryFolder.use("ENGINE_CACHE_DIR", "djl");
    try {
      LibUtils.checkStatus();
    } catch (EngineException | IllegalStateException | LinkageError e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new UnsafeFolderException(
          System.getProperty("ENGINE_CACHE_DIR", "ENGINE_CACHE_DIR")
              + ": the tokenizer's library cannot be loaded from there ("
              + firstLine(cause)
              + "); set "
              + LibraryFolder.SETTING
              + " to a folder of yours that has room and lets programs run",
          e);
    }
  }

  private static void requireBelow(TokenizerFiles files, String role, int id, int vocabularySize) {
    if (id >= vocabularySize) {
      throw new InputException(
          files.file("config.json")
              + ": "
              + role
              + "_token_id "
              + id
              + " is not below vocab_size "
              + vocabularySize
              + "; repair it there or in generation_config.json");
    }
  }

  private static String firstLine(Throwable e) {
    String message = String.valueOf(e.getMessage());
    return message.lines().findFirst().orElse(e.getClass().getSimpleName());
  }

  /**
   * Token ids of a text, without special tokens around them.
   *
   * @param text any text
   * @return the ids, possibly none
   * @throws InputException if the tokenizer's file does not say how to encode this text
   */
  public int[] encode(String text) {
    try {
      return toInts(tokenizer.encode(text, false, false).getIds());
    } catch (RuntimeException e) {
      throw unusable("encode a text");
    }
  }

  /**
   * Token ids of a text, and where in the text each stands.
   *
   * @param text any text
   * @return the ids of {@link #encode(String)}
   * @throws InputException if the tokenizer's file does not say how to encode this text
   */
  public LocatedTokens locate(String text) {
    try {
      Encoding encoding = tokenizer.encode(text, false, false);
      return LocatedTokens.of(
          text, toInts(encoding.getIds()), Arrays.asList(encoding.getCharTokenSpans()));
    } catch (RuntimeException e) {
      throw unusable("encode a text");
    }
  }

  /** Without the library's own message: it may quote the text. */
  private InputException unusable(String what) {
    return new InputException(
        file
            + ": the tokenizer cannot "
            + what
            + "; is its unknown token in its vocabulary? Fetch the tokenizer again");
  }

  /**
   * Token ids of many texts, on all cores.
   *
   * @param texts any texts
   * @return for each text what {@link #encode(String)} gives, in order
   */
  public List<int[]> encodeAll(List<String> texts) {
    return texts.parallelStream().map(this::encode).toList();
  }

  /**
   * Text of token ids; special tokens are spelled out.
   *
   * @param ids ids below the vocabulary size
   * @return the text
   */
  public String decode(int[] ids) {
    return decode(ids, false);
  }

  /**
   * Text of token ids.
   *
   * @param ids ids below the vocabulary size
   * @param skipSpecialTokens whether to leave special tokens out of the text
   * @return the text
   * @throws InputException if the tokenizer's file does not say how to decode these ids
   */
  public String decode(int[] ids, boolean skipSpecialTokens) {
    long[] wide = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      wide[i] = ids[i];
    }
    try {
      return tokenizer.decode(wide, skipSpecialTokens);
    } catch (RuntimeException e) {
      throw unusable("decode ids");
    }
  }

  /**
   * The beginning-of-sequence token that the model's files name. That it has a name does not mean
   * that texts begin with it; {@link #beginIds} says what they begin with.
   *
   * @return its id; empty if the model has none
   */
  public OptionalInt bosId() {
    return bosId;
  }

  /**
   * What the model's own tokenizer puts before a text, as HuggingFace transformers has it: the
   * special tokens that the post-processor of {@code tokenizer.json} puts there, such as the {@code
   * <s>} of Llama, the {@code <|begin_of_text|>} of Llama 3, the {@code <bos>} of Gemma. The
   * tokenizers of GPT-2, Qwen, Pythia, Phi and SmolLM2 put nothing, though some name a beginning
   * token.
   *
   * <p>{@code add_bos_token} in {@code tokenizer_config.json} counts where the post-processor puts
   * nothing: true puts {@link #bosId} there, as transformers 4 does for Llama's tokenizers and
   * those that have no {@code tokenizer.json}. False takes nothing away: transformers 5 passes over
   * the field where there is a post-processor.
   *
   * @return the ids in order; a new array, empty if a text begins with its own first token
   */
  public int[] beginIds() {
    return beginIds.clone();
  }

  /**
   * The token that ends a sequence in training text.
   *
   * @return its id; empty if the model has none
   */
  public OptionalInt eosId() {
    return eosId;
  }

  /**
   * The Jinja template by which the model's turns become text: {@code chat_template.jinja}, else
   * {@code chat_template} of {@code tokenizer_config.json}; of several the one named {@code
   * default}.
   *
   * @return its source; empty if the model has none
   */
  public Optional<String> chatTemplate() {
    return chatTemplate;
  }

  /**
   * The texts of the special tokens that the model's files name, by their role as a chat template
   * sees it: {@code bos_token}, {@code eos_token} and the like.
   */
  public Map<String, String> specialTokens() {
    return specialTokens;
  }

  /**
   * The tokens any of which ends a generated text: those that {@code generation_config.json}, else
   * {@code config.json} lists, and {@link #eosId}.
   *
   * @return their ids; empty if the model has none
   */
  public Set<Integer> endIds() {
    return endIds;
  }

  /**
   * How the post-processor of {@code tokenizer.json} makes a sequence of one text or of two, found
   * by trying both: what a model that scores sequences reads.
   *
   * @throws InputException if it puts something between the texts' tokens that is none of its
   *     special ones
   */
  public SequenceFrame sequenceFrame() {
    int content = encode("a").length;
    Encoding one = framed(tokenizer.encode("a", true, false));
    Encoding two = framed(tokenizer.encode("a", "a", true, false));
    long[] special = two.getSpecialTokenMask();
    int begin = specials(special, 0);
    int between = specials(special, begin + content);
    int second = begin + content + between;
    int end = specials(special, second + content);
    int[] ids = toInts(two.getIds());
    int[] types = toInts(two.getTypeIds());
    boolean plain =
        second + content + end == ids.length
            && Arrays.stream(types, 0, begin + content).allMatch(type -> type == 0)
            && Arrays.stream(types, second, ids.length).distinct().count() <= 1;
    if (!plain || begin + content > one.getIds().length) {
      throw unusable("make one sequence of two texts");
    }
    int[] single = toInts(one.getIds());
    return new SequenceFrame(
        Arrays.copyOf(ids, begin),
        Arrays.copyOfRange(single, begin + content, single.length),
        Arrays.copyOfRange(ids, begin + content, second),
        Arrays.copyOfRange(types, begin + content, second),
        Arrays.copyOfRange(ids, second + content, ids.length),
        second < ids.length ? types[second] : 0);
  }

  private Encoding framed(Encoding encoding) {
    if (encoding.getIds().length == 0) {
      throw unusable("make a sequence of a text");
    }
    return encoding;
  }

  /** How many special tokens stand from a place on. */
  private static int specials(long[] isSpecial, int from) {
    int to = from;
    while (to < isSpecial.length && isSpecial[to] == 1) {
      to++;
    }
    return to - from;
  }

  private static int[] toInts(long[] ids) {
    int[] narrow = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      narrow[i] = (int) ids[i];
    }
    return narrow;
  }

  /** Frees the native tokenizer. */
  @Override
  public void close() {
    tokenizer.close();
  }
}
