package dev.sotto.accounting;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URL;
import java.net.URLClassLoader;
import org.apache.commons.math3.util.FastMath;
import org.junit.jupiter.api.Test;

/** What a program needs that wants accounting only. */
class LibraryFaceTest {

  @Test
  void tenLinesCalibrateAndAccount() {
    Accountant accountant = Accountant.pld();
    double q = 0.01;
    long steps = 1000;
    double z = Calibration.noiseMultiplier(accountant, 1.0, 1e-5, q, steps);
    PrivacyEvent step = new PoissonSampledEvent(q, GaussianEvent.ofMultiplier(z));
    EpsilonBound spent = accountant.epsilon(step.repeated(steps), 1e-5);
    assertTrue(spent.upper() <= 1.0 && spent.lower() > 0.99);
    assertEquals(1.4146, z, 1e-3);
  }

  /** Runs with nothing on the class path but this module's classes and commons-math. */
  @Test
  void noNativeCodeIsNeeded() throws Exception {
    URL[] path = {
      Accountant.class.getProtectionDomain().getCodeSource().getLocation(),
      FastMath.class.getProtectionDomain().getCodeSource().getLocation()
    };
    try (URLClassLoader alone = new URLClassLoader(path, ClassLoader.getPlatformClassLoader())) {
      assertThrows(
          ClassNotFoundException.class, () -> alone.loadClass("org.bytedeco.javacpp.Loader"));
      Class<?> accountant = alone.loadClass("dev.sotto.accounting.Accountant");
      Object pld = accountant.getMethod("pld").invoke(null);
      Object z =
          alone
              .loadClass("dev.sotto.accounting.Calibration")
              .getMethod(
                  "noiseMultiplier",
                  accountant,
                  double.class,
                  double.class,
                  double.class,
                  long.class)
              .invoke(null, pld, 1.0, 1e-5, 0.01, 1000L);
      assertEquals(1.4146, (double) z, 1e-3);
    }
  }
}
