package dev.sotto.accounting;

/** The outcomes without a large release, bounded by moments (see {@link SampledTransform}). */
final class SmallPart {
  private final GaussianParts parts;
  private final SampledTransform[] releases;

  SmallPart(GaussianParts parts, double threshold) {
    this.parts = parts;
    releases = new SampledTransform[parts.size()];
    for (int i = 0; i < releases.length; i++) {
      releases[i] =
          new SampledTransform(parts.multiplier(i), parts.probability(i), threshold, 1, 3);
    }
  }

  /** An upper bound on log E[exp(theta L)] over these outcomes. */
  double logAt(double theta) {
    double sum = 0.5 * parts.variance() * theta * (theta + 1);
    for (int i = 0; i < releases.length; i++) {
      sum += parts.count(i) * Math.log1p(releases[i].smallExcess(1 + theta));
    }
    return sum;
  }
}
