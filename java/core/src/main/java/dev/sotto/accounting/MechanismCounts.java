package dev.sotto.accounting;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An event taken apart into its distinct sampled mechanisms and how often each is released. The
 * order does not matter to any accountant here.
 */
final class MechanismCounts {
  private final Map<SampledMechanism, Long> counts = new LinkedHashMap<>();

  private MechanismCounts() {}

  /**
   * Takes an event apart. Gaussian releases without sampling compose exactly into one Gaussian
   * release with 1/z^2 the sum of theirs (Dong, Roth and Su 2022, Corollary 3.3), and are merged.
   */
  static Map<SampledMechanism, Long> of(PrivacyEvent event) {
    MechanismCounts parts = new MechanismCounts();
    parts.collect(event, 1);
    return parts.merged();
  }

  private void collect(PrivacyEvent event, long times) {
    if (event instanceof RepeatedEvent repeated) {
      long total = Math.multiplyExact(times, repeated.count());
      collect(repeated.event(), Checks.count(total, "number of repetitions"));
    } else if (event instanceof ComposedEvent composed) {
      for (PrivacyEvent part : composed.events()) {
        collect(part, times);
      }
    } else if (event instanceof PoissonSampledEvent sampled) {
      add(new SampledMechanism(base(sampled.event()), sampled.samplingProbability()), times);
    } else {
      add(new SampledMechanism(base(event), 1), times);
    }
  }

  private void add(SampledMechanism mechanism, long times) {
    long total = counts.merge(mechanism, times, Math::addExact);
    Checks.count(total, "number of repetitions");
  }

  private static BaseMechanism base(PrivacyEvent event) {
    if (event instanceof GaussianEvent gaussian) {
      return new GaussianBase(multiplier(gaussian));
    }
    if (event instanceof LaplaceEvent laplace) {
      return new LaplaceBase(laplace.scale() / laplace.sensitivity());
    }
    if (event instanceof LmoEvent lmo) {
      return base(lmo);
    }
    throw new UnsupportedOperationException(
        "no privacy account is proven for a Poisson sample of "
            + event.getClass().getSimpleName()
            + "; sample single Gaussian, Laplace or LMO events instead");
  }

  /**
   * The multiplier of several groups is a sum of squares, whose last bits depend on how it was
   * shared. Steps that share one multiplier in different ways must count as one mechanism, so it is
   * rounded down to 40 significant bits, which is sound: less noise costs more. The margin taken
   * off first keeps multipliers that are short numbers, such as 1 or 1.5, from falling on either
   * side of a boundary. An account stated from below is that of the rounded multiplier, at most
   * 2^-39 smaller.
   */
  private static double multiplier(GaussianEvent event) {
    double joint = event.noiseMultiplier();
    if (event.groups().size() == 1) {
      return joint;
    }
    long bits = Double.doubleToLongBits(joint * (1 - 0x1p-44));
    return Double.longBitsToDouble(bits & -(1L << 13));
  }

  private static BaseMechanism base(LmoEvent event) {
    LmoEvent.Group first = event.groups().get(0);
    if (event.groups().size() > 1 || first.dimension() > 1) {
      return new VectorLmoBase(event);
    }
    return event.law().isLaplace()
        ? new LaplaceBase(1 / (event.law().meanInverseScale() * first.shift()))
        : new ScalarLmoBase(event.law(), first.shift());
  }

  private Map<SampledMechanism, Long> merged() {
    Map<SampledMechanism, Long> result = new LinkedHashMap<>();
    double inverse = 0;
    for (Map.Entry<SampledMechanism, Long> entry : counts.entrySet()) {
      SampledMechanism mechanism = entry.getKey();
      if (mechanism.probability() == 1 && mechanism.base() instanceof GaussianBase gaussian) {
        inverse = Math.hypot(inverse, Math.sqrt(entry.getValue()) / gaussian.multiplier());
      } else {
        result.put(mechanism, entry.getValue());
      }
    }
    if (inverse > 0) {
      result.put(new SampledMechanism(new GaussianBase(1 / inverse), 1), 1L);
    }
    return result;
  }
}
