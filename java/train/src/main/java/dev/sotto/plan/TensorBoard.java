package dev.sotto.plan;

import dev.sotto.base.DurableDirectory;
import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.report.EventFile;
import dev.sotto.trainer.ControlRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Writes how a run gets on to a directory for TensorBoard: ε, what was measured on public records,
 * and what a controller chose and was released. A resumed run adds a file to those that are there,
 * and goes on with their clock.
 */
final class TensorBoard implements FinetuneProgress, AutoCloseable {
  private final Path directory;
  private Optional<Double> promised = Optional.empty();
  private Optional<EventFile> file = Optional.empty();

  /** Makes nothing yet. */
  TensorBoard(Path directory) {
    this.directory = directory;
  }

  /** Refuses a directory that holds something, or cannot be made. Touches nothing. */
  static void requireFresh(Path directory) {
    FreshDirectory.require(directory, "choose another for --tensorboard");
  }

  @Override
  public void planned(FinetuneSummary summary, Account account) {
    if (account instanceof Account.Proven proven) {
      promised = Optional.of(proven.epsilon());
    }
  }

  @Override
  public void step(long step, long steps, double epsilon) {
    Map<String, Double> scalars = new TreeMap<>();
    promised.ifPresent(
        target -> {
          scalars.put("epsilon/promised", target);
          scalars.put("epsilon/reserved", epsilon);
        });
    write(step, scalars);
  }

  @Override
  public void validated(long step, Map<String, Double> figures) {
    Map<String, Double> scalars = new TreeMap<>();
    figures.forEach((name, value) -> scalars.put("validation/" + name, value));
    write(step, scalars);
  }

  @Override
  public void interval(ControlRecord record) {
    Map<String, Double> scalars = new TreeMap<>();
    put(scalars, "clip_norm", record.chosen().clipNorms());
    put(scalars, "noise_stddev", record.chosen().noiseStddevs());
    put(scalars, "released_gradient_norm", record.norms().gradientNorms());
    put(scalars, "adapter_norm", record.norms().adapterNorms());
    ControlRecord.Statistics statistics = record.statistics();
    if (statistics.clipFractions() != null) {
      put(scalars, "released_clip_fraction", statistics.clipFractions());
    }
    if (statistics.loss() != null) {
      scalars.put("released_loss", statistics.loss());
    }
    if (record.validationPerplexity() != null) {
      scalars.put("validation/perplexity", record.validationPerplexity());
    }
    write(record.step(), scalars);
  }

  private static void put(Map<String, Double> scalars, String name, double[] ofPairs) {
    for (int k = 0; k < ofPairs.length; k++) {
      scalars.put("%s/pair_%03d".formatted(name, k), ofPairs[k]);
    }
  }

  private void write(long step, Map<String, Double> scalars) {
    if (scalars.isEmpty()) {
      return;
    }
    if (file.isEmpty()) {
      file = Optional.of(open());
    }
    file.get().scalars(step, scalars);
  }

  private EventFile open() {
    DurableDirectory.create(directory);
    List<String> before = before();
    long start =
        before.stream()
            .map(name -> name.substring(EventFile.PREFIX.length()).split("[.]")[0])
            .filter(seconds -> seconds.matches("[0-9]{10}"))
            .mapToLong(Long::parseLong)
            .min()
            .orElseGet(() -> Instant.now().getEpochSecond());
    String name = "%s%010d.sotto.%d".formatted(EventFile.PREFIX, start, before.size());
    return new EventFile(directory.resolve(name), start);
  }

  private List<String> before() {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(path -> path.getFileName().toString())
          .filter(name -> name.startsWith(EventFile.PREFIX))
          .toList();
    } catch (IOException e) {
      throw FileFailure.cannotBeRead(directory, e);
    }
  }

  /**
   * Ends the file.
   *
   * @throws InputException if it cannot be written
   */
  @Override
  public void close() {
    file.ifPresent(EventFile::close);
    file = Optional.empty();
  }
}
