package dev.sotto.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import dev.sotto.base.AtomicFile;
import dev.sotto.base.DurableDirectory;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import dev.sotto.checkpoint.AdapterConfig;
import dev.sotto.checkpoint.AdapterFiles;
import dev.sotto.settings.Setting;
import dev.sotto.task.AdapterNotes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where a run keeps its results: the adapter's files, {@code sotto.json} among them, {@code
 * ledger.jsonl}, {@code report.md} and {@code report.html}, the model card {@code README.md},
 * {@code settings.json} and {@code run.json}; where it measured on its way {@code
 * validation.jsonl}; of a controlled run also {@code trajectory.jsonl} and, where it learns, {@code
 * policy.json}. All of these may be published; the (ε,δ) that the ledger states covers them.
 *
 * <p>Apart from them, in {@code private/} that the owner alone may enter, lies what only a resume
 * needs: the training state, the controller's state, and a keyed digest of the private records.
 */
public record RunDirectory(Path path) {
  /** The ledger. */
  public Path ledger() {
    return path.resolve("ledger.jsonl");
  }

  /** The report. */
  public Path report() {
    return path.resolve("report.md");
  }

  /** The report as a page for a browser. */
  public Path page() {
    return path.resolve("report.html");
  }

  /** The adapter's model card. */
  public Path card() {
    return path.resolve(ModelCard.FILE_NAME);
  }

  /** What the steps released, some of which a run may not have. */
  List<Path> released() {
    return Stream.of(
            AdapterConfig.FILE_NAME,
            AdapterFiles.WEIGHTS_FILE_NAME,
            AdapterFiles.HEAD_FILE_NAME,
            AdapterNotes.FILE_NAME)
        .map(path::resolve)
        .toList();
  }

  /** The adapter's weights. */
  public Path adapter() {
    return path.resolve(AdapterFiles.WEIGHTS_FILE_NAME);
  }

  /** What a controller chose and saw, a line an interval. */
  public Path trajectory() {
    return path.resolve("trajectory.jsonl");
  }

  /** What was measured on public records, a line a measurement. */
  Path validation() {
    return path.resolve("validation.jsonl");
  }

  /** What a learning controller has learned, for another run to start from. */
  public Path policy() {
    return path.resolve("policy.json");
  }

  /** The effective settings, for {@code --config} to read. */
  public Path runFile() {
    return path.resolve("run.json");
  }

  /** The controller as of a step. */
  Path controller(long step) {
    return apart().resolve("controller_state-" + step + ".json");
  }

  Path state() {
    return apart().resolve("training_state.safetensors");
  }

  /** What is not for publishing. */
  private Path apart() {
    return path.resolve("private");
  }

  private DataDigest digest() {
    return new DataDigest(apart().resolve("data.json"));
  }

  private Path settings() {
    return path.resolve("settings.json");
  }

  /** Whether a resume would go on after a step that was made, rather than begin again. */
  public boolean hasCheckpoint() {
    return Files.exists(state());
  }

  /** Whether there is a run that can be gone on with. */
  public boolean begun() {
    return Files.exists(settings());
  }

  /** Refuses a directory that holds something, or cannot be made. Touches nothing. */
  void requireFresh() {
    FreshDirectory.require(path, "choose another, or go on with --resume");
  }

  /** Makes the directory, and notes the settings and the data of the run. */
  void create(Map<String, String> settings, Path data) {
    DurableDirectory.create(path);
    AtomicFile.write(settings(), bytes(settings));
    createApart(data);
  }

  private void createApart(Path data) {
    DurableDirectory.createOwnerOnly(apart());
    digest().write(data);
  }

  /** The text of {@code settings.json}, the same for the same settings. */
  static byte[] bytes(Map<String, String> settings) {
    try {
      return Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(settings);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("settings cannot be written as JSON", e);
    }
  }

  /**
   * Checks that a run is resumed as it was begun.
   *
   * @throws InputException naming the first setting that differs
   */
  void requireSame(Map<String, String> settings) {
    Map<String, String> before = saved();
    // A flag that was left out comes first: other values, such as the noise, differ because of it.
    before.forEach(
        (name, value) -> {
          if ("true".equals(value) && !settings.containsKey(name)) {
            throw differs(name, value, "what it is by default");
          }
        });
    settings.forEach(
        (name, value) -> {
          if (!value.equals(before.get(name))) {
            throw differs(name, before.get(name), value);
          }
        });
    before.forEach(
        (name, value) -> {
          if (!settings.containsKey(name)) {
            throw differs(name, value, "what it is by default");
          }
        });
  }

  /** The value of a setting that the run was begun with; empty where none was saved. */
  Optional<String> saved(Setting<?> setting) {
    return Optional.ofNullable(saved().get(setting.key()));
  }

  private Map<String, String> saved() {
    if (!begun()) {
      throw new InputException(
          path + ": there is no run to resume (no settings.json); start it without --resume");
    }
    Map<String, String> before;
    try {
      before =
          Json.MAPPER.readValue(
              settings().toFile(), new TypeReference<LinkedHashMap<String, String>>() {});
    } catch (IOException e) {
      throw new InputException(settings() + ": is damaged: it is no JSON object of strings", e);
    }
    if (before == null) {
      throw new InputException(settings() + ": is damaged: it is no JSON object of strings");
    }
    return before;
  }

  private InputException differs(String name, String before, String now) {
    return new InputException(
        settings()
            + ": the run was begun with "
            + name
            + " = "
            + before
            + ", but is resumed with "
            + now
            + "; use the first, or start a new run");
  }

  /**
   * Checks that a run goes on with the records it was begun with. A run that was killed before it
   * had a digest or a ledger has spent nothing, and notes the digest now.
   *
   * @throws InputException if they are others, or nobody can tell
   */
  void requireSameData(Path data) {
    if (!digest().exists() && !Files.exists(ledger())) {
      createApart(data);
    }
    digest().requireSame(data);
  }
}
