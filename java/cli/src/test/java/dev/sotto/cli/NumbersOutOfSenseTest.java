package dev.sotto.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Numbers that mean nothing are refused by their option; legal ones that protect hardly anybody are
 * said so.
 */
class NumbersOutOfSenseTest {
  private static final String ACCOUNT =
      "account --sampling-rate 0.01 --noise-multiplier 1 --steps 10 --delta 1e-5";

  @TempDir Path dir;

  /** The last option is the one that is wrong. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "account --sampling-rate 0.01 --steps 10 --delta 1e-5 --noise-multiplier 1e-300",
        "account --noise-multiplier 1 --steps 10 --delta 1e-5 --sampling-rate 1e-300",
        "evaluate --model m --data d.csv --private-epsilon 1 --loss-bound 1e300",
        "evaluate --model m --data d.csv --private-epsilon 1 --loss-bound 1e-300",
        "evaluate --model m --data d.csv --ledger l.jsonl --private-epsilon 1e-300",
        "evaluate --model m --data d.csv --ledger l.jsonl --private-epsilon 1e300",
        "finetune --model m --train d.csv --output o --learning-rate 1e30",
        "finetune --model m --train d.csv --output o --weight-decay 1e300",
        "finetune --model m --train d.csv --output o --alpha 1e300",
        "finetune --model m --train d.csv --output o --batch-size 1e-300",
        "finetune --model m --train d.csv --output o --epochs 1e300",
        "finetune --model m --train d.csv --output o --epsilon 100.1",
        "finetune --model m --train d.csv --output o --controller rldp --statistics-cost 1e-300",
        "pretrain --config c.json --train p.txt --output o --epochs 1e30",
        "generate --model m --temperature 1e300",
        "search-noise --epsilon 1 --delta 1e-6 --clip 1e300",
        "search-noise --delta 1e-6 --epsilon 1e-300",
        "describe-noise --noise n.json --order 1",
        "plan --units 1000 --epsilon 1e-300",
      })
  void areRefusedByTheirOption(String call) {
    String[] words = call.split(" ");
    String wrong = words[words.length - 2] + " " + words[words.length - 1];
    CommandRun.of(words).refused(wrong + " is not a number ", "; give one, for example --");
  }

  private CommandRun create(String epsilon, String delta) {
    return CommandRun.of(
        "budget create --data-set d --budget-book %s --epsilon %s --delta %s"
            .formatted(dir.resolve("book.jsonl"), epsilon, delta)
            .split(" "));
  }

  @Test
  void aBudgetThatPromisesNothing() {
    create("1e9", "1e-6").refused("--epsilon 1e9 is not a number from 1e-6 to 100");
    create("8", "0.5").refused("--delta 0.5 is not a number from 1e-30 to 0.1");
    assertFalse(Files.exists(dir.resolve("book.jsonl")));
    CommandRun weak = create("30", "0.01").succeeded();
    List<String> said = weak.err().lines().toList();
    assertEquals(2, said.size(), weak.err());
    assertTrue(said.get(0).startsWith("WEAK      epsilon 30 promises next to nothing"));
    assertTrue(
        said.get(1).startsWith("WEAK      delta 0.01 is no guarantee for 100 privacy units"));
  }

  @Test
  void whatIsUsualIsNotRemarkedUpon() {
    assertEquals("", create("20", "0.001").succeeded().err());
    assertEquals("", CommandRun.of(ACCOUNT.split(" ")).succeeded().err());
    String weak = CommandRun.of((ACCOUNT.replace("1e-5", "0.002")).split(" ")).succeeded().err();
    assertTrue(weak.startsWith("WEAK      delta 0.002 is no guarantee for 500 "), weak);
  }

  @Test
  void aBatchOfMoreThanThereAre() {
    CommandRun.of("plan --epsilon 8 --units 100 --batch-size 200".split(" "))
        .refused(
            "--batch-size 200 exceeds the 100 privacy units",
            "give --batch-size 16, or another up to 100");
    CommandRun.of("plan --epsilon 8 --units 200".split(" "))
        .refused("--batch-size 256, the default, exceeds the 200 privacy units");
  }

  @Test
  void aNameThatIsNone() {
    String book = dir.resolve("book.jsonl").toString();
    for (String[] named :
        new String[][] {{"--data-set", " ", "record"}, {"--privacy-unit", "wards", "\n"}}) {
      CommandRun.of(
              "budget",
              "create",
              "--budget-book",
              book,
              "--data-set",
              named[1],
              "--privacy-unit",
              named[2],
              "--epsilon",
              "8",
              "--delta",
              "1e-6")
          .refused("give a short one with " + named[0]);
    }
  }

  @Test
  void moreStepsThanAnyRunTakes() {
    CommandRun.of("plan --epsilon 8 --units 100000000 --batch-size 1".split(" "))
        .refused("3 epochs at sampling rate 1e-8 are 300,000,000 steps, more than 10,000,000");
  }
}
