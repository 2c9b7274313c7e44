package dev.sotto.plan;

import dev.sotto.base.InputException;
import dev.sotto.checkpoint.ModelConfigFile;
import dev.sotto.compute.Pooling;
import dev.sotto.data.DataColumns;
import dev.sotto.data.Quoting;
import dev.sotto.data.TextRecord;
import dev.sotto.settings.Kept;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import dev.sotto.task.GlueTask;
import dev.sotto.task.LabelRange;
import dev.sotto.task.Labels;
import dev.sotto.task.Task;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What is learned of the records: their text, their class, or a number. */
public final class TaskOptions {
  /** What is learned. */
  public enum Kind {
    /** Text. */
    GENERATE,
    /** One of several classes. */
    CLASSIFY,
    /** A number. */
    REGRESS
  }

  /** What is learned. */
  public static final Setting<Kind> TASK =
      Setting.choice(
              "task",
              "KIND",
              Kind.class,
              "what is learned: generate, classify or regress; default: classify with a label"
                  + " column, else generate")
          .kept(Kept.EQUAL_ON_RESUME);

  /** The classes. */
  public static final Setting<String> LABELS =
      Setting.text(
              "labels",
              "LIST",
              "the classes, public, in the order of their ids: with commas, or a file with one a"
                  + " line; from-data reads them from the private file, outside of epsilon;"
                  + " default: the model's")
          .kept(Kept.EQUAL_ON_RESUME);

  /** What the numbers lie in. */
  public static final Setting<String> LABEL_RANGE =
      Setting.text("label-range", "LOW:HIGH", "public range of the numbers of a regression")
          .kept(Kept.EQUAL_ON_RESUME)
          .insteadOf(LABELS);

  /** How a sequence becomes one vector. */
  public static final Setting<Pooling> POOLING =
      Setting.choice(
              "pooling",
              "KIND",
              Pooling.class,
              "how a sequence becomes one vector: mean, first or last; default: the model's own"
                  + " head, mean for an encoder without one")
          .kept(Kept.EQUAL_ON_RESUME);

  /** A known data set's layout. */
  public static final Setting<String> DATASET =
      Setting.text(
              "dataset",
              "NAME",
              "read --train as this data set has it: glue:sst2, mnli, qnli, qqp, mrpc, cola, stsb"
                  + " or rte")
          .kept(Kept.EQUAL_ON_RESUME);

  /** All of them, with the columns that they need. */
  public static final Section SECTION =
      Section.of(
          "Task",
          TASK,
          DataOptions.TEXT_PAIR_COLUMN,
          DataOptions.LABEL_COLUMN,
          LABELS,
          LABEL_RANGE,
          POOLING,
          DATASET);

  private final Values values;

  private TaskOptions(Values values) {
    this.values = values;
  }

  /**
   * Reads the settings.
   *
   * @throws InputException if they do not go together
   */
  public static TaskOptions of(Values values) {
    values.refuseAlternatives(SECTION.settings());
    TaskOptions options = new TaskOptions(values);
    if (options.kind() == Kind.GENERATE) {
      for (Setting<?> setting :
          List.of(
              LABELS,
              LABEL_RANGE,
              POOLING,
              DataOptions.LABEL_COLUMN,
              DataOptions.TEXT_PAIR_COLUMN)) {
        if (values.has(setting)) {
          throw new InputException(
              values.named(setting)
                  + " goes with labels; name their column by --label-column, and leave out --task"
                  + " generate");
        }
      }
    }
    if (options.kind() == Kind.REGRESS && !values.has(LABEL_RANGE)) {
      throw new InputException(
          "a regression needs the public range of its numbers; give it by --label-range LOW:HIGH");
    }
    if (options.kind() == Kind.CLASSIFY) {
      values.refuseTogether(TASK, LABEL_RANGE);
    }
    return options;
  }

  /**
   * The settings with what a named data set brings: columns, quotes, labels.
   *
   * @param file which setting names the file, or a folder of the data set's
   * @param part of the data set that stands in the folder: train, dev or test
   */
  public static Values resolve(Values values, Setting<Path> file, String part) {
    if (!values.has(DATASET)) {
      return values;
    }
    values.refuseTogether(DATASET, ChatOptions.RECORD_LAYOUT);
    GlueTask task = GlueTask.of(values.get(DATASET));
    Path given = values.get(file);
    Path path = Files.isDirectory(given) ? task.file(given, part) : given;
    GlueTask.Layout layout = task.labelled(path);
    DataColumns columns = layout.columns();
    Optional<String> label = values.find(DataOptions.LABEL_COLUMN);
    if (label.isPresent() && !label.equals(columns.label())) {
      throw new InputException(
          values.shown(DATASET)
              + " says which columns there are; leave out "
              + values.named(DataOptions.LABEL_COLUMN));
    }
    return values
        .with(file, path)
        .with(DataOptions.QUOTING, Quoting.NONE)
        .with(DataOptions.TEXT_COLUMN, columns.text())
        .with(DataOptions.TEXT_PAIR_COLUMN, columns.pair())
        .with(DataOptions.LABEL_COLUMN, columns.label())
        .with(LABELS, task.target().labels().map(labels -> String.join(",", labels.names())))
        .with(LABEL_RANGE, task.target().range().map(LabelRange::toString))
        .with(TASK, task.target().range().isPresent() ? Kind.REGRESS : Kind.CLASSIFY);
  }

  /**
   * The same for records that have labels.
   *
   * @throws InputException if a task with labels has no column of them, or a frame of its own
   */
  TaskOptions withLabels() {
    if (kind() != Kind.GENERATE) {
      for (Setting<?> switched : DataOptions.FRAME.settings()) {
        if (values.has(switched)) {
          throw new InputException(
              values.named(switched)
                  + " frames text that is gone on with; a text with a label has the frame of the"
                  + " model's own tokenizer, so leave it out");
        }
      }
    }
    if (kind() != Kind.GENERATE && !values.has(DataOptions.LABEL_COLUMN)) {
      throw new InputException(
          values.shown(TASK) + " needs labels; name their column by --label-column");
    }
    return this;
  }

  /** What is learned. */
  public Kind kind() {
    return values
        .find(TASK)
        .orElse(values.has(DataOptions.LABEL_COLUMN) ? Kind.CLASSIFY : Kind.GENERATE);
  }

  /** How a sequence becomes one vector; empty for the model's own head. */
  public Optional<Pooling> pooling() {
    return values.find(POOLING);
  }

  /**
   * The task, with its classes or its range.
   *
   * @param model HuggingFace model directory, whose classes are those where none are given
   * @param file private file, for messages
   * @param records its records, of which classes are read only where that is asked for
   */
  public Task task(Path model, Path file, List<TextRecord> records) {
    return switch (kind()) {
      case GENERATE -> new Task.Generate();
      case REGRESS -> new Task.Regress(LabelRange.parse(values.get(LABEL_RANGE)));
      case CLASSIFY -> new Task.Classify(labels(model, file, records));
    };
  }

  private Labels labels(Path model, Path file, List<TextRecord> records) {
    Optional<String> given = values.find(LABELS);
    if (given.isEmpty()) {
      return Labels.of(ModelConfigFile.open(model));
    }
    return given.get().equals(Labels.FROM_DATA)
        ? Labels.fromData(file, records)
        : Labels.given(given.get());
  }

  /** Whether the set of classes is read from private records. */
  public boolean labelsFromData() {
    return values.find(LABELS).filter(Labels.FROM_DATA::equals).isPresent();
  }
}
