package dev.sotto.plan;

import dev.sotto.accounting.MembershipRisk;
import dev.sotto.report.Fact;
import dev.sotto.report.Report;

/** What a guarantee means to a person: the same rows and fields wherever an ε is stated. */
public final class RiskRows {
  private RiskRows() {}

  /** Adds a section of them, and gives it back. */
  public static Report add(Report report, MembershipRisk risk) {
    Report person =
        report.section(
            "membership",
            "Whoever sees the release and knows all else, at most"
                + (risk.fromGuaranteeAlone() ? " (from epsilon and delta alone):" : ":"));
    person.row(
        "advantage",
        "{}: true minus false positives in telling whether one unit took part",
        Fact.atMost("advantage", risk.advantage()));
    person.row(
        "true positives",
        "{} at false positives of 0.01, {} at 0.001",
        Fact.atMost("true_positives_at_0.01", risk.truePositivesAtOnePercent()),
        Fact.atMost("true_positives_at_0.001", risk.truePositivesAtOnePerMille()));
    person.row(
        "picking",
        "{} to name the one of {} candidates that took part; {} by guessing",
        Fact.atMost("picking", risk.picking()),
        Fact.count("candidates", risk.candidates()),
        Fact.number(null, 1.0 / risk.candidates()));
    person.data(Fact.of("from_epsilon_and_delta_alone", risk.fromGuaranteeAlone()));
    return person;
  }
}
