package dev.sotto.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.data.RecordFiles;
import dev.sotto.data.RecordOptions;
import dev.sotto.data.SharedFiles;
import dev.sotto.data.TextRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class GlueTaskTest {
  @TempDir Path dir;

  private static List<TextRecord> read(Path file, GlueTask.Layout layout) {
    return RecordFiles.read(
        file, layout.columns(), RecordOptions.DEFAULT.withTable(layout.table()));
  }

  /** Counts of lines and of the class 1 (or of scores of at least 2.5), told apart by awk. */
  @ParameterizedTest
  @CsvSource({
    "SST2, sst2/glue, train, 67349, 37569",
    "SST2, sst2/glue, dev, 872, 444",
    "SST2, sst2/glue, test-labeled, 1821, 904",
    "COLA, glue/CoLA, train, 8551, 6023",
    "COLA, glue/CoLA, dev, 1043, 721",
    "MNLI, glue/MNLI, dev, 9815, 3123",
    "MRPC, glue/MRPC, train, 3667, 2473",
    "MRPC, glue/MRPC, dev, 408, 279",
    "QNLI, glue/QNLI, dev, 5463, 2761",
    "QQP, glue/QQP, dev, 40430, 14885",
    "RTE, glue/RTE, train, 2490, 1241",
    "RTE, glue/RTE, dev, 277, 131",
    "STSB, glue/STS-B, train, 5749, 3422",
    "STSB, glue/STS-B, dev, 1500, 757",
    "WNLI, glue/WNLI, train, 635, 312",
    "WNLI, glue/WNLI, dev, 71, 31"
  })
  void readsTheRealFiles(GlueTask task, String folder, String part, int records, int ofOne) {
    Path file = task.file(SharedFiles.require("data/" + folder), part);
    List<TextRecord> read = read(file, task.labelled(file));
    assertEquals(records, read.size());
    boolean pairs = task != GlueTask.SST2 && task != GlueTask.COLA;
    assertTrue(read.stream().allMatch(record -> record.pair().isPresent() == pairs));
    long ones =
        task.target()
            .labels()
            .map(labels -> Arrays.stream(labels.ids(read)).filter(id -> id == 1).count())
            .orElseGet(
                () ->
                    Arrays.stream(task.target().range().get().values(read))
                        .filter(score -> score >= 2.5)
                        .count());
    assertEquals(ofOne, ones);
  }

  @ParameterizedTest
  @CsvSource({
    "SST2, sst2/glue, 1821",
    "COLA, glue/CoLA, 1063",
    "MRPC, glue/MRPC, 1725",
    "QNLI, glue/QNLI, 5463",
    "RTE, glue/RTE, 3000",
    "STSB, glue/STS-B, 1379",
    "WNLI, glue/WNLI, 146"
  })
  void readsTheRealFilesWithoutLabels(GlueTask task, String folder, int records) {
    Path file = task.file(SharedFiles.require("data/" + folder), "test");
    assertEquals(records, read(file, task.unlabelled()).size());
  }

  @Test
  void readsTheTextsAsTheyAre() {
    Path file = GlueTask.MRPC.file(SharedFiles.require("data/glue/MRPC"), "dev");
    TextRecord first = read(file, GlueTask.MRPC.labelled(file)).get(0);
    assertTrue(first.text().startsWith("He said the foodservice pie business"));
    assertTrue(first.pair().get().startsWith("\" The foodservice pie business"), "quotes stay");
  }

  @Test
  void findsColumnsUnderTheNamesOfTheOriginalFiles() throws IOException {
    Path file =
        Files.writeString(
            dir.resolve("dev_matched.tsv"),
            "index\tgenre\tsentence1\tsentence2\tlabel1\tgold_label\n"
                + "0\tfiction\tIt \"rained.\tIt was wet.\tneutral\tentailment\n");
    GlueTask mnli = GlueTask.of("glue:mnli");
    List<TextRecord> records = read(mnli.file(dir, "dev"), mnli.labelled(file));
    assertEquals("It \"rained.", records.get(0).text());
    assertEquals("entailment", records.get(0).label().get().text());
  }

  @Test
  void refusesInOneLine() throws IOException {
    assertTrue(
        LabelsTest.refusal(() -> GlueTask.of("glue:sst3")).contains("choose one of glue:sst2,"));
    assertTrue(
        LabelsTest.refusal(() -> GlueTask.SST2.file(dir, "train"))
            .startsWith(dir + ": has no file train.tsv or train.tsv.gz"));
    Path file = Files.writeString(dir.resolve("a.tsv"), "Zanzibar\t0\nx\t1\n");
    assertTrue(
        LabelsTest.refusal(() -> GlueTask.QQP.labelled(file))
            .startsWith(
                file + ": line 1: the header has no column 'is_duplicate' or 'label', where"));
  }

  @ParameterizedTest
  @EnumSource
  void everyRowSaysWhatIsTold(GlueTask task) {
    GlueTask.Target target = task.target();
    assertTrue(target.labels().isPresent() != target.range().isPresent());
    boolean scores =
        task.metrics().contains(Metric.PEARSON) || task.metrics().contains(Metric.SPEARMAN);
    assertEquals(target.range().isPresent(), scores);
    assertEquals(task, GlueTask.of(task.dataset()));
  }
}
