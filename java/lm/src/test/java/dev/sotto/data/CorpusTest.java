package dev.sotto.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.InputException;
import dev.sotto.base.Json;
import dev.sotto.tokenizer.Tokenizer;
import dev.sotto.tokenizer.VocabularyBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusTest {
  private static final int NONE = Block.NO_TARGET;
  private static final int BOS = 1;
  private static final int EOS = 2;
  private static final Frame BOTH = new Frame(new int[] {BOS}, new int[] {EOS});
  private static final Frame BEGIN = new Frame(new int[] {BOS}, new int[0]);

  @TempDir Path dir;
  private Tokenizer tokenizer;

  @BeforeEach
  void open() {
    int size = VocabularyBuilder.write(dir, List.of("one two three four five six seven"), 1000);
    tokenizer = Tokenizer.open(dir, size);
  }

  @AfterEach
  void close() {
    tokenizer.close();
  }

  private int id(String word) {
    int[] ids = tokenizer.encode(word);
    assertEquals(1, ids.length);
    return ids[0];
  }

  private static CorpusOptions length(int maxLength) {
    return length(maxLength, Integer.MAX_VALUE);
  }

  private static CorpusOptions length(int maxLength, int maxBlocksPerUnit) {
    return new CorpusOptions(maxLength, BOTH, "\n", maxBlocksPerUnit);
  }

  @Test
  void framesARecord() {
    Corpus corpus = Corpus.tokenize(List.of(TextRecord.of("one two")), tokenizer, length(8));
    Block block = corpus.units().get(0).blocks().get(0);
    assertArrayEquals(new int[] {BOS, id("one"), id("two"), EOS}, block.ids());
    assertArrayEquals(new int[] {id("one"), id("two"), EOS, NONE}, block.targets());
    assertEquals(3, block.targetCount());
  }

  @Test
  void framesRecordsOfATokenizerWithoutABeginning() throws IOException {
    Files.delete(dir.resolve("tokenizer_config.json"));
    CorpusOptions options = new CorpusOptions(3, Frame.NONE, "\n", Integer.MAX_VALUE);
    String text = "one two three four five six seven";
    List<TextRecord> records = List.of(TextRecord.of(text), TextRecord.of("one"));
    try (Tokenizer bare = Tokenizer.open(dir, 1000)) {
      assertTrue(bare.bosId().isEmpty());
      List<PrivacyUnit> units = Corpus.tokenize(records, bare, options).units();
      List<Integer> learned = new ArrayList<>();
      int before = id("one");
      for (Block block : units.get(0).blocks()) {
        assertEquals(
            before, block.ids()[0], "a block goes on from the last token of the one before");
        before = block.ids()[block.ids().length - 1];
        Arrays.stream(block.targets()).filter(t -> t != NONE).forEach(learned::add);
      }
      assertEquals(
          Arrays.stream(text.split(" ")).skip(1).map(this::id).toList(),
          learned,
          "every token but the first is a target exactly once");
      assertEquals(0, units.get(1).blocks().size());
      List<Block> documents =
          Corpus.documents(
                  List.of(TextRecord.of("one two"), TextRecord.of("one"), TextRecord.of("")),
                  bare,
                  Frame.NONE,
                  8,
                  "\n")
              .blocks();
      assertArrayEquals(new int[] {id("one"), id("two")}, documents.get(0).ids());
      assertArrayEquals(new int[] {id("two"), NONE}, documents.get(0).targets());
      assertEquals(0, documents.get(1).targetCount());
      assertEquals(0, documents.get(2).targetCount());
    }
  }

  @Test
  void cutsALongRecordIntoBlocksOfOneUnit() {
    List<TextRecord> records = List.of(TextRecord.of("one two three four five six seven"));
    Corpus corpus = Corpus.tokenize(records, tokenizer, length(4));
    assertEquals(1, corpus.units().size());
    List<Block> blocks = corpus.units().get(0).blocks();
    assertEquals(3, blocks.size());
    List<Integer> learned = new ArrayList<>();
    for (Block block : blocks) {
      assertEquals(BOS, block.ids()[0]);
      assertTrue(block.ids().length <= 4);
      assertEquals(NONE, block.targets()[block.targets().length - 1]);
      Arrays.stream(block.targets()).filter(t -> t != NONE).forEach(learned::add);
    }
    List<Integer> expected = new ArrayList<>();
    for (String word : "one two three four five six seven".split(" ")) {
      expected.add(id(word));
    }
    expected.add(EOS);
    assertEquals(expected, learned, "every token is a target exactly once");
    Corpus kept = Corpus.tokenize(records, tokenizer, length(4, 2));
    assertEquals(2, kept.blockCount());
    assertArrayEquals(blocks.get(1).ids(), kept.units().get(0).blocks().get(1).ids());
  }

  @Test
  void learnsTheCompletionOnly() {
    List<TextRecord> pair = List.of(new TextRecord("one two", "three", null));
    Block block = Corpus.tokenize(pair, tokenizer, length(20)).units().get(0).blocks().get(0);
    int newline = tokenizer.encode("one\n")[1];
    assertArrayEquals(
        new int[] {BOS, id("one"), id("two"), newline, id("three"), EOS}, block.ids());
    assertArrayEquals(new int[] {NONE, NONE, NONE, id("three"), EOS, NONE}, block.targets());
    // The prompt alone fills the first block, which then has nothing to learn.
    List<Block> cut = Corpus.tokenize(pair, tokenizer, length(4)).units().get(0).blocks();
    assertEquals(1, cut.size());
    assertArrayEquals(new int[] {BOS, id("three"), EOS}, cut.get(0).ids());
    assertArrayEquals(new int[] {id("three"), EOS, NONE}, cut.get(0).targets());
  }

  @Test
  void groupsByPrivacyUnit() {
    List<TextRecord> records =
        List.of(
            new TextRecord(null, "one", "p1"),
            TextRecord.of("two"),
            new TextRecord(null, "three", "p2"),
            new TextRecord(null, "four", "p1"),
            TextRecord.of("two"),
            new TextRecord(null, "five", "1"));
    Corpus corpus = Corpus.tokenize(records, tokenizer, length(8));
    assertEquals(
        List.of(2, 1, 1, 1, 1), corpus.units().stream().map(unit -> unit.blocks().size()).toList());
    assertEquals(id("four"), corpus.units().get(0).blocks().get(1).ids()[1]);
    Corpus limited = Corpus.tokenize(records, tokenizer, length(8, 1));
    assertEquals(5, limited.blockCount());
  }

  @Test
  void countsARecordThatHasNothingToLearn() {
    CorpusOptions bare = new CorpusOptions(8, BEGIN, "\n", 1);
    Corpus corpus = Corpus.tokenize(List.of(TextRecord.of("")), tokenizer, bare);
    assertEquals(1, corpus.units().size());
    assertEquals(0, corpus.blockCount());
    CorpusOptions plain = new CorpusOptions(8, Frame.NONE, "\n", 1);
    Block block =
        Corpus.tokenize(List.of(TextRecord.of("one two")), tokenizer, plain)
            .units()
            .get(0)
            .blocks()
            .get(0);
    assertArrayEquals(new int[] {id("one"), id("two")}, block.ids());
    assertArrayEquals(new int[] {id("two"), NONE}, block.targets());
  }

  @Test
  void truncatesDocuments() {
    List<TextRecord> records =
        List.of(
            TextRecord.of("one two three"),
            TextRecord.of(""),
            new TextRecord("one", "two three", null));
    Documents cut = Corpus.documents(records, tokenizer, BEGIN, 3, " ");
    List<Block> blocks = cut.blocks();
    assertEquals(2, cut.cutOff());
    assertEquals(2, cut.withoutTargets(), "the empty one and the prompt that fills the length");
    assertArrayEquals(new int[] {BOS, id("one"), id("two")}, blocks.get(0).ids());
    assertArrayEquals(new int[] {id("one"), id("two"), NONE}, blocks.get(0).targets());
    assertEquals(0, blocks.get(1).targetCount());
    Documents long100 = Corpus.documents(records, tokenizer, BEGIN, 100, "");
    assertEquals(0, long100.cutOff());
    assertEquals(1, long100.withoutTargets(), "the empty one");
    List<Block> whole = long100.blocks();
    assertArrayEquals(new int[] {NONE, id("two"), id("three"), NONE}, whole.get(2).targets());
  }

  @Test
  void scoresWhatIsLearned() {
    List<TextRecord> records =
        List.of(
            TextRecord.of("one two three"),
            TextRecord.of(""),
            new TextRecord("one", "two three", null));
    for (Frame frame : List.of(BOTH, BEGIN, Frame.NONE, new Frame(new int[0], new int[] {EOS}))) {
      List<Block> scored = Corpus.documents(records, tokenizer, frame, 100, "\n").blocks();
      CorpusOptions options = new CorpusOptions(100, frame, "\n", Integer.MAX_VALUE);
      List<PrivacyUnit> learned = Corpus.tokenize(records, tokenizer, options).units();
      for (int i = 0; i < records.size(); i++) {
        List<Block> blocks = learned.get(i).blocks();
        assertEquals(scored.get(i).targetCount() > 0 ? 1 : 0, blocks.size());
        if (!blocks.isEmpty()) {
          assertArrayEquals(blocks.get(0).ids(), scored.get(i).ids());
          assertArrayEquals(blocks.get(0).targets(), scored.get(i).targets());
        }
      }
    }
  }

  @Test
  void refusesAbsurdOptionsAndMissingSpecials() throws IOException {
    assertThrows(InputException.class, () -> length(1));
    assertThrows(InputException.class, () -> length(8, 0));
    Frame wide = new Frame(new int[] {BOS, BOS}, new int[0]);
    assertThrows(InputException.class, () -> new CorpusOptions(2, wide, "\n", 1));
    Files.delete(dir.resolve("tokenizer_config.json"));
    Path file = dir.resolve("tokenizer.json");
    ObjectNode root = (ObjectNode) Json.read(file, "");
    root.putNull("post_processor");
    Files.write(file, Json.file(root));
    try (Tokenizer bare = Tokenizer.open(dir, 1000)) {
      assertEquals(Framing.of(false, false), Frame.of(Framing.OF_THE_TOKENIZER, bare).framing());
      assertRefused(Framing.of(true, false), bare, "beginning-of-sequence");
      assertRefused(Framing.of(false, true), bare, "end-of-sequence");
    }
  }

  private static void assertRefused(Framing framing, Tokenizer tokenizer, String what) {
    InputException e = assertThrows(InputException.class, () -> Frame.of(framing, tokenizer));
    assertTrue(e.getMessage().contains(what), e.getMessage());
  }

  @Test
  void printsNothingPrivate() {
    Corpus corpus = Corpus.tokenize(List.of(TextRecord.of("one two")), tokenizer, length(8));
    assertFalse((corpus + "" + corpus.units()).contains(String.valueOf(id("two"))));
  }

  @Test
  void countsTheTokensOfRealDocuments() {
    Path stories = SharedFiles.require("data/models/stories260K-hf");
    DataColumns text = DataColumns.text("text");
    List<TextRecord> five =
        RecordFiles.read(
            SharedFiles.require("data/corpus/tinystories_sample_cs336.txt"),
            text,
            new RecordOptions(TextSplit.DOCUMENT_MARK, false));
    List<TextRecord> thousand =
        RecordFiles.read(SharedFiles.require("data/corpus/tinystories_1000.json.gz"), text);
    try (Tokenizer real = Tokenizer.open(stories, 512)) {
      assertEquals(1804, targets(Corpus.documents(five, real, BEGIN, 512, "\n")));
      assertEquals(1809, targets(Corpus.documents(five, real, BOTH, 512, "\n")));
      List<TextRecord> some = thousand.subList(0, 200);
      assertEquals(80_862, targets(Corpus.documents(some, real, BEGIN, 512, "\n")));
    }
  }

  private static int targets(Documents documents) {
    return documents.blocks().stream().mapToInt(Block::targetCount).sum();
  }
}
