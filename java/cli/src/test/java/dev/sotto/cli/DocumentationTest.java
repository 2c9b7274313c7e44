package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.plan.DataOptions;
import dev.sotto.plan.Privacy;
import dev.sotto.plan.TrainingOptions;
import dev.sotto.settings.Values;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.cli.ParseException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the pages tell a reader to type is accepted, and what they point to is there. */
class DocumentationTest {
  private static final Path ROOT =
      Path.of(System.getProperty("sotto.root")).toAbsolutePath().normalize();

  /**
   * A call in a block of code: after a prompt, a loop's {@code do}, or at the start of the line.
   */
  private static final Pattern CALL =
      Pattern.compile("(?:^|\\$ |do |\\( ?)(?:\\./)?sotto ([a-z][^|;>#]*)");

  private static final Pattern INLINE_CALL = Pattern.compile("`(?:\\./)?sotto ([a-z][^`|;>]*)`");
  private static final Pattern WORD = Pattern.compile("'([^']*)'|\"([^\"]*)\"|(\\S+)");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
  private static final Pattern HEADING = Pattern.compile("(?m)^#+ +(.+)$");

  private static List<Path> pages() throws IOException {
    try (Stream<Path> all = Files.walk(ROOT)) {
      return all.filter(path -> path.toString().endsWith(".md"))
          .filter(
              path -> {
                String inside = ROOT.relativize(path).toString();
                return !inside.contains("target/") && !inside.startsWith(".");
              })
          .sorted()
          .toList();
    }
  }

  /** Calls of the command, with the page and the line. */
  private static List<String> calls(String text) {
    List<String> calls = new ArrayList<>();
    boolean fenced = false;
    // Long lines joined, and what the shell would put in left out.
    String joined =
        text.replaceAll(" *\\\\\\R\\s*", " ")
            .replaceAll("\\$\\(\\([^)]*\\)\\)", "")
            .replaceAll("\\$\\([^)]*\\)", "");
    for (String line : joined.split("\\R")) {
      if (line.startsWith("```")) {
        fenced = !fenced;
      } else if (fenced || line.startsWith("    ")) {
        CALL.matcher(line.strip()).results().forEach(call -> calls.add(call.group(1).strip()));
      }
    }
    // A line break inside a sentence's code is a blank.
    INLINE_CALL
        .matcher(joined.replaceAll("\\R(?=\\S)", " "))
        .results()
        .map(call -> call.group(1))
        .filter(call -> call.contains(" --"))
        // In a sentence an option may stand without its value.
        .map(call -> call.replaceAll("(--[a-z-]+)(?=$| --)", "$1 ?"))
        .forEach(calls::add);
    return calls;
  }

  private static String[] words(String call) {
    List<String> words = new ArrayList<>();
    Matcher matcher = WORD.matcher(call);
    while (matcher.find()) {
      MatchResult word = matcher.toMatchResult();
      for (int group = 1; group <= 3; group++) {
        if (word.group(group) != null && !word.group(group).equals("...")) {
          words.add(word.group(group));
        }
      }
    }
    return words.toArray(String[]::new);
  }

  /** What is wrong with a call; empty if nothing is. */
  private static String fault(String call) {
    try {
      Sotto.check(words(call));
      return "";
    } catch (ParseException | RuntimeException e) {
      // A flag at the end of a sentence's code was taken for an option without its value.
      return e.getMessage().contains("unexpected '?'") ? "" : e.getMessage();
    }
  }

  @Test
  void everyCommandOnThePagesIsAccepted() throws IOException {
    List<String> faults = new ArrayList<>();
    int calls = 0;
    for (Path page : pages()) {
      for (String call : calls(Files.readString(page))) {
        calls++;
        String fault = fault(call);
        if (!fault.isEmpty()) {
          faults.add(ROOT.relativize(page) + ": sotto " + call + ": " + fault);
        }
      }
    }
    assertEquals(List.of(), faults);
    assertTrue(calls > 30, "only " + calls + " calls were found on the pages");
  }

  /** The page's file, given to each of the page's commands that names it. */
  @Test
  void theConfigFileOnItsPageIsRead(@TempDir Path work) throws IOException, ParseException {
    String page = Files.readString(ROOT.resolve("docs/config-file.md"));
    Matcher json =
        Pattern.compile("`([a-z]+\\.json)`:\\s+```json\\R(.*?)```", Pattern.DOTALL).matcher(page);
    assertTrue(json.find());
    Path file = Files.writeString(work.resolve(json.group(1)), json.group(2));
    List<Values> read = new ArrayList<>();
    for (String call : calls(page)) {
      if (call.contains(json.group(1))) {
        read.add(Sotto.settings(words(call.replace(json.group(1), file.toString()))));
      }
    }
    assertEquals(2, read.size(), "calls on the page");
    assertEquals(work.resolve("notes.csv"), read.get(0).get(DataOptions.TRAIN));
    assertEquals(4.0, read.get(0).get(Privacy.EPSILON));
    assertEquals(2.0, read.get(0).get(TrainingOptions.EPOCHS));
    assertEquals(8.0, read.get(1).get(Privacy.EPSILON), "the command line wins");
    assertFalse(read.get(1).has(TrainingOptions.EPOCHS), "--steps takes its place");
  }

  @Test
  void everyRelativeLinkLeadsSomewhere() throws IOException {
    List<String> faults = new ArrayList<>();
    int links = 0;
    for (Path page : pages()) {
      String text = Files.readString(page);
      for (MatchResult link : LINK.matcher(text).results().toList()) {
        String target = link.group(1);
        if (target.matches("[a-z]+:.*")) {
          continue;
        }
        links++;
        if (!leadsSomewhere(page, target)) {
          faults.add(ROOT.relativize(page) + ": " + target);
        }
      }
    }
    assertEquals(List.of(), faults);
    assertTrue(links > 20, "only " + links + " links were found on the pages");
  }

  private static boolean leadsSomewhere(Path page, String target) throws IOException {
    String[] parts = target.split("#", 2);
    Path file = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]).normalize();
    if (!file.startsWith(ROOT) || !Files.exists(file)) {
      return false;
    }
    return parts.length == 1 || anchors(Files.readString(file)).contains(parts[1]);
  }

  /** Headings as a page's address names them. */
  private static List<String> anchors(String text) {
    return HEADING
        .matcher(text)
        .results()
        .map(heading -> heading.group(1).toLowerCase(Locale.ROOT))
        .map(heading -> heading.replaceAll("[^\\p{L}\\p{N} _-]", "").strip().replace(' ', '-'))
        .collect(Collectors.toList());
  }

  @Test
  void faultsAreSeen() throws IOException {
    Path readme = ROOT.resolve("README.md");
    assertTrue(leadsSomewhere(readme, "docs/privacy-model.md#the-guarantee"));
    assertFalse(leadsSomewhere(readme, "docs/privacy-model.md#no-such-heading"));
    assertFalse(leadsSomewhere(readme, "docs/no-such-page.md"));
    assertTrue(fault("plan --epsilonn 4").contains("--epsilonn"));
    assertTrue(fault("planet --epsilon 4").contains("planet"));
    assertEquals("", fault("plan --epsilon 4 --units 100"));
    assertEquals(
        List.of("plan --epsilon 4 --steps 3", "account --ledger ?"),
        calls(
            "    $ ./sotto plan --epsilon 4 \\\n        --steps 3 | sort\n\nSay `sotto account --ledger`.\n"));
  }
}
