package dev.sotto.cli;

import dev.sotto.base.InputException;
import dev.sotto.data.TextRecord;
import dev.sotto.model.Beams;
import dev.sotto.plan.DataOptions;
import dev.sotto.report.Fact;
import dev.sotto.report.Report;
import dev.sotto.settings.Range;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import dev.sotto.task.GenerationScores;
import java.util.List;

/** {@code sotto evaluate --generate}: what a model writes, held against what people wrote. */
final class GenerationQuality {
  static final Setting<Boolean> GENERATE =
      Setting.flag(
          "generate",
          "instead of perplexity: continue each prompt and measure BLEU, ROUGE-L, chrF and NIST");
  private static final Setting<Integer> BEAMS =
      Setting.count(
              "beams",
              "N",
              1,
              Beams.WIDEST,
              "texts that beam search keeps; 1 takes the likeliest token each time; default: %s")
          .or(1);
  private static final Setting<Double> LENGTH_PENALTY =
      Setting.number(
              "length-penalty",
              "A",
              Range.LENGTH_PENALTY,
              "compare texts by log-probability over length to this power; default: %s")
          .or(0.0);

  static final Section SECTION =
      Section.of("Generation", GENERATE, BEAMS, LENGTH_PENALTY, GenerateCommand.MAX_NEW_TOKENS);

  private GenerationQuality() {}

  /**
   * Before the model is loaded and the records are read.
   *
   * @param exclusive settings that belong to perplexity or to a private release
   */
  static void check(Values values, Setting<?> privateEpsilon, List<Setting<?>> exclusive) {
    if (!values.has(GENERATE)) {
      SECTION.settings().forEach(setting -> values.requireWith(setting, GENERATE));
      return;
    }
    if (values.has(privateEpsilon)) {
      throw new InputException(
          "--generate measures exactly, and no epsilon pays for that; measure on public records"
              + " without "
              + values.named(privateEpsilon)
              + ", or the private ones' loss without --generate");
    }
    exclusive.forEach(setting -> values.refuseTogether(GENERATE, setting));
    values.requireWith(GENERATE, DataOptions.PROMPT_COLUMN);
  }

  static void print(Values values, LoadedModel loaded, List<TextRecord> records, Console console) {
    Beams beams = new Beams(values.get(BEAMS), values.get(LENGTH_PENALTY));
    int longest = values.get(GenerateCommand.MAX_NEW_TOKENS);
    String separator = loaded.separator(values);
    GenerationScores scores =
        GenerationScores.of(
            records,
            prompt ->
                Continuation.of(loaded, prompt + separator, longest, beams).completion().strip());
    Report report = new Report();
    report.row(
        "BLEU",
        "{}  (brevity penalty {})",
        Fact.number("bleu", scores.bleu().score()),
        Fact.number("brevity_penalty", scores.bleu().brevityPenalty()));
    report.row("ROUGE-L", Fact.number("rouge_l", scores.rougeL()));
    report.row("chrF", Fact.number("chrf", scores.chrf()));
    report.row("NIST", Fact.number("nist", scores.nist()));
    report.row("prompts", Fact.count("prompts", scores.prompts()));
    report.row("references", Fact.count("references", scores.references()));
    console.print(report);
  }
}
