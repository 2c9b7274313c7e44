package dev.sotto.task;

import dev.sotto.base.InputException;
import dev.sotto.data.DataColumns;
import dev.sotto.data.Quoting;
import dev.sotto.data.RecordFiles;
import dev.sotto.data.RecordOptions;
import dev.sotto.data.TableLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The tasks of GLUE (Wang et al. 2019) in the layout of the files that it is published in: tables
 * with tabs, in which quotes are ordinary characters. Columns are found by the header. The order of
 * the labels is that of HuggingFace's {@code glue}; files have their names or their ids.
 */
public enum GlueTask {
  /** Sentiment of a sentence. */
  SST2(List.of("sentence"), List.of("label"), classes("negative", "positive"), Metric.ACCURACY),
  /** Whether a sentence follows from another, of several genres. */
  MNLI(
      List.of("sentence1", "sentence2"),
      List.of("gold_label", "label"),
      classes("entailment", "neutral", "contradiction"),
      Metric.ACCURACY),
  /** Whether a sentence answers a question. */
  QNLI(
      List.of("question", "sentence"),
      List.of("label"),
      classes("entailment", "not_entailment"),
      Metric.ACCURACY),
  /** Whether two questions ask the same. */
  QQP(
      List.of("question1", "question2"),
      List.of("is_duplicate", "label"),
      classes("not_duplicate", "duplicate"),
      Metric.F1,
      Metric.ACCURACY),
  /** Whether two sentences say the same. */
  MRPC(
      List.of("#1 String", "#2 String"),
      List.of("Quality"),
      classes("not_equivalent", "equivalent"),
      Metric.F1,
      Metric.ACCURACY),
  /** Whether a sentence is grammatical. Its labelled files have no header. */
  COLA(
      List.of("sentence"),
      List.of("label"),
      classes("unacceptable", "acceptable"),
      Metric.MATTHEWS) {
    @Override
    public List<String> labelledHeader() {
      return List.of("source", "label", "mark", "sentence");
    }
  },
  /** How much alike two sentences are, from 0 to 5. */
  STSB(
      List.of("sentence1", "sentence2"),
      List.of("score"),
      new Target(Optional.empty(), Optional.of(new LabelRange(0, 5))),
      Metric.PEARSON,
      Metric.SPEARMAN),
  /** Whether a sentence follows from another; of news and Wikipedia. */
  RTE(
      List.of("sentence1", "sentence2"),
      List.of("label"),
      classes("entailment", "not_entailment"),
      Metric.ACCURACY),
  /** Whether a sentence with its pronoun replaced follows. */
  WNLI(
      List.of("sentence1", "sentence2"),
      List.of("label"),
      classes("not_entailment", "entailment"),
      Metric.ACCURACY);

  /** What a dataset's name begins with. */
  public static final String PREFIX = "glue:";

  /**
   * What is told of a record: one of the two.
   *
   * @param labels of a classification
   * @param range of a regression
   */
  public record Target(Optional<Labels> labels, Optional<LabelRange> range) {}

  /**
   * How a file is read.
   *
   * @param columns which columns make a record
   * @param table quotes, and the header where the file has none
   */
  public record Layout(DataColumns columns, TableLayout table) {}

  private final List<String> texts;
  private final List<String> labelColumns;
  private final Target target;
  private final List<Metric> metrics;

  GlueTask(List<String> texts, List<String> labelColumns, Target target, Metric... metrics) {
    this.texts = texts;
    this.labelColumns = labelColumns;
    this.target = target;
    this.metrics = List.of(metrics);
  }

  private static Target classes(String... names) {
    return new Target(Optional.of(new Labels(List.of(names), false)), Optional.empty());
  }

  /**
   * A task by the name of its data set.
   *
   * @param dataset {@code glue:sst2} and the like
   * @throws InputException if there is no such task
   */
  public static GlueTask of(String dataset) {
    return Arrays.stream(values())
        .filter(task -> task.dataset().equals(dataset))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "data set '"
                        + dataset
                        + "' is unknown; choose one of "
                        + Arrays.stream(values())
                            .map(GlueTask::dataset)
                            .collect(Collectors.joining(", "))));
  }

  /** The name of its data set: {@code glue:sst2} and the like. */
  public String dataset() {
    return PREFIX + name().toLowerCase(Locale.ROOT);
  }

  /** What is told of a record. */
  public Target target() {
    return target;
  }

  /** What GLUE measures it by, the first above all. */
  public List<Metric> metrics() {
    return metrics;
  }

  /** The columns of a file with labels and no header; none where such a file has one. */
  public List<String> labelledHeader() {
    return List.of();
  }

  /**
   * A part of the data set as GLUE names its file.
   *
   * @param folder the task's folder
   * @param part {@code train}, {@code dev} or {@code test}; of MNLI's two the matched one
   * @return the file {@code PART.tsv} or {@code PART.tsv.gz}
   * @throws InputException if the folder has neither
   */
  public Path file(Path folder, String part) {
    String name = this == MNLI && !part.equals("train") ? part + "_matched" : part;
    return Stream.of(".tsv", ".tsv.gz")
        .map(ending -> folder.resolve(name + ending))
        .filter(Files::exists)
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    folder
                        + ": has no file "
                        + name
                        + ".tsv or "
                        + name
                        + ".tsv.gz; name the folder of "
                        + dataset()
                        + ", or the file itself"));
  }

  /**
   * How a file with labels is read.
   *
   * @param file for its header
   * @throws InputException if it cannot be read or its header has no column for the label
   */
  public Layout labelled(Path file) {
    TableLayout table = new TableLayout(Optional.of(Quoting.NONE), labelledHeader());
    List<String> header =
        labelledHeader().isEmpty()
            ? RecordFiles.header(file, RecordOptions.DEFAULT.withTable(table))
            : labelledHeader();
    String label =
        labelColumns.stream()
            .filter(header::contains)
            .findFirst()
            .orElseThrow(
                () ->
                    new InputException(
                        file
                            + ": line 1: the header has no column '"
                            + String.join("' or '", labelColumns)
                            + "', where "
                            + dataset()
                            + " has its labels; name a file with labels"));
    return new Layout(textColumns().withLabel(label), table);
  }

  /** How a file without labels, or whose labels do not count, is read. */
  public Layout unlabelled() {
    return new Layout(textColumns(), new TableLayout(Optional.of(Quoting.NONE), List.of()));
  }

  private DataColumns textColumns() {
    DataColumns columns = DataColumns.text(texts.get(0));
    return texts.size() == 1 ? columns : columns.withPair(texts.get(1));
  }
}
