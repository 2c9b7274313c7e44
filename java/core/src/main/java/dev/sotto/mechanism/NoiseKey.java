package dev.sotto.mechanism;

import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The 256-bit key from which the noise of a run is drawn by ChaCha20, and with it the {@link
 * SamplingKey} of the run. Both are derived from one master key that is overwritten at once, so
 * neither tells anything of the other. Whoever knows the noise key can subtract the noise: it is as
 * secret as the data, lives in memory only, is never written, and is overwritten on close. A
 * resumed run draws a new one.
 */
public final class NoiseKey implements AutoCloseable {
  private static final int BYTES = 32;

  private final byte[] bytes;
  private final SamplingKey sampling;
  private final boolean seeded;
  private boolean closed;

  /** Splits the master key and overwrites it. */
  private NoiseKey(byte[] master, boolean seeded) {
    bytes = DerivedKey.derive(master, "sotto noise");
    sampling = new SamplingKey(DerivedKey.derive(master, "sotto sampling"));
    Arrays.fill(master, (byte) 0);
    this.seeded = seeded;
  }

  /** A fresh key from the operating system's entropy. */
  public static NoiseKey fromOperatingSystem() {
    byte[] master = new byte[BYTES];
    try {
      SecureRandom.getInstance("NativePRNGNonBlocking").nextBytes(master);
    } catch (NoSuchAlgorithmException e) {
      new SecureRandom().nextBytes(master);
    }
    return new NoiseKey(master, false);
  }

  /**
   * A key anyone can compute from {@code seed}, for tests. A run made with it protects nothing, and
   * its ledger says so.
   */
  public static NoiseKey seededForTests(long seed) {
    byte[] master = new byte[BYTES];
    new SplittableRandom(seed).nextBytes(master);
    return new NoiseKey(master, true);
  }

  /** Whether this key came from {@link #seededForTests}. */
  public boolean isSeeded() {
    return seeded;
  }

  /** What draws the units of the same run; closed with this key. */
  public SamplingKey sampling() {
    return sampling;
  }

  /**
   * The key itself, not a copy.
   *
   * @throws IllegalStateException if it was closed
   */
  byte[] bytes() {
    if (closed) {
      throw new IllegalStateException("the noise key was wiped");
    }
    return bytes;
  }

  /** Overwrites the noise key and the sampling key. */
  @Override
  public void close() {
    closed = true;
    Arrays.fill(bytes, (byte) 0);
    sampling.close();
  }
}
