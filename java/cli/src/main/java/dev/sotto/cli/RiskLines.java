package dev.sotto.cli;

import dev.sotto.accounting.MembershipRisk;
import dev.sotto.base.Figures;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a guarantee means to a person: the same lines and fields wherever an ε is stated. */
final class RiskLines {
  private static final long MOST_CANDIDATES = 1_000_000_000_000L;

  static final Setting<Long> CANDIDATES =
      Setting.whole(
              "candidates",
              "N",
              2,
              MOST_CANDIDATES,
              "how many an observer may pick from; default: %s")
          .or(MembershipRisk.DEFAULT_CANDIDATES);

  static final Section SECTION = Section.of("What it means to a person", CANDIDATES);

  private RiskLines() {}

  static void print(MembershipRisk risk, Console console, Map<String, Object> fields) {
    console.line("");
    console.line(
        "Whoever sees the release and knows all else, at most"
            + (risk.fromGuaranteeAlone() ? " (from epsilon and delta alone):" : ":"));
    console.line(
        "  advantage      "
            + Figures.bound(risk.advantage())
            + ": true minus false positives in telling whether one unit took part");
    console.line(
        "  true positives "
            + Figures.bound(risk.truePositivesAtOnePercent())
            + " at false positives of 0.01, "
            + Figures.bound(risk.truePositivesAtOnePerMille())
            + " at 0.001");
    console.line(
        "  picking        "
            + Figures.bound(risk.picking())
            + " to name the one of "
            + Figures.count(risk.candidates())
            + " candidates that took part; "
            + Figures.number(1.0 / risk.candidates())
            + " by guessing");
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("advantage", risk.advantage());
    values.put("true_positives_at_0.01", risk.truePositivesAtOnePercent());
    values.put("true_positives_at_0.001", risk.truePositivesAtOnePerMille());
    values.put("candidates", risk.candidates());
    values.put("picking", risk.picking());
    values.put("from_epsilon_and_delta_alone", risk.fromGuaranteeAlone());
    fields.put("membership", values);
  }
}
