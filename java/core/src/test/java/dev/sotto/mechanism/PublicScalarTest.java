package dev.sotto.mechanism;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.clip.Clipping;
import org.junit.jupiter.api.Test;

class PublicScalarTest {
  @Test
  void saysWhyItIsPublic() {
    PublicScalar loss = PublicScalar.ofPublicData(Double.NaN);
    assertTrue(Double.isNaN(loss.value()));
    assertEquals(PublicScalar.Source.PUBLIC_DATA, loss.source());
    assertEquals("0.5 (PROGRESS)", PublicScalar.progress(1, 2).toString());
    assertEquals("0.25 (BUDGET)", PublicScalar.budgetLeft(3, 4).toString());
    assertEquals("[2.0 (THRESHOLD)]", PublicScalar.thresholds(Clipping.flat(2)).toString());
  }
}
