package dev.sotto.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.base.Sha256;
import dev.sotto.fixtures.TinyModel;
import dev.sotto.settings.Values;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The pages that runs leave beside their adapters, read as text and in a real browser. */
class RunPagesTest {
  private static final int MOST_PAGES_ON_PAPER = 2;

  @TempDir static Path dir;
  private static FinetuneResult plain;
  private static FinetuneResult controlled;
  private static FinetuneResult open;

  @BeforeAll
  static void run() {
    Runs runs = Runs.in(dir);
    runs.train = TinyModel.records(dir.resolve("of-patients.csv"), Runs.RECORDS);
    runs.output = dir.resolve("plain");
    plain = runs.run();
    runs.output = dir.resolve("open");
    Privacy privacy = runs.privacy;
    runs.privacy = null;
    open = runs.run();
    runs.privacy = privacy;
    runs.output = dir.resolve("controlled");
    runs.validation = TinyModel.records(dir.resolve("public.csv"), 8);
    runs.control = Runs.control("quantile", 2).with(TrainingOptions.VALIDATE_EVERY, 3);
    controlled = runs.run();
  }

  private static String page(FinetuneResult result) throws IOException {
    return Files.readString(result.directory().page());
  }

  private static String card(FinetuneResult result) throws IOException {
    return Files.readString(result.directory().card());
  }

  @Test
  void nothingIsFetchedAndNothingRuns() throws IOException {
    for (FinetuneResult result : List.of(plain, controlled, open)) {
      String page = page(result);
      assertFalse(page.matches("(?s).*(<script|https?:|src=|@import|url\\().*"), page);
    }
  }

  @Test
  void ofPrivateRecordsThereIsNoPathAndNoNumber() throws IOException {
    for (FinetuneResult result : List.of(plain, controlled, open)) {
      for (Path file :
          List.of(result.report(), result.directory().page(), result.directory().card())) {
        String text = Files.readString(file);
        assertFalse(text.contains("of-patients"), text);
        assertFalse(text.contains(dir.toString()), text);
        assertFalse(
            Pattern.compile("\\b" + Runs.RECORDS + "\\b").matcher(words(text)).find(), text);
      }
    }
  }

  /** Without the style and the coordinates of pictures. */
  private static String words(String html) {
    return html.replaceAll("(?s)<style>.*?</style>", "").replaceAll("(?s)<svg.*?</svg>", "");
  }

  @Test
  void filesAreNamedWithWhatTheyHold() throws IOException {
    for (FinetuneResult result : List.of(plain, controlled, open)) {
      assertTrue(page(result).contains(Sha256.ofFile(result.directory().adapter())));
    }
  }

  @Test
  void picturesShowWhatWasSpentAndChosen() throws IOException {
    assertEquals(1, count("<svg", page(plain)), "ε by step");
    assertTrue(page(plain).contains("<title>spent, step 6: "), page(plain));
    assertEquals(5, count("<svg", page(controlled)), "perplexity twice, norms and clipped share");
    assertTrue(page(controlled).contains("<title>validation, step 3: "), page(controlled));
    assertEquals(0, count("<svg", page(open)));
    assertFalse(page(open).contains("ε"));
  }

  private static int count(String what, String text) {
    return text.split(Pattern.quote(what), -1).length - 1;
  }

  @Test
  void measuresOnPublicRecordsOnTheWay() {
    List<ValidationFile.Measured> measured =
        ValidationFile.read(controlled.directory().validation());
    assertEquals(List.of(3L, 6L), measured.stream().map(ValidationFile.Measured::step).toList());
    assertEquals(
        controlled.perplexity().orElseThrow().after(),
        measured.get(1).figures().get("perplexity"),
        "the last step's weights are those that are released");
    assertFalse(Files.exists(plain.directory().validation()));
    Runs runs = Runs.in(dir.resolve("unmeasured"));
    runs.control = Values.NONE.with(TrainingOptions.VALIDATE_EVERY, 3);
    InputException e = assertThrows(InputException.class, runs::options);
    assertTrue(e.getMessage().contains("--validation FILE"), e.getMessage());
  }

  @Test
  void theCardSaysWhatHolds() throws IOException {
    String card = card(plain);
    assertTrue(card.startsWith("---\nbase_model: \"model\"\nlibrary_name: \"peft\"\n"), card);
    assertTrue(card.contains("\"differential-privacy\""), card);
    assertTrue(card.contains("(ε, δ) = (8, 1e-5) for adding or removing one record"), card);
    assertFalse(card.contains("metrics:"), "nothing was measured");
    assertTrue(card(controlled).contains("metrics: [\"perplexity\"]"), card(controlled));
    assertFalse(card(open).contains("differential-privacy"), card(open));
    assertTrue(card(open).contains("it may repeat its training data"), card(open));
  }

  /**
   * Nothing is wider than the window, on a phone and on a desk, and the browser has no complaint.
   */
  @ParameterizedTest
  @ValueSource(ints = {500, 1200})
  void fitsABrowser(int width) throws Exception {
    for (FinetuneResult result : List.of(plain, controlled)) {
      Path measured = dir.resolve("measured-" + width + ".html");
      Files.writeString(
          measured,
          page(result)
              .replace(
                  "</body>",
                  "<script>document.title = document.documentElement.scrollWidth + ' of ' +"
                      + " innerWidth</script></body>"));
      String shown = browser("--window-size=" + width + ",900", "--dump-dom", measured.toString());
      Matcher title = Pattern.compile("<title>(\\d+) of (\\d+)</title>").matcher(shown);
      assertTrue(title.find(), shown);
      assertTrue(
          Integer.parseInt(title.group(1)) <= Integer.parseInt(title.group(2)), title.group());
      Path picture = dir.resolve("picture-" + width + ".png");
      browser(
          "--window-size=" + width + ",900",
          "--screenshot=" + picture,
          result.directory().page().toString());
      assertTrue(Files.size(picture) > 10_000, "an empty picture");
    }
  }

  @Test
  void fitsPaper() throws Exception {
    for (FinetuneResult result : List.of(plain, controlled)) {
      Path paper = dir.resolve("paper.pdf");
      browser("--print-to-pdf=" + paper, result.directory().page().toString());
      String pdf = Files.readString(paper, StandardCharsets.ISO_8859_1);
      int pages = (int) Pattern.compile("/Type\\s*/Page\\b").matcher(pdf).results().count();
      assertTrue(
          pages >= 1 && pages <= MOST_PAGES_ON_PAPER, pages + " pages of " + result.adapter());
    }
  }

  /** What Chromium prints; a line of its console fails. */
  private static String browser(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                chromium(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--enable-logging=stderr",
                "--user-data-dir=" + dir.resolve("browser")));
    command.addAll(List.of(arguments));
    Path told = Files.createTempFile(dir, "browser", ".txt");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(told.toFile())
            .redirectError(dir.resolve("browser.log").toFile())
            .start();
    assertTrue(process.waitFor(120, TimeUnit.SECONDS), "the browser does not end");
    String log = Files.readString(dir.resolve("browser.log"));
    assertFalse(log.contains("CONSOLE"), log);
    return Files.readString(told);
  }

  private static String chromium() {
    return Stream.of(System.getenv("PATH").split(":"))
        .flatMap(folder -> Stream.of("chromium", "google-chrome").map(n -> Path.of(folder, n)))
        .filter(Files::isExecutable)
        .findFirst()
        .map(Path::toString)
        .orElseGet(() -> Assumptions.abort("there is no Chromium to look at the pages with"));
  }
}
