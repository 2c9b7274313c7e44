package dev.sotto.plan;

import dev.sotto.report.LinePicture;
import dev.sotto.report.LinePicture.Line;
import dev.sotto.report.LinePicture.Point;
import dev.sotto.trainer.ControlRecord;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;

/** Pictures of a run over its steps: public, chosen and released values only. */
final class RunPictures {
  /** Readings of an account, each of which may take a tenth of a second. */
  private static final int READINGS = 24;

  private static final String STEP = "step";

  private RunPictures() {}

  /**
   * A picture and what it shows.
   *
   * @param caption a sentence
   */
  record Captioned(LinePicture picture, String caption) {}

  /**
   * ε over the steps; empty where the noise followed the releases, and the budget is all there is.
   */
  static Optional<LinePicture> spent(Account.Proven account, long steps) {
    if (account.noise().filterOrder().isPresent() || steps == 0) {
      return Optional.empty();
    }
    List<Point> spent =
        LongStream.rangeClosed(0, READINGS)
            // Closer together at the start, where ε rises fastest.
            .map(
                i ->
                    i == 0
                        ? 0
                        : Math.max(1, Math.round((double) steps * i * i / READINGS / READINGS)))
            .distinct()
            .mapToObj(step -> new Point(step, account.epsilonAfter(step)))
            .toList();
    List<Point> promised =
        List.of(new Point(0, account.epsilon()), new Point(steps, account.epsilon()));
    return Optional.of(
        new LinePicture(
            "Privacy spent by step",
            STEP,
            "ε",
            List.of(new Line("spent", spent), new Line("promised", promised))));
  }

  /** What was measured, chosen and released on the way; empty where nothing was. */
  static List<Captioned> onTheWay(RunDirectory run) {
    List<Captioned> pictures = new ArrayList<>(ofValidation(run));
    if (Files.exists(run.trajectory())) {
      pictures.addAll(ofTrajectory(TrajectoryFile.read(run.trajectory())));
    }
    pictures.removeIf(shown -> shown.picture().svg().isEmpty());
    return pictures;
  }

  private static List<Captioned> ofValidation(RunDirectory run) {
    List<ValidationFile.Measured> measured = ValidationFile.read(run.validation());
    return measured.stream()
        .flatMap(m -> m.figures().keySet().stream())
        .distinct()
        .map(
            name ->
                new Captioned(
                    new LinePicture(
                        name + " by step",
                        STEP,
                        name,
                        List.of(
                            new Line(
                                "validation",
                                measured.stream()
                                    .map(m -> new Point(m.step(), figure(m, name)))
                                    .toList()))),
                    "On the public validation data: " + name + "."))
        .toList();
  }

  private static double figure(ValidationFile.Measured measured, String name) {
    Double figure = measured.figures().get(name);
    return figure == null ? Double.NaN : figure;
  }

  private static List<Captioned> ofTrajectory(List<ControlRecord> records) {
    List<Captioned> pictures = new ArrayList<>();
    pictures.add(
        new Captioned(
            new LinePicture(
                "Validation perplexity by step",
                STEP,
                "perplexity",
                List.of(
                    line(
                        "validation",
                        records,
                        r ->
                            r.validationPerplexity() == null
                                ? Double.NaN
                                : r.validationPerplexity()))),
            "Perplexity on the public validation data."));
    pictures.add(
        new Captioned(
            new LinePicture(
                "Clip norm and released gradient by step",
                STEP,
                "norm",
                List.of(
                    line("clip norm", records, r -> length(r.chosen().clipNorms())),
                    line("released", records, r -> length(r.norms().gradientNorms())))),
            "The clip norm over all adapters, and the length of the released mean gradient, noise"
                + " and all."));
    pictures.add(
        new Captioned(
            new LinePicture(
                "Clipped share by step",
                STEP,
                "share",
                List.of(
                    line(
                        "clipped",
                        records,
                        r ->
                            r.statistics().clipFractions() == null
                                ? Double.NaN
                                : DoubleStream.of(r.statistics().clipFractions())
                                    .average()
                                    .orElse(Double.NaN)))),
            "Released share of clipped units, mean over the adapters, under its own noise."));
    return pictures;
  }

  private static Line line(
      String name, List<ControlRecord> records, ToDoubleFunction<ControlRecord> value) {
    return new Line(
        name, records.stream().map(r -> new Point(r.step(), value.applyAsDouble(r))).toList());
  }

  private static double length(double[] norms) {
    return norms == null
        ? Double.NaN
        : Math.sqrt(DoubleStream.of(norms).map(norm -> norm * norm).sum());
  }
}
