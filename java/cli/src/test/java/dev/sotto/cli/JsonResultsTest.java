package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.data.synthetic.Canaries;
import dev.sotto.data.synthetic.Canary;
import dev.sotto.data.synthetic.SecretSpace;
import dev.sotto.plan.DataOptions;
import dev.sotto.plan.FinetuneOptions;
import dev.sotto.plan.FinetuneResult;
import dev.sotto.plan.FinetuneRun;
import dev.sotto.plan.Privacy;
import dev.sotto.plan.TrainingOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The keys and values of {@code --json}, which programs rest on: those of {@code
 * json-results.json}, call by call. What was printed stands in target/json-results.json, to be
 * looked at, and copied where a change is meant.
 */
class JsonResultsTest {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  /** What a clock, a key or the ranks of close losses decide: its kind alone is compared. */
  private static final Set<String> OWN =
      Set.of(
          "private_nats_per_token",
          "exposure",
          "unplanted_exposure",
          "epsilon_at_least",
          "correct",
          "nominal_seconds_a_step",
          "nominal_seconds",
          "peak_memory_bytes");

  /** Of weights that were trained here, whose last digits another instruction set may change. */
  private static final double TOLERANCE = 1e-3;

  @TempDir Path dir;
  private final ObjectNode results = MAPPER.createObjectNode();

  @Test
  void keysAndValuesStay() throws IOException {
    accounting();
    noise();
    texts();
    runs();
    studies();
    Files.writeString(Path.of("target", "json-results.json"), MAPPER.writeValueAsString(results));
    JsonNode known;
    try (InputStream file = JsonResultsTest.class.getResourceAsStream("json-results.json")) {
      known = MAPPER.readTree(file);
    }
    assertSame("", known, results);
  }

  @Test
  void theDoctorNamesWhatItFound() {
    ObjectNode found = (ObjectNode) CommandRun.of("doctor", "--json").json();
    // A machine with a GPU has these besides.
    found.remove(List.of("gpu", "compute_capability", "gpu_memory", "driver", "cublas"));
    List<String> names = new ArrayList<>();
    found.fieldNames().forEachRemaining(names::add);
    assertEquals(
        List.of(
            "sotto",
            "java",
            "os",
            "arch",
            "hardware_threads",
            "heap_mib",
            "backend",
            "reason",
            "isa",
            "threads",
            "private_gemm",
            "description",
            "libraries",
            "public_gemm",
            "cuda"),
        names);
    assertTrue(found.get("hardware_threads").isInt() && found.get("heap_mib").isIntegralNumber());
  }

  private void accounting() {
    String rate = "--delta 1e-5 --sampling-rate 0.01 --steps 200";
    call("account", "account --noise-multiplier 0.9 " + rate);
    call("account, rdp", "account --noise-multiplier 0.9 --accountant rdp " + rate);
    call("plan", "plan --epsilon 2 --parameters 1000 --chart DIR/plan.svg " + rate);
    call("plan by units", "plan --epsilon 3 --units 10000 --batch-size 250 --steps 40");
    call("plan by advantage", "plan --advantage 0.1 " + rate);
    call("plan, laplace", "plan --epsilon 2 --parameters 1000 --mechanism laplace " + rate);
  }

  private void noise() {
    file("laplace.json", "{\"uniform_weight\": 1, \"uniform_low\": 0.5, \"uniform_high\": 0.5}");
    file("heavy.json", "{\"exponential_weight\": 1, \"exponential_rate\": 1}");
    call("describe-noise", "describe-noise --noise DIR/laplace.json --chart DIR/law.svg");
    call("describe-noise, delta", "describe-noise --noise DIR/laplace.json --delta 1e-9");
    call("describe-noise, heavy", "describe-noise --noise DIR/heavy.json --delta 1e-9");
    String search = "search-noise --delta 1e-6 --dimension 2 --sampling-rate 0.5 --epsilon ";
    String few = " --starts 2 --evaluations 60";
    call("search-noise", search + "1 --chart DIR/found.svg --output DIR/found.json" + few);
    call("search-noise, lmo", "search-noise --delta 1e-6 --epsilon 6 --objective absolute" + few);
    call("search-noise, grid", search + "1 --method published-grid");
  }

  private void texts() throws IOException {
    call("synthesize", "synthesize --kind clinical-notes --records 3 --output DIR/few.csv");
    DiabetesSynthesisTest.table(dir);
    String notes = "synthesize --kind diabetes-notes --table DIR/table.csv --records 30 --output ";
    call("synthesize from a table", notes + "DIR/diabetes.csv");
    call(
        "synthesize with canaries",
        notes
            + "DIR/planted.csv --held-out DIR/held.csv --held-out-records 12 --canaries 20"
            + " --canary-file DIR/planted.jsonl");
  }

  private void runs() {
    PretrainedModel.in(dir);
    PretrainedModel.notes(dir);
    call(
        "pretrain",
        "pretrain --model-config DIR/tiny-config.json --train DIR/public.txt --output DIR/short"
            + " --vocabulary-size 480 --max-length 64 --steps 2");
    String shape = " --text-column text --max-length 24 --batch-size 8 --steps 2 --delta 1e-7";
    String tuned = "finetune --model DIR/model --train DIR/notes.csv" + shape;
    String seeded = tuned + " --epsilon 4 --insecure-test-seed 7";
    String book = " --budget-book DIR/book.jsonl";
    call("budget create", "budget create --data-set notes --epsilon 8 --delta 1e-6" + book);
    call("finetune", seeded + " --output DIR/one");
    call("finetune, booked", tuned + " --epsilon 4 --output DIR/booked" + book);
    call("budget show", "budget show" + book);
    call("finetune, validated", seeded + " --validation DIR/public.txt --output DIR/two");
    call(
        "finetune, paper",
        seeded + " --mechanism lmo --noise DIR/laplace.json --accounting paper --output DIR/paper");
    call(
        "finetune, no privacy",
        "finetune --no-privacy --model DIR/model --train DIR/notes.csv --text-column text"
            + " --max-length 24 --batch-size 8 --steps 2 --output DIR/open");
    quickstart();
    call("finetune, dry run", seeded + " --dry-run --output DIR/dry");
    call("account of a ledger", "account --ledger DIR/one/ledger.jsonl --adapter DIR/two");
    call(
        "account of ledgers",
        "account --ledger DIR/one/ledger.jsonl --ledger DIR/two/ledger.jsonl --adapter DIR/one");
    call("evaluate", "evaluate --model DIR/model --data DIR/public.txt");
    call(
        "evaluate privately",
        "evaluate --model DIR/model --adapter DIR/one --data DIR/notes.csv --privacy-unit patient"
            + " --private-epsilon 2 --ledger DIR/evaluation.jsonl");
    List<Canary> canaries = Canaries.generate(16, new SecretSpace(3), 1);
    Canaries.write(dir.resolve("canaries.jsonl"), canaries);
    String audit = "audit --model DIR/model --adapter DIR/one --canaries DIR/canaries.jsonl";
    call("audit", audit + " --alternatives 20");
    call(
        "audit of members",
        audit
            + " --alternatives 20 --members DIR/notes.csv --non-members DIR/notes.csv"
            + " --text-column text --unsafe-diagnostics");
  }

  /** What it says of its run, of a smaller one. */
  private void quickstart() {
    FinetuneOptions options =
        FinetuneOptions.builder(dir.resolve("model"), dir.resolve("notes.csv"))
            .output(dir.resolve("quick"))
            .privacy(Privacy.epsilon(4).with(Privacy.DELTA, 1e-7))
            .set(DataOptions.VALIDATION, dir.resolve("public.txt"))
            .set(DataOptions.MAX_LENGTH, 24)
            .set(TrainingOptions.BATCH_SIZE, 8.0)
            .set(TrainingOptions.STEPS, 2L)
            .set(FinetuneOptions.INSECURE_TEST_SEED, Optional.of(7L))
            .build();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream unread = new PrintStream(OutputStream.nullOutputStream());
    Console console =
        new Console(InputStream.nullInputStream(), new PrintStream(out), unread, true, false);
    try (TrainingProgress progress = new TrainingProgress(console)) {
      FinetuneResult result = new FinetuneRun(options, progress).execute();
      QuickstartCommand.print(options, result, "before", "after", console);
    }
    results.set("quickstart", new CommandRun(0, out.toString(), "").json());
  }

  private void studies() {
    file(
        "study.json",
        """
        {"data_is_public": true, "model": "model", "train": "notes.csv", "text_column": "text",
         "validation": "public.txt", "max_length": 24, "batch_size": 8, "steps": 2, "delta": 1e-7,
         "control_interval": 1,
         "controllers": ["constant"], "epsilons": [4], "seeds": [1]}
        """);
    String study = "study --config DIR/study.json --output DIR/study";
    call("study, dry run", study + " --dry-run");
    call("study", study);
  }

  private void file(String name, String content) {
    PretrainedModel.write(dir.resolve(name), content);
  }

  private void call(String name, String line) {
    String[] words = (line + " --json").replace("DIR", dir.toString()).split(" ");
    CommandRun run = CommandRun.of(words);
    // Where the answer is no, it is printed all the same.
    results.set(name, (run.code() == 3 ? new CommandRun(0, run.out(), run.err()) : run).json());
  }

  private void assertSame(String where, JsonNode known, JsonNode printed) {
    if (known.isNumber() && printed.isNumber()) {
      double value = known.asDouble();
      boolean own = OWN.contains(where.substring(where.lastIndexOf('/') + 1));
      assertTrue(
          own || Math.abs(value - printed.asDouble()) <= TOLERANCE * Math.abs(value),
          where + ": " + known + " became " + printed);
      assertEquals(known.isIntegralNumber(), printed.isIntegralNumber(), where);
      return;
    }
    assertEquals(known.getNodeType(), printed.getNodeType(), where);
    if (known instanceof ObjectNode) {
      Set<String> names = new TreeSet<>();
      known.fieldNames().forEachRemaining(names::add);
      Set<String> printedNames = new TreeSet<>();
      printed.fieldNames().forEachRemaining(printedNames::add);
      assertEquals(names, printedNames, where);
      names.forEach(key -> assertSame(where + "/" + key, known.get(key), printed.get(key)));
    } else if (known instanceof ArrayNode) {
      assertEquals(known.size(), printed.size(), where);
      for (int i = 0; i < known.size(); i++) {
        assertSame(where + "/" + i, known.get(i), printed.get(i));
      }
    } else {
      assertEquals(plain(known.asText()), plain(printed.asText()), where);
    }
  }

  /** Without the names of this call's directory, run and digests. */
  private String plain(String text) {
    return text.replace(dir.toString(), "DIR").replaceAll("[0-9a-f]{32,}", "HEX");
  }
}
