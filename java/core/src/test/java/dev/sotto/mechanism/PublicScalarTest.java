package dev.sotto.mechanism;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class PublicScalarTest {
  @Test
  void saysWhyItIsPublic() {
    PublicScalar loss = PublicScalar.of(Double.NaN, PublicScalar.Source.PUBLIC_DATA);
    assertTrue(Double.isNaN(loss.value()));
    assertEquals(PublicScalar.Source.PUBLIC_DATA, loss.source());
    assertEquals("0.5 (PROGRESS)", PublicScalar.of(0.5, PublicScalar.Source.PROGRESS).toString());
    assertThrows(IllegalArgumentException.class, () -> PublicScalar.of(1, null));
  }
}
