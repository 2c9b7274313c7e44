package dev.sotto.plan;

import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.base.Sha256;
import dev.sotto.clip.Clipping;
import dev.sotto.control.Controller;
import dev.sotto.control.ControllerOptions;
import dev.sotto.control.Controllers;
import dev.sotto.control.learn.AgentState;
import dev.sotto.gradient.ParameterLayout;
import dev.sotto.trainer.PublicGradientNorms;
import dev.sotto.trainer.Trainable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/** Who chooses clip norms, and on request noise, during a run: made as its options ask. */
final class RunController {
  private RunController() {}

  /**
   * The account of a run that a controller steers, before anything is made.
   *
   * @throws InputException if the controller cannot be had as asked for
   */
  static Account.Proven account(
      FinetuneOptions options, ParameterLayout layout, TrainingData data) {
    ControlOptions control = options.control().orElseThrow();
    Privacy privacy = options.privacy().orElseThrow();
    boolean statistics = usesStatistics(options, layout);
    if (control.usesPublicNorms() && data.publicCorpus().isEmpty()) {
      throw new InputException(
          (control.publicBase() ? "--clip-base public" : "--controller " + control.controller())
              + " takes its clip norms from public records: give --public-data or --validation");
    }
    Optional<String> startedFrom = control.startFrom().map(RunController::sha256);
    return InputException.ifRefused(
        () ->
            Accounts.controlled(
                privacy,
                control,
                startedFrom,
                statistics,
                options.training(),
                data.publicUnits(),
                Clipping.perPair(privacy.clipNorm(), layout.size()).groups(layout)));
  }

  private static boolean usesStatistics(FinetuneOptions options, ParameterLayout layout) {
    double[] equal = new double[layout.size()];
    Arrays.fill(equal, 1);
    try (Controller controller = create(options, layout, 1, equal)) {
      return controller.usesStatistics();
    }
  }

  /** The controller itself; clip norms from public records are measured now, if it wants them. */
  static Controller create(PreparedRun run, Trainable trained) {
    ControlOptions control = run.options().control().orElseThrow();
    long intervals = (run.sampling().steps() + control.interval() - 1) / control.interval();
    double[] publicNorms =
        control.usesPublicNorms()
            ? PublicGradientNorms.medians(
                run.data().publicCorpus().orElseThrow(), trained.pass(), trained.lora())
            : null;
    return create(run.options(), run.lora().layout(), intervals, publicNorms);
  }

  private static Controller create(
      FinetuneOptions options, ParameterLayout layout, long intervals, double[] publicNorms) {
    ControlOptions control = options.control().orElseThrow();
    Privacy privacy = options.privacy().orElseThrow();
    Optional<Path> policy = control.startFrom();
    AgentState start =
        policy.map(file -> InputException.ifRefused(() -> AgentState.load(file))).orElse(null);
    ControllerOptions wanted =
        new ControllerOptions(
            control.controller(),
            new ControllerOptions.Pairs(
                layout.sizes(), privacy.clipNorm(), publicNorms, privacy.allocation()),
            control.adaptNoise(),
            intervals,
            start,
            options.seed());
    try {
      return Controllers.create(wanted);
    } catch (IllegalArgumentException e) {
      throw new InputException(policy.map(file -> file + ": ").orElse("") + e.getMessage(), e);
    }
  }

  private static String sha256(Path file) {
    try {
      return Sha256.hex(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new InputException(
          file
              + ": cannot be read: "
              + FileFailure.why(e)
              + "; give the policy.json that a learning controller left",
          e);
    }
  }
}
