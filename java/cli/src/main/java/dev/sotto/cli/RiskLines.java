package dev.sotto.cli;

import dev.sotto.accounting.MembershipRisk;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;

/** What is asked about what a guarantee means to a person. */
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
}
