package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Everything a user can get wrong ends in one clear line, exit code 2, and no output directory. */
class BadInputTest {
  @TempDir static Path work;
  static Path model;
  static Path notes;

  private final Path output = work.resolve("output");

  @BeforeAll
  static void makeModelAndNotes() {
    model = PretrainedModel.in(work);
    notes = PretrainedModel.notes(work);
  }

  @AfterEach
  void nothingIsHalfWritten() {
    assertFalse(Files.exists(output));
  }

  private CommandRun finetune(Path modelDir, Path train, String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "finetune",
                "--model",
                modelDir.toString(),
                "--train",
                train.toString(),
                "--batch-size",
                "5",
                "--steps",
                "2",
                "--max-length",
                "48"));
    if (!List.of(more).contains("--output")) {
      args.addAll(List.of("--output", output.toString()));
    }
    args.addAll(List.of(more));
    return CommandRun.of(args);
  }

  /** Both commands that read a model must refuse it. */
  private void refusedModel(Path modelDir, String... words) {
    finetune(modelDir, notes).refused(words);
    CommandRun.of("evaluate", "--model", modelDir.toString(), "--data", notes.toString())
        .refused(words);
    CommandRun.of("generate", "--model", modelDir.toString()).refused(words);
  }

  private static Path damaged(String name) {
    return PretrainedModel.copy(model, work.resolve(name));
  }

  private static Path edited(String name, String file, UnaryOperator<String> edit)
      throws IOException {
    Path copy = damaged(name);
    String text = Files.readString(copy.resolve(file));
    String changed = edit.apply(text);
    assertFalse(changed.equals(text), "the edit of " + file + " did nothing");
    Files.writeString(copy.resolve(file), changed);
    return copy;
  }

  /** A copy whose safetensors header was edited, with its length field kept right. */
  private static Path reheaded(String name, UnaryOperator<String> edit) throws IOException {
    Path copy = damaged(name);
    Path file = copy.resolve("model.safetensors");
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int length = (int) bytes.getLong(0);
    String header = new String(bytes.array(), 8, length, StandardCharsets.UTF_8);
    String changed = edit.apply(header);
    assertFalse(changed.equals(header), "the edit of the header did nothing: " + header);
    byte[] head = changed.getBytes(StandardCharsets.UTF_8);
    ByteBuffer all =
        ByteBuffer.allocate(8 + head.length + bytes.capacity() - 8 - length)
            .order(ByteOrder.LITTLE_ENDIAN);
    all.putLong(head.length)
        .put(head)
        .put(bytes.array(), 8 + length, bytes.capacity() - 8 - length);
    Files.write(file, all.array());
    return copy;
  }

  @Test
  void filesThatAreNotThere() {
    finetune(model, work.resolve("none.csv")).refused("none.csv", "no such file");
    finetune(work.resolve("nomodel"), notes).refused("nomodel");
    finetune(model, notes, "--validation", work.resolve("nope.csv").toString())
        .refused("nope.csv", "no such file");
    finetune(model, notes, "--adapter", work.resolve("noadapter").toString()).refused("noadapter");
    CommandRun.of("account", "--ledger", work.resolve("noledger").toString()).refused("noledger");
    CommandRun.of(
            "pretrain",
            "--config",
            work.resolve("noconfig.json").toString(),
            "--train",
            notes.toString(),
            "--output",
            output.toString())
        .refused("noconfig.json", "no such file");
  }

  @Test
  void dataThatCannotBeRead() throws IOException {
    finetune(model, notes, "--text-column", "note").refused("notes.csv", "note", "line 1");
    finetune(model, notes, "--text-column", "note", "--show-values")
        .refused("notes.csv", "note", "[patient, text]");
    finetune(model, notes, "--privacy-unit", "person").refused("notes.csv", "person");
    Path latin = work.resolve("latin.csv");
    Files.write(latin, "text\ncaf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
    finetune(model, latin).refused("latin.csv", "UTF-8");
    finetune(model, Files.writeString(work.resolve("empty.csv"), "")).refused("empty.csv");
    finetune(model, Files.writeString(work.resolve("head.csv"), "text\n")).refused("head.csv");
    finetune(model, Files.writeString(work.resolve("data.xyz"), "a")).refused("data.xyz", ".csv");
    finetune(model, Files.writeString(work.resolve("a.csv.gz"), "text\nno gzip\n"))
        .refused("a.csv.gz", "gzip");
    finetune(model, Files.writeString(work.resolve("b.jsonl"), "{\"text\": \"a\"\n"))
        .refused("b.jsonl", "line 1");
  }

  @ParameterizedTest
  @CsvSource({
    "--epsilon, 0",
    "--epsilon, -1",
    "--epsilon, 1000",
    "--epsilon, NaN",
    "--delta, 0",
    "--delta, 1",
    "--delta, 0.5",
    "--batch-size, 0",
    "--batch-size, 1000",
    "--epochs, -1",
    "--rank, 0",
    "--rank, 1000",
    "--alpha, 0",
    "--learning-rate, 0",
    "--clip-norm, -1",
    "--max-length, 65",
    "--max-length, 1",
    "--threads, 0",
    "--threads, many",
    "--backend, tpu",
    "--optimizer, lion",
    "--decay, never",
    "--clipping, none",
    "--noise-allocation, even",
    "--accountant, gdp",
    "--target-modules, w_proj",
    "--micro-batch-tokens, 0",
    "--validation-fraction, 1",
    "--momentum, 0.5",
    "--seed, x",
    "--controller, sarsa",
    "--control-interval, 3",
    "--loss-bound, 5"
  })
  void settingsThatMakeNoSense(String option, String value) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "finetune",
                "--model",
                model.toString(),
                "--train",
                notes.toString(),
                "--output",
                output.toString()));
    if (!option.equals("--batch-size")) {
      args.addAll(List.of("--batch-size", "5"));
    }
    if (!option.equals("--epochs")) {
      args.addAll(List.of("--steps", "2"));
    }
    if (!option.equals("--max-length")) {
      args.addAll(List.of("--max-length", "48"));
    }
    args.addAll(List.of(option, value));
    String said =
        switch (option) {
          case "--momentum" -> "sgd";
          case "--control-interval", "--loss-bound" -> "--controller";
          default -> value;
        };
    CommandRun.of(args).refused(said);
  }

  @Test
  void controllersThatCannotBeHad() throws IOException {
    Path open = Files.writeString(work.resolve("open.csv"), "text\n" + "a fever of three days\n");
    Path linked = Files.createLink(work.resolve("linked.csv"), notes);
    controlled("rldp", "--control-interval", "3").refused("interval of 3", "run of 2");
    controlled("constant", "--adapt-noise").refused("--adapt-noise", "rldp");
    controlled("rldp", "--mechanism", "laplace").refused("rldp", "gaussian");
    controlled("rldp", "--clipping", "flat").refused("--controller", "--clipping");
    controlled("public-static", "--reward", "private-loss").refused("--public-data");
    controlled("rldp", "--validation", linked.toString()).refused("linked.csv", "same file");
    controlled("rldp", "--validation", open.toString(), "--controller-from", "none.json")
        .refused("none.json");
    controlled("rldp", "--controller-from", notes.toString()).refused("notes.csv", "policy");
  }

  private CommandRun controlled(String controller, String... more) {
    List<String> args = new ArrayList<>(List.of("--controller", controller));
    if (!more[0].equals("--control-interval")) {
      args.addAll(List.of("--control-interval", "2"));
    }
    args.addAll(List.of(more));
    return finetune(model, notes, args.toArray(String[]::new));
  }

  @Test
  void modelsOfAnotherKind() throws IOException {
    refusedModel(
        edited("kind", "config.json", s -> s.replace("\"llama\"", "\"mamba\"")),
        "config.json",
        "mamba",
        "llama");
    refusedModel(edited("broken", "config.json", s -> s.substring(5)), "config.json");
    refusedModel(
        edited("wide", "config.json", s -> s.replaceFirst("(\"hidden_size\" : )16", "$132")),
        "model.safetensors");
    Path bare = damaged("bare");
    Files.delete(bare.resolve("model.safetensors"));
    refusedModel(bare, "bare", "model.safetensors");
  }

  @Test
  void weightsThatLie() throws IOException {
    Path cut = damaged("cut");
    byte[] whole = Files.readAllBytes(cut.resolve("model.safetensors"));
    Files.write(
        cut.resolve("model.safetensors"), java.util.Arrays.copyOf(whole, whole.length - 100));
    refusedModel(cut, "model.safetensors");
    Path huge = damaged("huge");
    byte[] long64 = whole.clone();
    ByteBuffer.wrap(long64).order(ByteOrder.LITTLE_ENDIAN).putLong(0, Long.MAX_VALUE);
    Files.write(huge.resolve("model.safetensors"), long64);
    refusedModel(huge, "model.safetensors");
    refusedModel(reheaded("dtype", h -> h.replaceFirst("\"F32\"", "\"F16\"")), "model.safetensors");
    refusedModel(
        reheaded("unknown", h -> h.replaceFirst("\"F32\"", "\"F31\"")), "model.safetensors");
    refusedModel(
        reheaded(
            "overlap", h -> h.replaceFirst("\"data_offsets\":\\[\\d+,", "\"data_offsets\":[4,")),
        "model.safetensors");
    refusedModel(
        reheaded("beyond", h -> h.replaceAll("\\[(\\d+),\\d+]", "[$1,99999999]")),
        "model.safetensors");
  }

  @Test
  void weightsThatAreNotNumbers() throws IOException {
    Path copy = damaged("nan");
    Path file = copy.resolve("model.safetensors");
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putFloat(8 + (int) bytes.getLong(0) + 40, Float.NaN);
    Files.write(file, bytes.array());
    refusedModel(copy, "model.safetensors", "NaN");
  }

  @Test
  void tokenizersThatDoNotFit() throws IOException {
    Path copy = damaged("smaller");
    String added =
        "\"added_tokens\" : [ {\"id\": 5000, \"content\": \"<more>\", \"special\": true}, ";
    String text = Files.readString(copy.resolve("tokenizer.json"));
    Files.writeString(
        copy.resolve("tokenizer.json"), text.replaceFirst("\"added_tokens\" : \\[ ", added));
    refusedModel(copy, "tokenizer.json", "5000", "480");
    Path none = damaged("none");
    Files.delete(none.resolve("tokenizer.json"));
    refusedModel(none, "tokenizer.json");
  }

  @Test
  void lengthsBeyondTheModel() {
    finetune(model, notes, "--micro-batch-tokens", "100").succeeded();
    PretrainedModel.deleteTree(output);
    CommandRun.of(
            "evaluate",
            "--model",
            model.toString(),
            "--data",
            notes.toString(),
            "--max-length",
            "65")
        .refused("--max-length 65", "64");
    CommandRun.of("generate", "--model", model.toString(), "--prompt", "a b c ".repeat(40))
        .refused("64 positions");
    CommandRun.of("generate", "--model", model.toString(), "--top-p", "0").refused("--top-p 0");
    CommandRun.of("generate", "--model", model.toString(), "--temperature", "-1")
        .refused("--temperature -1");
  }

  @Test
  void outputsThatCannotBe() throws IOException {
    Path full = Files.createDirectories(work.resolve("full"));
    Files.writeString(full.resolve("something"), "here");
    finetune(model, notes, "--output", full.toString()).refused("full", "not empty");
    Path file = Files.writeString(work.resolve("file"), "");
    finetune(model, notes, "--output", file.toString()).refused("file");
    finetune(model, notes, "--output", file.resolve("below").toString())
        .refused(file.resolve("below") + ": cannot be made: " + file + " is a file");
    Path loop = Files.createSymbolicLink(work.resolve("loop"), work.resolve("loop"));
    finetune(model, notes, "--output", loop.toString())
        .refused(loop + ": the output is a symbolic link that leads to no directory");
    finetune(model, loop).refused(loop + ": cannot be read: its symbolic links lead in a circle");
    finetune(model, notes, "--output", "/proc/sotto-cannot-write-here").refused("/proc/sotto");
    String config = model.resolve("config.json").toString();
    CommandRun.of(
            "pretrain",
            "--config",
            config,
            "--train",
            notes.toString(),
            "--output",
            full.toString())
        .refused("full", "not empty");
    CommandRun.of(
            "pretrain",
            "--config",
            config,
            "--train",
            notes.toString(),
            "--output",
            file.resolve("below").toString())
        .refused("below");
    CommandRun.of(
            "pretrain",
            "--config",
            config,
            "--train",
            notes.toString(),
            "--output",
            output.toString(),
            "--vocabulary-size",
            "20")
        .refused("20");
    CommandRun.of(
            "synthesize",
            "--kind",
            "clinical-notes",
            "--records",
            "3",
            "--output",
            notes.toString())
        .refused("notes.csv", "exists");
    CommandRun.of("synthesize", "--kind", "poems", "--records", "3", "--output", "x.csv")
        .refused("poems", "clinical-notes");
    CommandRun.of("quickstart", "--output", full.toString()).refused("full", "not empty");
    System.setProperty("sotto.home", work.toString());
    try {
      CommandRun.of("quickstart", "--output", output.toString()).refused("base", "sotto.home");
    } finally {
      System.clearProperty("sotto.home");
    }
  }

  @Test
  void backendsThatCannotRun() {
    String cuda = CommandRun.of("doctor", "--json").json().get("cuda").asText();
    Assumptions.assumeTrue(cuda.startsWith("not available"), "there is a GPU here");
    finetune(model, notes, "--backend", "cuda").refused("--backend cuda", "cpu");
    CommandRun.of("doctor", "--backend", "cuda").refused("--backend cuda", "cpu");
  }
}
