package dev.sotto.budget;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import dev.sotto.ledger.ChainHead;
import dev.sotto.ledger.ChainedLines;
import dev.sotto.ledger.LedgerLine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Reads and verifies a book: one JSON object a line, each with the SHA-256 of the line before.
 *
 * <p>Kinds: {@code book} begins it with its terms; {@code start} reserves a run's whole promise;
 * {@code resume} honours a further nonce of the run; {@code close} says what it was charged in the
 * end. A last line without line end is a write that a crash cut short: whoever wrote it was not
 * told that it succeeded and released nothing under it, so it does not count.
 */
final class BookReader {
  static final int VERSION = 1;
  static final JsonMapper JSON =
      Json.MAPPER
          .rebuild()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
          .build();

  private final Path file;
  private final Map<String, BookEntry> runs = new LinkedHashMap<>();
  private final ChainedLines lines = new ChainedLines(JSON, this::interpret, this::corrupt);
  private BudgetTerms terms;

  private BookReader(Path file) {
    this.file = file;
  }

  /** Where the heads of a book and of its runs' ledgers are kept. */
  static Path heads(Path file) {
    return file.resolveSibling(file.getFileName() + ".heads");
  }

  /** The head of the book itself. */
  static Path head(Path file) {
    return heads(file).resolve("book");
  }

  /**
   * Reads a whole book.
   *
   * @throws InputException if it is missing or was changed
   */
  static BookReader read(Path file) {
    BookReader reader = new BookReader(file);
    reader.requireBook();
    // First the head: a process that writes meanwhile puts it behind its lines.
    String head = reader.text(head(file), "; it belongs to the book, put it back or move it along");
    reader.readLines();
    reader.checkHead(head);
    return reader;
  }

  /** Something else that was named by mistake was not changed; it never was a book. */
  private void requireBook() {
    String beginning;
    try {
      beginning = ChainedLines.beginning(file);
    } catch (NoSuchFileException e) {
      throw new InputException(
          file + ": there is no such budget book; make it with 'sotto budget create'", e);
    } catch (IOException e) {
      throw FileFailure.cannotBeRead(file, e);
    }
    String what =
        ChainedLines.begins(beginning, "header")
            ? "is a run's ledger, which 'sotto account' reads, and no budget book"
            : Files.exists(head(file)) || ChainedLines.mayHold(beginning)
                ? null
                : "is no budget book";
    if (what != null) {
      throw new InputException(file + ": " + what + "; name one that 'sotto budget create' made");
    }
  }

  private String text(Path path, String hint) {
    try {
      return new String(Files.readAllBytes(path), StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw new InputException(file + ": " + path + " is missing" + hint, e);
    } catch (IOException e) {
      throw FileFailure.cannotBeRead(path, e);
    }
  }

  private void readLines() {
    try {
      lines.read(Files.readAllBytes(file));
    } catch (IOException e) {
      throw FileFailure.cannotBeRead(file, e);
    }
    if (terms == null) {
      throw corrupt("does not begin a budget book");
    }
  }

  private void interpret(JsonNode node) throws JsonProcessingException {
    String kind = node.path("kind").asText();
    if ((terms == null) != kind.equals("book")) {
      throw corrupt(terms == null ? "does not begin a budget book" : "begins a second book");
    }
    switch (kind) {
      case "book" -> {
        if (node.path("version").asInt() != VERSION) {
          throw corrupt("has a version that is not known; known is " + VERSION);
        }
        terms = JSON.treeToValue(node.path("terms"), BudgetTerms.class);
        if (terms == null) {
          throw corrupt("holds no terms");
        }
      }
      case "start" -> {
        BookEntry run =
            new BookEntry(
                LedgerLine.id(node, "run"),
                LedgerLine.id(node, "nonce"),
                1,
                cost(node, "promised"),
                null);
        if (runs.putIfAbsent(run.run(), run) != null) {
          throw corrupt("starts a run a second time");
        }
      }
      case "resume" -> {
        BookEntry run = open(node);
        String nonce = LedgerLine.id(node, "nonce");
        replace(new BookEntry(run.run(), nonce, run.starts() + 1, run.promised(), null));
      }
      case "close" -> {
        BookEntry run = open(node);
        PrivacyCost charged = cost(node, "charged");
        if (!charged.within(run.promised())) {
          throw corrupt("charges more than was promised");
        }
        replace(new BookEntry(run.run(), run.nonce(), run.starts(), run.promised(), charged));
      }
      default -> throw corrupt("is of a kind that is not known");
    }
  }

  private BookEntry open(JsonNode node) {
    BookEntry run = runs.get(LedgerLine.id(node, "run"));
    if (run == null || run.closed()) {
      throw corrupt("goes on with a run that is not open");
    }
    return run;
  }

  private void replace(BookEntry run) {
    runs.put(run.run(), run);
  }

  private PrivacyCost cost(JsonNode node, String field) throws JsonProcessingException {
    PrivacyCost cost = JSON.treeToValue(node.path(field), PrivacyCost.class);
    if (cost == null) {
      throw new IllegalArgumentException("no " + field);
    }
    cost.requireSameMeasures(terms.total());
    return cost;
  }

  private void checkHead(String text) {
    ChainHead head;
    try {
      head = ChainHead.parse(text);
    } catch (IllegalArgumentException e) {
      throw new InputException(
          head(file) + ": is damaged; put back the book with all its files", e);
    }
    if (!head.reachedBy(lines.hashes())) {
      throw corrupt(
          head.lines() >= lines.number()
              ? "the book ends here, but " + head.lines() + " lines were written"
              : "line " + head.lines() + " is not the one that was written");
    }
  }

  private InputException corrupt(String reason) {
    return new InputException(
        file
            + ": line "
            + lines.number()
            + ": "
            + reason
            + "; the book was changed after it was written, and nothing can be charged to it: put"
            + " back the one that was written");
  }

  BookContents contents() {
    return new BookContents(terms, runs);
  }

  ChainHead head() {
    return new ChainHead(lines.number() - 1L, lines.lastHash());
  }

  long completeBytes() {
    return lines.completeBytes();
  }
}
