package dev.sotto.mechanism;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How a run's randomness is split, and that nothing is left of it. */
class NoiseKeyTest {
  /** RFC 4231, test cases 1 and 2, are HMAC-SHA-256 with shorter keys; the same code serves 32. */
  @Test
  void derivationIsHmacSha256() {
    byte[] key = new byte[20];
    Arrays.fill(key, (byte) 0x0b);
    assertEquals(
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        HexFormat.of().formatHex(DerivedKey.derive(key, "Hi There")));
    assertEquals(
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        HexFormat.of()
            .formatHex(DerivedKey.derive("Jefe".getBytes(), "what do ya want for nothing?")));
  }

  @Test
  void noiseAndSamplingAndStepsHaveKeysOfTheirOwn() {
    try (NoiseKey key = NoiseKey.seededForTests(3);
        NoiseKey same = NoiseKey.seededForTests(3);
        NoiseKey other = NoiseKey.seededForTests(4)) {
      assertArrayEquals(key.bytes(), same.bytes());
      assertArrayEquals(key.sampling().ofStep(9), same.sampling().ofStep(9));
      Set<String> keys = new HashSet<>();
      for (NoiseKey each : new NoiseKey[] {key, other}) {
        assertTrue(keys.add(HexFormat.of().formatHex(each.bytes())));
        for (long step : new long[] {0, 1, 2, 1L << 40}) {
          assertTrue(keys.add(HexFormat.of().formatHex(each.sampling().ofStep(step))));
        }
      }
    }
  }

  @Test
  void operatingSystemKeysDiffer() {
    try (NoiseKey one = NoiseKey.fromOperatingSystem();
        NoiseKey other = NoiseKey.fromOperatingSystem()) {
      assertFalse(Arrays.equals(one.bytes(), other.bytes()));
      assertFalse(one.isSeeded());
    }
    assertTrue(NoiseKey.seededForTests(1).isSeeded());
  }

  @Test
  void closingOverwritesTheKeys() {
    NoiseKey key = NoiseKey.seededForTests(5);
    PoissonSampler sampler = new PoissonSampler(key.sampling(), 0.5, 10);
    byte[] bytes = key.bytes();
    assertFalse(Arrays.equals(new byte[32], bytes));
    key.close();
    assertArrayEquals(new byte[32], bytes);
    assertThrows(IllegalStateException.class, key::bytes);
    assertThrows(IllegalStateException.class, () -> sampler.sample(1), "never drawn from zeros");
  }

  @Test
  void copiesThatACipherAskedForAreOverwritten() {
    byte[] copy;
    try (DerivedKey.Lent lent = new DerivedKey.Lent("ChaCha20", new byte[] {1, 2, 3})) {
      copy = lent.getEncoded();
      assertArrayEquals(new byte[] {1, 2, 3}, copy);
    }
    assertArrayEquals(new byte[3], copy);
  }
}
