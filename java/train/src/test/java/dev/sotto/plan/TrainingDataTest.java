package dev.sotto.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.base.InputException;
import dev.sotto.data.DataColumns;
import dev.sotto.data.RecordOptions;
import dev.sotto.data.TextSplit;
import dev.sotto.ledger.LedgerReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is public and what is not, and that all of it is read before anything is made. */
class TrainingDataTest {
  private static final String SECRET = "Zanzibar";

  @TempDir Path dir;
  private Runs runs;

  @BeforeEach
  void prepare() {
    runs = Runs.in(dir);
    runs.steps = 1;
  }

  private String refused() {
    InputException refusal = assertThrows(InputException.class, runs::run);
    assertFalse(refusal.getMessage().contains(SECRET), refusal.getMessage());
    assertFalse(Files.exists(runs.output), "something was made before the refusal");
    return refusal.getMessage();
  }

  /** A file that is the training file: under its own name, behind a link, or as a second name. */
  private Path alias(String kind) throws IOException {
    Path alias = dir.resolve("alias.csv");
    return switch (kind) {
      case "itself" -> runs.train;
      case "longer name" -> dir.resolve("model").resolve("..").resolve(runs.train.getFileName());
      case "symbolic link" -> Files.createSymbolicLink(alias, runs.train);
      case "hard link" -> Files.createLink(alias, runs.train);
      default -> throw new IllegalArgumentException(kind);
    };
  }

  @ParameterizedTest
  @ValueSource(strings = {"itself", "longer name", "symbolic link", "hard link"})
  void thePrivateFileIsNoPublicOne(String kind) throws IOException {
    Path alias = alias(kind);
    runs.validation = alias;
    assertTrue(refused().startsWith(alias + ": is the same file as the private"));
    runs.validation = null;
    runs.privacy = Privacy.epsilon(8).with(Privacy.DELTA, 1e-5);
    runs.control = Runs.control("public-static", 1).with(ControlOptions.PUBLIC_DATA, alias);
    assertTrue(refused().startsWith(alias + ": is the same file as the private"));
  }

  /** Whether a public record is a private one too is private: no outcome may tell. */
  @Test
  void aSharedRecordIsNotLookedFor() throws IOException {
    List<String> train = Files.readAllLines(runs.train, StandardCharsets.UTF_8);
    runs.validation =
        Files.write(dir.resolve("public.csv"), List.of("text", "a b c", train.get(3)));
    List<PublicRecords> seen = new ArrayList<>();
    FinetuneResult result = runs.run(listener(seen));
    assertEquals(Runs.RECORDS, LedgerReader.read(result.ledger()).header().neighbours().units());
    assertEquals(2, seen.get(0).records());
  }

  private static FinetuneProgress listener(List<PublicRecords> seen) {
    return new FinetuneProgress() {
      @Override
      public void publicRecords(PublicRecords records) {
        seen.add(records);
      }
    };
  }

  @Test
  void publicRecordsThatAreCutOrPassedOverAreCounted() throws IOException {
    runs.columns = DataColumns.promptAndCompletion("p", "c");
    runs.train = Files.writeString(dir.resolve("pairs.csv"), "p,c\n" + "a,b c\n".repeat(60));
    String longPrompt = "a b c d e f a b c d e f a b c d e f";
    runs.validation =
        Files.writeString(
            dir.resolve("valid.csv"),
            "p,c\na,b c\n" + longPrompt + ",b\n" + longPrompt + ",c\na,b c " + longPrompt + "\n");
    List<PublicRecords> seen = new ArrayList<>();
    runs.run(listener(seen));
    assertEquals(
        List.of(
            new PublicRecords(
                runs.validation.toString(), PublicRecords.Purpose.VALIDATION, 4, 12, 3, 2)),
        seen);
    runs.output = dir.resolve("none");
    runs.validation =
        Files.writeString(dir.resolve("prompts.csv"), "p,c\n" + (longPrompt + ",b\n").repeat(4));
    assertTrue(refused().contains("none of its 4 public records leaves a token to predict"));
  }

  /** One bad record among many that are good, at a place that hardly any batch would draw. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bad.csv | 'who,text\n' | 'x,a b\n' | ' ,Zanzibar\n' | line 62, column 1: the privacy-unit",
        "bad.csv | 'who,text\n' | 'x,a b\n' | 'x,Zanzibar,y\n' | line 62: the row has 3 fields",
        "bad.csv | 'who,text\n' | 'x,a b\n' | 'x,\"Zanzibar\n' | a quoted field is not closed",
        "bad.tsv | 'who\ttext\n' | 'x\ta b\n' | 'Zanzibar\n' | the row has 1 fields",
        "bad.jsonl | '' | '{\"who\":1,\"text\":\"a\"}\n' | '{\"who\":1,\"text\":7}' | line 61: field",
        "bad.jsonl | '' | '{\"who\":1,\"text\":\"a\"}\n' | '{\"who\":1,Zanzibar}' | line 61, column",
        "bad.jsonl | '' | '{\"who\":1,\"text\":\"a\"}\n' | '{\"text\":\"a\"}' | line 61: has no field",
        "bad.jsonl | '' | '{\"who\":1,\"text\":\"a\"}\n' | '{\"who\":1,\"text\":\"\\ud800\"}' | half",
      })
  void aBadRecordIsRefusedBeforeTheLedgerIs(
      String name, String head, String good, String bad, String fault) throws IOException {
    runs.columns = DataColumns.text("text").withUnit("who");
    runs.train = Files.writeString(dir.resolve(name), head + good.repeat(60) + bad);
    String message = refused();
    assertTrue(message.startsWith(runs.train + ": ") && message.contains(fault), message);
  }

  @Test
  void whatIsNotUtf8IsRefusedBeforeTheLedgerIs() throws IOException {
    byte[] text = ("text\n" + "a b\n".repeat(60) + "?\n").getBytes(StandardCharsets.UTF_8);
    text[text.length - 2] = (byte) 0xe9;
    runs.train = Files.write(dir.resolve("latin1.csv"), text);
    assertTrue(refused().contains("not valid UTF-8 at byte 245"), "the place");
  }

  /** Long records are cut and empty completions are units like any other. */
  @Test
  void recordsOfEveryLengthAreTaken() throws IOException {
    runs.columns = DataColumns.promptAndCompletion("p", "c");
    runs.train =
        Files.writeString(
            dir.resolve("odd.csv"), "p,c\n,\na,\n,b\n" + "a," + "b c ".repeat(500) + "\na,b\n");
    runs.batchSize = 5;
    runs.privacy = null;
    assertEquals(1, runs.run().steps());
  }

  @Test
  void theCutOfATextIsChosenAndNeverFound() throws IOException {
    List<String> lines = List.of("a b", "c d", "e <|endoftext|> f", "a", "b", "c");
    runs.train = Files.write(dir.resolve("six.txt"), lines);
    assertEquals(6, units(TextSplit.LINE));
    assertEquals(2, units(TextSplit.DOCUMENT_MARK));
    assertEquals(1, units(TextSplit.FILE));
  }

  private long units(TextSplit split) {
    runs.reading = new RecordOptions(split, false);
    runs.output = dir.resolve("cut-" + split);
    runs.batchSize = 1;
    runs.privacy = null;
    List<Long> units = new ArrayList<>();
    runs.run(
        new FinetuneProgress() {
          @Override
          public void planned(FinetuneSummary summary, Account account) {
            units.add(summary.units());
          }
        });
    return units.get(0);
  }

  @Test
  void oneValueWithBlanksAroundItIsOneUnit() throws IOException {
    runs.columns = DataColumns.text("text").withUnit("user");
    runs.train =
        Files.writeString(
            dir.resolve("units.csv"),
            "user,text\nann,a b\n\"ann \",c d\n ann,e f\nAnn,a c\n\u00a0ann\u2003,b d\n");
    assertEquals(2, units(TextSplit.LINE), "ann and Ann");
  }
}
