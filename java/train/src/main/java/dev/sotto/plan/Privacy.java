package dev.sotto.plan;

import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.base.InputException;
import dev.sotto.clip.Clipping;
import dev.sotto.noise.NoiseLaw;
import dev.sotto.noisefile.NoiseFile;
import dev.sotto.settings.Kept;
import dev.sotto.settings.Range;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.nio.file.Path;
import java.util.List;

/**
 * The guarantee wanted, and the mechanism that gives it.
 *
 * <pre>{@code
 * Privacy.epsilon(4).with(Privacy.DELTA, 1e-6)
 * }</pre>
 */
public final class Privacy {
  /** Names of the accountants that can be asked for. */
  public static final List<String> ACCOUNTANTS = List.of("pld", "rdp");

  /** What is clipped together. */
  public enum ClippingKind {
    /** All LoRA pairs. */
    FLAT,
    /** Each pair by itself. */
    PER_ADAPTER
  }

  /** Target ε. */
  public static final Setting<Double> EPSILON =
      Setting.number("epsilon", "E", Range.EPSILON, "target epsilon, at most 100; default: %s")
          .or(8.0)
          .kept(Kept.BY_THE_ACCOUNT);

  /** Target δ. */
  public static final Setting<Double> DELTA =
      Setting.number(
              "delta", "D", Range.DELTA, "target delta; default: the smaller of 1e-5 and 1/(10N)")
          .kept(Kept.BY_THE_ACCOUNT);

  /** Who computes ε. */
  public static final Setting<String> ACCOUNTANT =
      Setting.word("accountant", "NAME", ACCOUNTANTS, "pld (default, tight) or rdp")
          .or("pld")
          .kept(Kept.BY_THE_ACCOUNT);

  /** C, the L2 bound on a unit's whole gradient. */
  public static final Setting<Double> CLIP_NORM =
      Setting.number(
              "clip-norm", "C", Range.CLIP_NORM, "L2 bound on a unit's gradient; default: %s")
          .or(1.0)
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** What is clipped together. */
  public static final Setting<ClippingKind> CLIPPING =
      Setting.choice("clipping", "KIND", ClippingKind.class, "%s: each LoRA pair by itself")
          .or(ClippingKind.FLAT)
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** How noise is shared among pairs. */
  public static final Setting<NoiseAllocation> NOISE_ALLOCATION =
      Setting.choice("noise-allocation", "KIND", NoiseAllocation.class, "among pairs: %s")
          .or(NoiseAllocation.UNIFORM)
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** Which noise. */
  public static final Setting<NoiseLaw.Kind> MECHANISM =
      Setting.choice("mechanism", "NAME", NoiseLaw.Kind.class, "noise: %s")
          .or(NoiseLaw.Kind.GAUSSIAN)
          .kept(Kept.BY_THE_ACCOUNT);

  /** Law of LMO noise. */
  public static final Setting<Path> NOISE =
      Setting.path("noise", "FILE", "law of lmo noise, as 'sotto search-noise' writes it");

  /** Which account chooses the size of LMO noise. */
  public static final Setting<String> ACCOUNTING =
      Setting.word(
              "accounting",
              "KIND",
              List.of("exact", "paper"),
              "of lmo noise: exact (default), or paper: NO GUARANTEE")
          .or("exact")
          .kept(Kept.BY_THE_ACCOUNT);

  /** Budget of the data set. */
  public static final Setting<Path> BUDGET_BOOK =
      Setting.path(
              "budget-book", "FILE", "budget of the data set to charge: see 'sotto budget create'")
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** Without any of these. */
  public static final Setting<Boolean> NO_PRIVACY =
      Setting.flag("no-privacy", "train without any protection, for public data and comparison")
          .kept(Kept.BY_THE_ACCOUNT)
          .insteadOf(
              EPSILON,
              DELTA,
              ACCOUNTANT,
              CLIP_NORM,
              CLIPPING,
              NOISE_ALLOCATION,
              MECHANISM,
              NOISE,
              ACCOUNTING,
              BUDGET_BOOK);

  /** All of them. */
  public static final Section SECTION =
      Section.of(
          "Privacy",
          EPSILON,
          DELTA,
          ACCOUNTANT,
          BUDGET_BOOK,
          CLIPPING,
          CLIP_NORM,
          NOISE_ALLOCATION,
          MECHANISM,
          NOISE,
          ACCOUNTING,
          NO_PRIVACY);

  private final Values values;
  private final NoiseChoice noise;

  private Privacy(Values values, NoiseChoice noise) {
    this.values = values;
    this.noise = noise;
  }

  /**
   * Reads the settings, and the noise file that they name.
   *
   * @throws InputException if settings exclude each other, or the file is wrong
   */
  public static Privacy of(Values values) {
    return new Privacy(values, noise(values));
  }

  /** All defaults at a target ε from 1e-6 to 100. */
  public static Privacy epsilon(double epsilon) {
    return of(Values.NONE.with(EPSILON, epsilon));
  }

  /** The same with another value of a setting. */
  public <T> Privacy with(Setting<T> setting, T value) {
    return of(values.with(setting, value));
  }

  /** The same with other noise, of which no setting tells. */
  public Privacy withNoise(NoiseChoice choice) {
    return new Privacy(values, choice);
  }

  private static NoiseChoice noise(Values values) {
    NoiseLaw.Kind mechanism = values.get(MECHANISM);
    boolean paper = values.get(ACCOUNTING).equals("paper");
    for (Setting<?> setting : paper ? List.of(NOISE, ACCOUNTING) : List.of(NOISE)) {
      if (mechanism != NoiseLaw.Kind.LMO && values.has(setting)) {
        throw new InputException(
            values.shown(setting) + " is for --mechanism lmo; leave it out, or choose lmo");
      }
    }
    if (paper) {
      // There is no choice of account left, nor an account.
      values.refuseTogether(ACCOUNTING, ACCOUNTANT);
    }
    return switch (mechanism) {
      case GAUSSIAN -> NoiseChoice.gaussian();
      case LAPLACE -> NoiseChoice.laplace();
      case LMO -> new NoiseChoice(new NoiseLaw.Lmo(NoiseFile.read(values.get(NOISE))), paper);
    };
  }

  Values values() {
    return values;
  }

  /** Target ε, from 1e-6 to 100. */
  public double epsilon() {
    return values.get(EPSILON);
  }

  /** Target δ; 0 for the default, which {@link #deltaFor} gives. */
  public double delta() {
    return values.find(DELTA).orElse(0.0);
  }

  /** {@code pld} or {@code rdp}. */
  public String accountant() {
    return values.get(ACCOUNTANT);
  }

  /** Whether each LoRA pair is clipped by itself rather than all together. */
  public boolean perAdapter() {
    return values.get(CLIPPING) == ClippingKind.PER_ADAPTER;
  }

  /** C, the L2 bound on a unit's whole gradient. */
  public double clipNorm() {
    return values.get(CLIP_NORM);
  }

  /** How noise is shared among pairs when {@link #perAdapter}. */
  public NoiseAllocation allocation() {
    return values.get(NOISE_ALLOCATION);
  }

  /** Which noise is added. */
  public NoiseChoice noise() {
    return noise;
  }

  /** What is clipped together, for {@code pairs} LoRA pairs. */
  Clipping clipping(int pairs) {
    return perAdapter() ? Clipping.perPair(clipNorm(), pairs) : Clipping.flat(clipNorm());
  }

  /**
   * δ for {@code units} privacy units.
   *
   * @throws InputException if the δ asked for is not below 1/N
   */
  public double deltaFor(long units) {
    return values
        .find(DELTA)
        .map(delta -> TargetDelta.require(delta, units))
        .orElse(Math.min(1e-5, 0.1 / units));
  }
}
