package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sotto.base.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A real encoder learns to classify real sentences, from the command line. */
@TestMethodOrder(OrderAnnotation.class)
class ClassifyCommandTest {
  private static final Path SHARED = Path.of(System.getProperty("sotto.shared"));
  private static final Path MODEL = SHARED.resolve("data/models/minilm-l6");
  private static final Path SST2 = SHARED.resolve("data/sst2/glue");

  @TempDir static Path work;

  private static Path train;
  private static Path dev;
  private static Path run;

  @BeforeAll
  static void cutTheData() throws IOException {
    Assumptions.assumeTrue(Files.isDirectory(MODEL), "no model at " + MODEL);
    Assumptions.assumeTrue(Files.isDirectory(SST2), "no sentences at " + SST2);
    train = work.resolve("train.tsv");
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(SST2.resolve("train.tsv.gz"))),
                StandardCharsets.UTF_8))) {
      Files.writeString(
          train, lines.lines().limit(241).collect(Collectors.joining("\n", "", "\n")));
    }
    dev = work.resolve("dev.tsv");
    List<String> all = Files.readAllLines(SST2.resolve("dev.tsv"));
    Files.write(dev, all.subList(0, 101));
    run = work.resolve("run");
  }

  private static CommandRun finetune(Path output, String... more) {
    return CommandRun.of(
        Stream.concat(
                Stream.of(
                    "finetune",
                    "--model",
                    MODEL.toString(),
                    "--train",
                    train.toString(),
                    "--text-column",
                    "sentence",
                    "--label-column",
                    "label",
                    "--output",
                    output.toString(),
                    "--epsilon",
                    "8",
                    "--delta",
                    "1e-3",
                    "--steps",
                    "3",
                    "--batch-size",
                    "40",
                    "--max-length",
                    "48"),
                Stream.of(more))
            .toArray(String[]::new));
  }

  /** What is told of each text of a file, at least one. */
  private static List<JsonNode> predict(Path texts) throws IOException {
    Path told = Files.createTempDirectory(work, "told").resolve("labels.jsonl");
    String[] files = {"--data", texts.toString(), "--output", told.toString()};
    withAdapter("predict", files).said("records");
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(told)) {
      lines.add(Json.MAPPER.readTree(line));
    }
    assertFalse(lines.isEmpty());
    return lines;
  }

  private static CommandRun evaluate(String... more) {
    List<String> args = new ArrayList<>(List.of("--data", dev.toString()));
    args.addAll(List.of("--text-column", "sentence"));
    args.addAll(List.of(more));
    return withAdapter("evaluate", args.toArray(String[]::new));
  }

  private static CommandRun withAdapter(String command, String... more) {
    List<String> args = new ArrayList<>(List.of(command, "--model", MODEL.toString()));
    args.addAll(List.of("--adapter", run.toString()));
    args.addAll(List.of(more));
    return CommandRun.of(args);
  }

  @Test
  @Order(1)
  void trainsAHeadAndAnAdapterUnderTheLedger() throws IOException {
    CommandRun trained =
        finetune(run, "--labels", "negative,positive", "--validation", dev.toString());
    trained.said("accuracy", "sotto predict");
    String cut =
        "cut       a text loses what is beyond 48 tokens (--max-length); how many do is private";
    assertTrue(trained.err().contains(cut), trained.err());
    JsonNode notes = Json.read(run.resolve("sotto.json"), "").get("task");
    assertEquals("classify", notes.get("kind").asText());
    assertEquals("[\"negative\",\"positive\"]", notes.get("labels").toString());
    assertTrue(Files.exists(run.resolve("head.safetensors")));
    List<String> ledger = Files.readAllLines(run.resolve("ledger.jsonl"));
    assertTrue(
        ledger.get(ledger.size() - 1).contains("head.safetensors"), "the head is sealed too");
    CommandRun.of("account", "--ledger", run.resolve("ledger.jsonl").toString()).said("epsilon");
  }

  @Test
  @Order(2)
  void tellsAndMeasuresLabels() throws IOException {
    Path texts = Files.writeString(work.resolve("texts.txt"), "a gem\na dull film\n\nso-so\nfun\n");
    for (JsonNode one : predict(texts)) {
      double sum = 0;
      for (JsonNode p : one.get("probabilities")) {
        sum += p.asDouble();
      }
      assertEquals(1, sum, 1e-5);
      assertTrue(List.of("negative", "positive").contains(one.get("label").asText()));
    }
    evaluate("--label-column", "label").said("accuracy", "matthews", "100");
    evaluate().refused("--label-column");
    assertTrue(
        evaluate("--label-column", "label", "--max-length", "16")
            .err()
            .contains("cut off at 16 tokens"),
        "these records are public");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--labels bad,worse,worst --validation-fraction 0.1 --task regress | --label-range",
        "--task regress | --label-range",
        "--task generate --labels a,b | --task generate",
        "--labels good,bad,1,2 --text-pair-column other | other",
        "--label-range 0:1 --task classify | --label-range",
      })
  @Order(3)
  void refusesWhatDoesNotFit(String options, String word) {
    Path output = work.resolve("refused");
    finetune(output, options.split(" ")).refused(word);
    assertFalse(Files.exists(output));
  }

  @Test
  @Order(4)
  void refusesALabelOutsideTheSetWithoutPrintingIt() throws IOException {
    Path secret = work.resolve("secret.tsv");
    Files.writeString(secret, "sentence\tlabel\nfine\t0\nbad\tHOSTILE-LABEL\n");
    Path output = work.resolve("none");
    CommandRun refused =
        CommandRun.of(
            "finetune",
            "--model",
            MODEL.toString(),
            "--train",
            secret.toString(),
            "--text-column",
            "sentence",
            "--label-column",
            "label",
            "--labels",
            "negative,positive",
            "--output",
            output.toString());
    refused.refused("line 3", "--labels");
    assertFalse(refused.toString().contains("HOSTILE"));
    assertFalse(Files.exists(output));
  }

  /** One ledger for the head alone and for what follows, and a plan that says both. */
  @Test
  void trainsAHeadFirstUnderOneLedger() {
    Path staged = work.resolve("staged");
    CommandRun run =
        finetune(staged, "--labels", "negative,positive", "--head-first", "2", "--head-steps", "3");
    run.said("at most 8", "6");
    assertTrue(run.err().contains("first, alone, for 3 steps"), run.err());
    CommandRun.of("account", "--ledger", staged.resolve("ledger.jsonl").toString())
        .said("head first", "sampling rate 0.25");
    Path alone = work.resolve("alone");
    CommandRun head = finetune(alone, "--labels", "negative,positive", "--tune", "head");
    head.succeeded();
    assertTrue(head.err().contains("770 to train in the head"), head.err());
    assertTrue(head.err().contains("features  "), head.err());
  }

  /** An adapter with a frozen A tells labels as any other. */
  @Test
  void trainsBAlone() throws IOException {
    Path output = work.resolve("b-alone");
    CommandRun run = finetune(output, "--labels", "negative,positive", "--freeze-a");
    run.succeeded();
    assertTrue(run.err().contains("A of every LoRA pair"), run.err());
    Path labels = work.resolve("b-alone.jsonl");
    CommandRun.of(
            "predict",
            "--model",
            MODEL.toString(),
            "--adapter",
            output.toString(),
            "--data",
            dev.toString(),
            "--text-column",
            "sentence",
            "--output",
            labels.toString())
        .succeeded();
    assertTrue(Files.readString(labels).contains("positive"));
  }

  /** A set that is read from private records is said to be outside of epsilon, in every place. */
  @Test
  @Order(5)
  void saysThatLabelsFromDataAreNotCovered() throws IOException {
    Path output = work.resolve("from-data");
    finetune(output, "--labels", "from-data").succeeded();
    String ledger = output.resolve("ledger.jsonl").toString();
    assertTrue(
        Files.readAllLines(output.resolve("ledger.jsonl"))
            .get(0)
            .contains("\"labelsFromPrivateData\":true"));
    assertTrue(Files.readString(output.resolve("report.md")).contains("which classes there are"));
    CommandRun.of("account", "--ledger", ledger).said("not covered");
    String plain = Files.readAllLines(run.resolve("ledger.jsonl")).get(0);
    assertFalse(plain.contains("labelsFromPrivateData"));
  }

  @Test
  @Order(6)
  void anEncoderWritesNoText() {
    CommandRun.of("generate", "--model", MODEL.toString(), "--prompt", "a")
        .refused("is an encoder");
  }

  /** GLUE's folders as they are published: columns, quotes and labels follow from the name. */
  @ParameterizedTest
  @CsvSource({"CoLA,cola,8 551", "STS-B,stsb,5 749", "MRPC,mrpc,3 667", "RTE,rte,2 490"})
  @Order(6)
  void readsGluesFolders(String folder, String name, String units) {
    Path glue = SHARED.resolve("data/glue").resolve(folder);
    Assumptions.assumeTrue(Files.isDirectory(glue), "no data at " + glue);
    CommandRun.of(
            "finetune",
            "--model",
            MODEL.toString(),
            "--dataset",
            "glue:" + name,
            "--train",
            glue.toString(),
            "--epsilon",
            "8",
            "--delta",
            "1e-5",
            "--max-length",
            "32",
            "--batch-size",
            "64",
            "--output",
            work.resolve("glue-" + name).toString(),
            "--dry-run")
        .said(units.replace(' ', ',') + " of them");
  }

  /** The lines of docs/tasks.md that load a pooled encoder and its head in Python. */
  @Test
  @Order(7)
  void theDocumentedLinesOfPythonGiveTheSame() throws IOException, InterruptedException {
    String python = System.getenv().getOrDefault("SOTTO_PYTHON", "python3");
    String page = Files.readString(Path.of(System.getProperty("sotto.root"), "docs", "tasks.md"));
    int from = page.indexOf("```python\nimport torch") + 10;
    String lines =
        page.substring(from, page.indexOf("```", from))
            .replace("\"minilm-l6\"", "\"" + MODEL + "\"")
            .replace("\"run\"", "\"" + run + "\"")
            .replace("\"run/", "\"" + run + "/");
    Path script = Files.writeString(work.resolve("lines.py"), lines);
    Path said = work.resolve("said.txt");
    int code;
    try {
      code =
          new ProcessBuilder(python, script.toString())
              .redirectErrorStream(true)
              .redirectOutput(said.toFile())
              .start()
              .waitFor();
    } catch (IOException e) {
      Assumptions.abort("there is no " + python);
      return;
    }
    String output = Files.readString(said);
    Assumptions.assumeFalse(output.contains("No module named"), python + " lacks packages");
    assertEquals(0, code, output);
    List<String> printed = output.lines().toList();
    JsonNode logits = Json.MAPPER.readTree(printed.get(printed.size() - 1)).get(0);
    double positive = 1 / (1 + Math.exp(logits.get(0).asDouble() - logits.get(1).asDouble()));
    Path text = Files.writeString(work.resolve("text.txt"), "a gem of a film\n");
    JsonNode told = predict(text).get(0).get("probabilities");
    assertEquals(positive, told.get("positive").asDouble(), 1e-5);
  }
}
