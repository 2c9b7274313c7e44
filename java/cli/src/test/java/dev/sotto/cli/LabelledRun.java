package dev.sotto.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/** Tiny runs that learn labels. */
final class LabelledRun {
  static final List<String> TEXTS = List.of("one", "She", "the sun", "a dog", "it was");

  private LabelledRun() {}

  /** An adapter that tells {@code dull} and {@code fun}, trained for two steps. */
  static Path classifier(Path model, Path work) {
    Path train = classes(work.resolve("classes.csv"), 40);
    return run(model, train, work.resolve("classifier"), "--labels", "dull,fun");
  }

  /** An adapter that tells numbers from 0 to 5. */
  static Path regression(Path model, Path work) {
    Path train = table(work.resolve("numbers.csv"), 40, i -> Integer.toString(i % 6));
    return run(
        model, train, work.resolve("regression"), "--task", "regress", "--label-range", "0:5");
  }

  private static Path run(Path model, Path train, Path run, String... more) {
    List<String> args = new ArrayList<>(List.of("--label-column", "label", "--no-privacy"));
    args.addAll(List.of(more));
    ModelCommands.finetune(model, train, run, args.toArray(String[]::new)).succeeded();
    return run;
  }

  /** A table of texts, each {@code dull} or {@code fun}, two rows to one of {@code who}. */
  static Path classes(Path file, int rows) {
    return table(file, rows, i -> i % 3 == 0 ? "dull" : "fun");
  }

  /** The same with labels of one's own. */
  static Path table(Path file, int rows, IntFunction<String> label) {
    StringBuilder table = new StringBuilder("text,label,who\n");
    for (int i = 0; i < rows; i++) {
      table
          .append(TEXTS.get(i % TEXTS.size()))
          .append(',')
          .append(label.apply(i))
          .append(",p")
          .append(i / 2)
          .append('\n');
    }
    return PretrainedModel.write(file, table.toString());
  }
}
