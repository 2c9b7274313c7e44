package dev.sotto.noise;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a coordinate's noise is distributed as: normal, Laplace, or a mixture of Laplace laws. */
public sealed interface NoiseLaw {
  /** Standard normal, up to its scale. */
  NoiseLaw GAUSSIAN = new Gaussian();

  /** Laplace of scale 1. */
  NoiseLaw LAPLACE = new Laplace(LmoNoise.laplace(1));

  /** The kinds of law, the plainer ones first. */
  enum Kind {
    /** Normal noise. */
    GAUSSIAN(0),
    /** Plain Laplace noise. */
    LAPLACE(1),
    /** Laplace noise of random scale. */
    LMO(2);

    private final int code;

    Kind(int code) {
      this.code = code;
    }

    /**
     * The number that stands for the law where it leaves Java: {@code sotto_noise_law} of the
     * native library, and with it the key stream that is drawn from. Never reused, never changed.
     */
    public int code() {
      return code;
    }

    /** The word that stands for it in options, files and ledgers. Never reused, never changed. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Reads what {@link #word} says.
     *
     * @throws IllegalArgumentException if it is none of the words
     */
    public static Kind ofWord(String word) {
      return Arrays.stream(values())
          .filter(kind -> kind.word().equals(word))
          .findFirst()
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      "noise '"
                          + word
                          + "' is unknown; known are "
                          + Arrays.stream(values())
                              .map(Kind::word)
                              .collect(Collectors.joining(", "))));
    }
  }

  /** Which kind it is. */
  Kind kind();

  /** The law as a mixture of Laplace laws; empty for a normal law, which is none. */
  Optional<LmoNoise> mixture();

  /** A normal law. */
  record Gaussian() implements NoiseLaw {
    @Override
    public Kind kind() {
      return Kind.GAUSSIAN;
    }

    @Override
    public Optional<LmoNoise> mixture() {
      return Optional.empty();
    }
  }

  /**
   * A Laplace law.
   *
   * @param noise the mixture that it is
   */
  record Laplace(LmoNoise noise) implements NoiseLaw {
    /** Checks the mixture. */
    public Laplace {
      if (!noise.isLaplace()) {
        throw new IllegalArgumentException("the mixture given is no plain Laplace law");
      }
    }

    @Override
    public Kind kind() {
      return Kind.LAPLACE;
    }

    @Override
    public Optional<LmoNoise> mixture() {
      return Optional.of(noise);
    }
  }

  /**
   * A Laplace law of random scale; a constant one is a member.
   *
   * @param noise the mixture
   */
  record Lmo(LmoNoise noise) implements NoiseLaw {
    @Override
    public Kind kind() {
      return Kind.LMO;
    }

    @Override
    public Optional<LmoNoise> mixture() {
      return Optional.of(noise);
    }
  }
}
