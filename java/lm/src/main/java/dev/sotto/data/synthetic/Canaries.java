package dev.sotto.data.synthetic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.AtomicFile;
import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import dev.sotto.data.TextRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Canaries (Carlini et al. 2019, "The Secret Sharer"): made, planted, written and read.
 *
 * <p>Each candidate is planted or kept back by a fair coin of its own, as the audit from one run
 * asks for (Steinke, Nasr and Jagielski 2023); so about half of them are planted, and no number is
 * fixed.
 */
public final class Canaries {
  private static final List<String> SURNAMES =
      List.of(
          "Abel",
          "Baker",
          "Castle",
          "Dalton",
          "Ember",
          "Fisher",
          "Garland",
          "Harper",
          "Irving",
          "Jensen",
          "Keller",
          "Lambert",
          "Mercer",
          "Norton",
          "Osborne",
          "Palmer",
          "Quincy",
          "Ramsey",
          "Sutton",
          "Turner",
          "Underhill",
          "Vaughn",
          "Walker",
          "Young",
          "Archer",
          "Bishop",
          "Cooper",
          "Draper",
          "Elliot",
          "Foster",
          "Gardner",
          "Hunter");

  private static final List<String> FIRST_NAMES = firstNames();

  /** Names are different, so that no prefix has two secrets. */
  static final int MOST = FIRST_NAMES.size() * 26 * SURNAMES.size();

  private Canaries() {}

  private static List<String> firstNames() {
    List<String> names = new ArrayList<>(EverydayWords.WOMEN);
    names.addAll(EverydayWords.MEN);
    return List.copyOf(names);
  }

  /**
   * Makes candidates, each planted by a fair coin.
   *
   * @param candidates how many
   * @param space what the secrets are drawn from
   * @param seed of names, secrets and coins
   * @return the candidates; about half of them are to be planted
   * @throws InputException if there are not that many names
   */
  public static List<Canary> generate(int candidates, SecretSpace space, long seed) {
    if (candidates < 1 || candidates > MOST) {
      throw new InputException(
          candidates + " canary candidates are not from 1 to " + MOST + "; ask for fewer");
    }
    Grammar grammar = new Grammar(Map.of(), new Random(seed));
    Random random = grammar.random();
    Set<String> names = new HashSet<>();
    List<Canary> canaries = new ArrayList<>();
    while (canaries.size() < candidates) {
      char initial = (char) ('A' + random.nextInt(26));
      String name = grammar.pick(FIRST_NAMES) + " " + initial + ". " + grammar.pick(SURNAMES);
      if (names.add(name)) {
        String id = String.format(Locale.ROOT, "canary-%05d", canaries.size() + 1);
        String prefix = "Patient access code for " + name + " is";
        canaries.add(new Canary(id, prefix, space.draw(random), random.nextBoolean(), space));
      }
    }
    return canaries;
  }

  /**
   * The records of the planted ones.
   *
   * @param canaries planted and not planted
   * @param repeats records of each, at least 1; they share the canary's privacy unit
   * @return the records to be mixed with the others
   */
  public static List<TextRecord> records(List<Canary> canaries, int repeats) {
    List<TextRecord> records = new ArrayList<>();
    for (Canary canary : canaries) {
      for (int i = 0; canary.planted() && i < repeats; i++) {
        records.add(new TextRecord(null, canary.text(), canary.id()));
      }
    }
    return records;
  }

  /**
   * Writes a canary file: one JSON object a line with id, prefix, secret, planted and space.
   *
   * @param file the file, replaced if it exists
   * @param canaries planted and not planted
   * @throws InputException if it cannot be written
   */
  public static void write(Path file, List<Canary> canaries) {
    StringBuilder lines = new StringBuilder();
    for (Canary canary : canaries) {
      ObjectNode node = Json.object();
      node.put("id", canary.id());
      node.put("prefix", canary.prefix());
      node.put("secret", canary.secret());
      node.put("planted", canary.planted());
      node.put("space", canary.space().toString());
      lines.append(node).append('\n');
    }
    AtomicFile.write(file, lines.toString().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Reads a canary file.
   *
   * @param file what {@link #write} wrote
   * @return the canaries, at least one planted and one not
   * @throws InputException if it is missing, malformed or holds only one kind
   */
  public static List<Canary> read(Path file) {
    List<Canary> canaries = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    int number = 0;
    for (String line : lines(file)) {
      String place = file + ": line " + ++number;
      if (!line.isBlank()) {
        Canary canary = canary(line, place);
        if (!ids.add(canary.id())) {
          throw new InputException(place + ": has an id that is there twice; make the file again");
        }
        canaries.add(canary);
      }
    }
    long planted = canaries.stream().filter(Canary::planted).count();
    if (planted == 0 || planted == canaries.size()) {
      throw new InputException(
          file
              + ": holds "
              + planted
              + " planted canaries of "
              + canaries.size()
              + "; an audit needs planted ones and others");
    }
    return canaries;
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (NoSuchFileException e) {
      throw new InputException(file + ": no such file; check the path", e);
    } catch (IOException e) {
      throw FileFailure.cannotBeRead(file, e);
    }
  }

  private static Canary canary(String line, String place) {
    JsonNode node;
    try {
      node = Json.MAPPER.readTree(line);
    } catch (JsonProcessingException e) {
      // Without its cause, which quotes the line of what may be a private file.
      throw new InputException(place + ": is not valid JSON; name a canary file");
    }
    for (String field : List.of("id", "prefix", "secret", "space")) {
      if (!node.path(field).isTextual() || node.path(field).textValue().isBlank()) {
        throw new InputException(place + ": has no text '" + field + "'; name a canary file");
      }
    }
    if (!node.path("planted").isBoolean()) {
      throw new InputException(place + ": has no truth value 'planted'; name a canary file");
    }
    SecretSpace space;
    try {
      space = SecretSpace.parse(node.path("space").textValue());
    } catch (InputException e) {
      throw new InputException(
          place + ": 'space' names no space of secrets, such as '6 digits'; name a canary file");
    }
    String secret = node.path("secret").textValue();
    if (!space.holds(secret)) {
      throw new InputException(place + ": the secret is not of its space; make the file again");
    }
    return new Canary(
        node.path("id").textValue(),
        node.path("prefix").textValue(),
        secret,
        node.path("planted").booleanValue(),
        space);
  }
}
