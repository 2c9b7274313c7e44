package dev.sotto.mechanism;

import static dev.sotto.mechanism.NoiseMechanismTest.LAW;
import static dev.sotto.mechanism.NoiseMechanismTest.empty;
import static dev.sotto.mechanism.NoiseMechanismTest.gaussian;
import static dev.sotto.mechanism.NoiseMechanismTest.lmo;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.accounting.GaussianEvent;
import dev.sotto.accounting.PrivacyEvent;
import dev.sotto.clip.ClippedGradSum;
import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.DeviceBuffer;
import dev.sotto.compute.WeightUpdate;
import dev.sotto.noise.LmoNoise;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A release that goes straight into the weights is the release followed by the step. */
class NoiseMechanismUpdateTest {
  @Test
  void releasingIntoAnUpdateIsReleasingAndStepping() {
    for (String name : List.of("cpu", "cpu-reference")) {
      try (Backend backend = Backends.open(name, 2);
          ClippedGradSum sum = empty(backend);
          NoiseMechanism mechanism = new NoiseMechanism(NoiseKey.seededForTests(21));
          StepVectors apart = new StepVectors(backend, sum.parameters());
          StepVectors fused = new StepVectors(backend, sum.parameters())) {
        List<PrivacyEvent> events =
            List.of(
                GaussianEvent.ofGroups(sum.sensitivities(), new double[] {2, 5}),
                lmo(sum, LmoNoise.laplace(0.5), 4, 10),
                lmo(sum, LAW, 2, 5));
        for (int draw = 1; draw <= events.size(); draw++) {
          PrivacyEvent event = events.get(draw - 1);
          DeviceBuffer gradient =
              mechanism.release(sum, event, draw, 0.125, apart.released).value();
          for (StepVectors vectors : List.of(apart, fused)) {
            for (WeightUpdate update : List.of(vectors.sgd(), vectors.adamw(draw))) {
              if (vectors == apart) {
                backend.privatePath().step(update, gradient);
              } else {
                mechanism.releaseInto(sum, event, draw, 0.125, update);
              }
            }
          }
          assertArrayEquals(apart.values(), fused.values(), event.toString());
        }
        assertFalse(Arrays.equals(new float[(int) sum.parameters()], fused.values()[0]));
      }
    }
  }

  @Test
  void refusesAnUpdateThatIsNotOfTheSum() {
    try (Backend backend = Backends.open("cpu", 1);
        ClippedGradSum sum = empty(backend);
        NoiseMechanism mechanism = new NoiseMechanism(NoiseKey.seededForTests(21));
        StepVectors longer = new StepVectors(backend, sum.parameters() + 1)) {
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> mechanism.releaseInto(sum, gaussian(sum, 1), 1, 1, longer.sgd()))
              .getMessage();
      assertTrue(message.contains(Long.toString(sum.parameters() + 1)), message);
      assertArrayEquals(new float[(int) sum.parameters() + 1], longer.values()[0]);
    }
  }
}
