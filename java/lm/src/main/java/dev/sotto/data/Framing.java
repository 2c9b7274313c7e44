package dev.sotto.data;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.AtomicFile;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import dev.sotto.base.JsonFields;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The two switches of a {@link Frame}, each chosen or left to the tokenizer. They are saved beside
 * the adapter that was trained with them:
 *
 * <pre>{@code {"frame" : {"begin" : true, "end" : true}}}</pre>
 *
 * @param begin whether the beginning token stands before a text; empty for what the tokenizer does
 * @param end whether the end token stands behind a text; empty for whether the tokenizer names one
 */
public record Framing(Optional<Boolean> begin, Optional<Boolean> end) {
  /** Name of the file in an adapter directory. */
  public static final String FILE_NAME = "sotto.json";

  /** All is left to the tokenizer. */
  public static final Framing OF_THE_TOKENIZER = new Framing(Optional.empty(), Optional.empty());

  private static final String FRAME = "frame";

  /** Both switches chosen. */
  public static Framing of(boolean begin, boolean end) {
    return new Framing(Optional.of(begin), Optional.of(end));
  }

  /** The same, where what is not chosen is as in another. */
  public Framing or(Framing other) {
    return new Framing(begin.or(other::begin), end.or(other::end));
  }

  /**
   * Reads the file of an adapter directory.
   *
   * @return {@link #OF_THE_TOKENIZER} where there is none, as in adapters of other programs
   * @throws InputException if it is no such file
   */
  public static Framing read(Path adapterDir) {
    Path file = adapterDir.resolve(FILE_NAME);
    if (!Files.exists(file)) {
      return OF_THE_TOKENIZER;
    }
    JsonFields root = JsonFields.of(file, Json.read(file, "train the adapter again"));
    JsonFields frame = root.object(FRAME);
    Framing framing = of(frame.flag("begin"), frame.flag("end"));
    frame.refuseUnknown();
    root.refuseUnknown();
    return framing;
  }

  /**
   * Writes the file of an adapter directory.
   *
   * @param adapterDir an existing directory
   * @throws InputException if it cannot be written
   * @throws java.util.NoSuchElementException if a switch is not chosen
   */
  public void write(Path adapterDir) {
    ObjectNode root = Json.object();
    root.putObject(FRAME).put("begin", begin.orElseThrow()).put("end", end.orElseThrow());
    AtomicFile.write(adapterDir.resolve(FILE_NAME), Json.file(root));
  }
}
