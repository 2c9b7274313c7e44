package dev.sotto.cli;

import dev.sotto.base.Figures;
import dev.sotto.plan.BackendOptions;
import dev.sotto.plan.PublicRecords;
import dev.sotto.report.Fact;
import dev.sotto.report.Report;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import dev.sotto.study.FinetuneStudyRunner;
import dev.sotto.study.RunResult;
import dev.sotto.study.Study;
import dev.sotto.study.StudyConfig;
import dev.sotto.study.StudyConfigFile;
import dev.sotto.study.StudyReport;
import dev.sotto.study.StudyResults;
import dev.sotto.study.StudyRun;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** {@code sotto study}: many controllers, ε and seeds on public data, side by side. */
final class StudyCommand implements Command {
  private static final Setting<Path> CONFIG =
      Setting.path(
          "config", "FILE", "JSON: model, data, controllers, epsilons, seeds and settings");
  private static final Setting<Path> OUTPUT =
      Setting.path("output", "DIR", "new or empty directory, or that of a study to go on with");
  private static final Setting<Integer> PARALLEL =
      Setting.count(
          "parallel", "N", 1, 1024, "runs at a time, of --threads each; default: one per core");
  private static final Setting<Boolean> DRY_RUN =
      Setting.flag("dry-run", "check everything, list what would be run, and write nothing");

  @Override
  public String name() {
    return "study";
  }

  @Override
  public String summary() {
    return "compare controllers over epsilons and seeds, on data that may be published";
  }

  @Override
  public String usage() {
    return "--config FILE --output DIR [--parallel N] [--dry-run]";
  }

  @Override
  public String description() {
    return """
    Fine-tunes once for each controller, epsilon and seed of the configuration, in DIR/runs, and
    writes table.md, results.json and pictures as PNG and SVG. examples/rldp-study/README.md
    explains the configuration. Started again on the same directory it skips what is finished
    and goes on with the rest. A run that fails is recorded and stops no other; the exit code is
    then 1.
    Choosing settings by the results of a study is tuning, and no epsilon covers tuning over
    private data: the configuration must declare its data public.
    --json gives output, table, runs, finished, failed and note; with --dry-run output, runs,
    finished and remaining, a list of names.\
    """;
  }

  @Override
  public List<Section> settings() {
    return List.of(Section.of("Options", OUTPUT, PARALLEL, DRY_RUN));
  }

  @Override
  public Setting<Path> config() {
    return CONFIG;
  }

  /** The file is the study's own: {@link StudyConfigFile} reads it. */
  @Override
  public Values readConfig(Path file, List<Setting<?>> table) {
    return Values.NONE;
  }

  @Override
  public List<String> examples() {
    return List.of(
        "study --config examples/rldp-study/small.json --output study1 --dry-run",
        "study --config examples/rldp-study/study.json --output study2 --parallel 2");
  }

  @Override
  public void run(Values values, Console console) {
    Path output = values.get(OUTPUT);
    int cores = Runtime.getRuntime().availableProcessors();
    int workers = values.find(PARALLEL).orElse(cores);
    StudyConfig config = StudyConfigFile.read(values.get(CONFIG));
    // A run of one thread leaves no core idle between its steps.
    int threads = values.find(BackendOptions.THREADS).orElse(1);
    Set<PublicRecords> said = ConcurrentHashMap.newKeySet();
    FinetuneStudyRunner runner =
        new FinetuneStudyRunner(
            values.get(BackendOptions.BACKEND),
            threads,
            records -> {
              if (said.add(records)) {
                console.note(DataWords.words(records));
              }
            });
    Study study = new Study(config, output, runner);
    if (values.get(DRY_RUN)) {
      list(config, study.finished(), output, console);
      return;
    }
    console.note("note      " + Study.NOT_COVERED);
    StudyResults results;
    try (StudyBar bar = new StudyBar(console)) {
      results = study.execute(workers, bar);
    }
    print(results, output, StudyReport.write(results, output), console);
    int failed = results.failed().size();
    if (failed > 0) {
      throw new UnfinishedException(
          failed
              + " of "
              + results.runs().size()
              + " runs failed, the first with: "
              + results.failed().get(0).error()
              + "; mend the cause and start the study again to do them once more");
    }
  }

  private static void list(
      StudyConfig config, List<RunResult> finished, Path output, Console console) {
    List<StudyRun> runs = config.runs();
    List<String> remaining =
        runs.stream()
            .filter(run -> finished.get(runs.indexOf(run)) == null)
            .map(StudyRun::name)
            .toList();
    Report report = new Report();
    remaining.forEach(name -> report.text("{}", Fact.said(name)));
    report.text(
        "{} runs: {} controllers, {} epsilons, {} seeds; {} finished, {} to do",
        Fact.count("runs", runs.size()),
        Fact.count(null, config.arms().size()),
        Fact.count(null, config.epsilons().size()),
        Fact.count(null, config.seeds().size()),
        Fact.count("finished", runs.size() - remaining.size()),
        Fact.of("remaining", remaining, Figures.count(remaining.size())));
    report.data(Fact.of("output", output));
    console.print(report);
  }

  private static void print(StudyResults results, Path output, Path table, Console console) {
    int failed = results.failed().size();
    Report report = new Report();
    report.row(
        "runs",
        "{} finished, {} failed",
        Fact.count("finished", results.runs().size() - failed),
        Fact.count("failed", failed));
    report.row("table", Fact.of("table", table));
    report.row("results", Fact.said(output.resolve("results.json")));
    report.row("note", Fact.of("note", Study.NOT_COVERED));
    report.data(Fact.of("output", output), Fact.count("runs", results.runs().size()));
    console.print(report);
  }
}
