package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Paths that lead to something else than is wanted, or nowhere: what is said, and what is left. */
class WrongFilesTest {
  @TempDir Path dir;
  private Path file;
  private Path loop;

  @BeforeEach
  void make() throws IOException {
    file = Files.writeString(dir.resolve("notes.csv"), "patient,text\n1,a fever\n");
    loop = Files.createSymbolicLink(dir.resolve("loop"), dir.resolve("loop"));
  }

  private static CommandRun account(Path ledger) {
    return CommandRun.of("account", "--ledger", ledger.toString());
  }

  private static CommandRun show(Path book) {
    return CommandRun.of("budget", "show", "--budget-book", book.toString());
  }

  private Path book() {
    Path book = dir.resolve("book.jsonl");
    CommandRun.of(
            "budget create --data-set d --epsilon 8 --delta 1e-6 --budget-book %s"
                .formatted(book)
                .split(" "))
        .succeeded();
    return book;
  }

  @Test
  void whatIsNoLedgerWasNotChanged() throws IOException {
    List<Path> others =
        List.of(
            file,
            Files.writeString(dir.resolve("empty.jsonl"), ""),
            Files.writeString(dir.resolve("run.json"), "{\n  \"epsilon\": 8\n}\n"),
            Files.writeString(dir.resolve("notes.jsonl"), "{\"text\": \"a fever\"}\n"),
            Files.write(dir.resolve("weights"), new byte[] {16, 0, 0, 0, 0, 0, 0, 0, '{', '}'}));
    for (Path other : others) {
      account(other)
          .refused(other + ": is no ledger; name the ledger.jsonl that 'sotto finetune' left");
      show(other).refused(other + ": is no budget book; name one that 'sotto budget create' made");
    }
  }

  @Test
  void ledgersAndBooksAreTakenForOneAnother() throws IOException {
    account(book()).refused("is a budget book, which 'sotto budget show' shows, and no ledger");
    Path ledger = dir.resolve("ledger.jsonl");
    Files.writeString(ledger, "{\"line\":1,\"kind\":\"header\",\"previous\":\"00\"}\n");
    show(ledger).refused("is a run's ledger, which 'sotto account' reads, and no budget book");
  }

  @Test
  void whatWasOneStillSaysThatItWasChanged() throws IOException {
    Path book = book();
    Files.write(book, new byte[] {'x', '\n'});
    show(book).refused("line 1", "the book was changed");
    Path ledger = dir.resolve("cut.jsonl");
    Files.writeString(ledger, "{\"line\":1,\"kind\":\"reserve\",\"previous\":\"00\"}\n");
    account(ledger).refused("line 1", "the ledger was changed");
  }

  @Test
  void linksThatLeadInACircle() {
    String circle = loop + ": cannot be read: its symbolic links lead in a circle";
    account(loop).refused(circle);
    show(loop).refused(circle);
    CommandRun.of("describe-noise", "--noise", loop.toString()).refused(circle);
    CommandRun.of("plan", "--config", loop.toString()).refused(circle);
    CommandRun.of(
            "budget create --data-set d --epsilon 8 --delta 1e-6 --budget-book %s"
                .formatted(loop)
                .split(" "))
        .refused(loop + ": exists already");
  }

  @Test
  void aFileWhereADirectoryBelongs() {
    Path below = file.resolve("below.jsonl");
    String inTheWay = below + ": cannot be read: a part of the path is a file";
    account(below).refused(inTheWay);
    show(below).refused(inTheWay);
    CommandRun.of(
            "synthesize --kind public-text --records 2 --output %s/x.txt"
                .formatted(file)
                .split(" "))
        .refused("x.txt: cannot be written: a part of the path is a file");
    CommandRun.of(
            "synthesize --kind public-text --records 2 --output %s/none/x.txt"
                .formatted(dir)
                .split(" "))
        .refused("x.txt: cannot be written: its directory is not there");
  }

  @Test
  void aReaderThatLeavesIsToldFromAFullDisk() throws IOException {
    assertTrue(failing("Broken pipe").abandoned());
    assertFalse(failing("No space left on device").abandoned());
    assertEquals("Broken pipe", failing("Broken pipe").failure().getMessage());
    assertFalse(new StandardOutput(OutputStream.nullOutputStream()).abandoned());
  }

  private static StandardOutput failing(String reason) {
    StandardOutput out =
        new StandardOutput(
            new OutputStream() {
              @Override
              public void write(int b) throws IOException {
                throw new IOException(reason);
              }
            });
    assertThrows(IOException.class, () -> out.write('x'));
    return out;
  }
}
