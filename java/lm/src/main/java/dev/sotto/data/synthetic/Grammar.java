package dev.sotto.data.synthetic;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Fills templates: {@code {slot}} becomes a bound value, or else a random choice of the bank of
 * that name, itself a template. An article before a vowel becomes {@code an}.
 *
 * <p>{@link Random} is specified to the bit, so one seed gives one text on every platform.
 */
final class Grammar {
  private static final Pattern SLOT = Pattern.compile("\\{(\\w+)}");
  private static final Pattern ARTICLE = Pattern.compile("\\b([Aa]) (?=[aeiouAEIOU])");

  private final Map<String, List<String>> banks;
  private final Random random;

  Grammar(Map<String, List<String>> banks, Random random) {
    this.banks = banks;
    this.random = random;
  }

  /** Reads a resource of lines {@code slot: choice | choice}. */
  static Map<String, List<String>> banks(String resource) {
    Map<String, List<String>> banks = new HashMap<>();
    for (String line : lines(resource)) {
      int colon = line.indexOf(": ");
      banks.put(line.substring(0, colon), List.of(line.substring(colon + 2).split(" *\\| *")));
    }
    return banks;
  }

  /**
   * Lines of a resource beside this class. A line that begins with a blank goes on with the one
   * before; lines that begin with {@code #} are comments.
   */
  static List<String> lines(String resource) {
    try (InputStream in = Grammar.class.getResourceAsStream(resource)) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return text.replaceAll("\n +", " ").lines().filter(line -> !line.startsWith("#")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException("resource " + resource, e);
    }
  }

  Random random() {
    return random;
  }

  <T> T pick(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  /** Fills one template; the values in {@code bound} come before the banks. */
  String fill(String template, Map<String, String> bound) {
    return ARTICLE.matcher(expand(template, bound)).replaceAll("$1n ");
  }

  private String expand(String template, Map<String, String> bound) {
    Matcher matcher = SLOT.matcher(template);
    StringBuilder text = new StringBuilder();
    while (matcher.find()) {
      String slot = matcher.group(1);
      String value = bound.get(slot);
      if (value == null) {
        List<String> bank = banks.get(slot);
        if (bank == null) {
          throw new IllegalArgumentException("the grammar has no bank '" + slot + "'");
        }
        value = expand(pick(bank), bound);
      }
      matcher.appendReplacement(text, Matcher.quoteReplacement(value));
    }
    return matcher.appendTail(text).toString();
  }

  /** A sentence's first letter in upper case. */
  static String capitalised(String sentence) {
    return Character.toUpperCase(sentence.charAt(0)) + sentence.substring(1);
  }
}
