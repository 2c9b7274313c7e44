package dev.sotto.cli;

import dev.sotto.data.Block;
import dev.sotto.data.Corpus;
import dev.sotto.data.DataColumns;
import dev.sotto.data.InputException;
import dev.sotto.data.RecordFiles;
import dev.sotto.data.TextRecord;
import dev.sotto.model.Evaluation;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code sotto evaluate}: perplexity of a model on a file. */
final class EvaluateCommand implements Command {
  private static final int DEFAULT_LENGTH = 1024;

  @Override
  public String name() {
    return "evaluate";
  }

  @Override
  public String summary() {
    return "measure the perplexity of a model, with or without an adapter";
  }

  @Override
  public String usage() {
    return "--model DIR [--adapter DIR] --data FILE [options]";
  }

  @Override
  public String description() {
    return """
        Each record is one document after the beginning-of-sequence token, cut off at --max-length
        tokens. The result is exact, so measure on public text only: the perplexity of private
        records is itself private.
        --json gives nats_per_token, perplexity, tokens, records.""";
  }

  @Override
  public OptionTable options() {
    OptionTable table = LoadedModel.addTo(new OptionTable().section("Model"));
    table.section("Data").value("data", "FILE", "CSV, TSV, JSONL, JSON or text, also with .gz");
    return DataArguments.addTo(table)
        .value(
            "max-length",
            "N",
            "longest document in tokens; default: the model's positions, at most "
                + DEFAULT_LENGTH);
  }

  @Override
  public List<String> examples() {
    return List.of(
        "evaluate --model llama-1b --adapter run1 --data public-test.csv --text-column note");
  }

  @Override
  public void run(Arguments arguments, Console console) {
    Path data = arguments.path("data");
    DataColumns columns = DataArguments.columns(arguments);
    try (LoadedModel loaded = LoadedModel.open(arguments)) {
      int length = length(arguments, loaded.model().config().maxPositions());
      List<TextRecord> records = RecordFiles.read(data, columns);
      List<Block> blocks =
          Corpus.documents(records, loaded.tokenizer(), length, DataArguments.separator(arguments));
      Evaluation evaluation = Evaluation.of(loaded.model(), loaded.lora(), blocks, length);
      if (evaluation.tokens() == 0) {
        throw new InputException(
            data
                + ": holds no token to predict within "
                + length
                + " tokens a record; give other data or a greater --max-length");
      }
      print(evaluation, console);
    }
  }

  private static int length(Arguments arguments, int positions) {
    int length = arguments.intOr("max-length", Math.min(positions, DEFAULT_LENGTH), 2);
    if (length > positions) {
      throw new IllegalArgumentException(
          "--max-length "
              + length
              + " exceeds the model's "
              + positions
              + " positions; give --max-length "
              + positions
              + " or less");
    }
    return length;
  }

  private static void print(Evaluation evaluation, Console console) {
    console.line("perplexity      " + Figures.number(evaluation.perplexity()));
    console.line("nats per token  " + Figures.number(evaluation.natsPerToken()));
    console.line("tokens          " + Figures.count(evaluation.tokens()));
    console.line("records         " + Figures.count(evaluation.records()));
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("nats_per_token", evaluation.natsPerToken());
    fields.put("perplexity", evaluation.perplexity());
    fields.put("tokens", evaluation.tokens());
    fields.put("records", evaluation.records());
    console.result(fields);
  }
}
