package dev.sotto.data.synthetic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.data.TextRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CanariesTest {
  @TempDir Path dir;

  @Test
  void everyCanaryHasItsOwnNameAndCoin() {
    List<Canary> canaries = Canaries.generate(4000, new SecretSpace(6), 3);
    assertEquals(4000, canaries.stream().map(Canary::prefix).distinct().count());
    assertEquals(4000, canaries.stream().map(Canary::id).distinct().count());
    long planted = canaries.stream().filter(Canary::planted).count();
    // A fair coin leaves 2000 +- 160 (5 standard deviations) once in two million seeds.
    assertTrue(Math.abs(planted - 2000) < 160, "planted: " + planted);
    for (Canary canary : canaries) {
      assertTrue(
          canary
              .text()
              .matches("Patient access code for \\w+ [A-Z]\\. \\w+ is \\d \\d \\d \\d \\d \\d\\."),
          canary.text());
    }
    assertEquals(canaries, Canaries.generate(4000, new SecretSpace(6), 3));
    assertNotEquals(canaries, Canaries.generate(4000, new SecretSpace(6), 4));
    assertThrows(
        InputException.class, () -> Canaries.generate(Canaries.MOST + 1, new SecretSpace(6), 3));
  }

  @Test
  void repeatsShareOnePrivacyUnit() {
    List<Canary> canaries = Canaries.generate(40, new SecretSpace(4), 3);
    List<TextRecord> records = Canaries.records(canaries, 3);
    long planted = canaries.stream().filter(Canary::planted).count();
    assertEquals(3 * planted, records.size());
    assertEquals(planted, records.stream().map(TextRecord::unit).distinct().count());
    for (Canary canary : canaries) {
      assertEquals(
          canary.planted() ? 3 : 0,
          records.stream().filter(record -> record.text().equals(canary.text())).count());
    }
  }

  @Test
  void secretsFillTheirSpace() {
    SecretSpace space = new SecretSpace(2);
    Random random = new Random(5);
    HashSet<String> seen = new HashSet<>();
    for (int i = 0; i < 2000; i++) {
      seen.add(space.draw(random));
    }
    // A given one of the 100 is missed with probability 0.99^2000 < 2e-9.
    assertEquals(space.size(), seen.size());
    seen.remove("0 7");
    assertEquals(seen, new HashSet<>(space.others("0 7", 99, random)));
    List<String> some = space.others("0 7", 30, random);
    assertEquals(30, new HashSet<>(some).size());
    assertFalse(some.contains("0 7"));
    assertEquals(space, SecretSpace.parse(space.toString()));
    assertEquals(1_000_000_000_000L, new SecretSpace(12).size());
    assertThrows(InputException.class, () -> new SecretSpace(0));
    assertThrows(InputException.class, () -> new SecretSpace(13));
  }

  @Test
  void filesAreReadBackAndBadOnesRefused() throws IOException {
    List<Canary> canaries = Canaries.generate(20, new SecretSpace(6), 1);
    Path file = dir.resolve("canaries.jsonl");
    Canaries.write(file, canaries);
    assertEquals(canaries, Canaries.read(file));
    refused(dir.resolve("none.jsonl"), null, "no such file");
    refused(file, "{", "line 1", "JSON");
    refused(file, "{\"id\": \"a\"}", "line 1", "'prefix'");
    String good = Files.readAllLines(write(file, canaries)).get(0);
    refused(file, good, "planted canaries of 1");
    refused(file, good + "\n" + good, "line 2", "twice");
    refused(file, good.replace("6 digits", "6 letters"), "line 1", "'space'");
    refused(file, good.replace("6 digits", "5 digits"), "line 1", "not of its space");
    refused(file, good.replaceAll("true|false", "1"), "line 1", "'planted'");
  }

  private static Path write(Path file, List<Canary> canaries) {
    Canaries.write(file, canaries);
    return file;
  }

  private static void refused(Path file, String content, String... words) throws IOException {
    if (content != null) {
      Files.writeString(file, content);
    }
    String message = assertThrows(InputException.class, () -> Canaries.read(file)).getMessage();
    for (String word : words) {
      assertTrue(message.contains(word), word + " in " + message);
    }
  }
}
