package dev.sotto.data.synthetic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.data.DataColumns;
import dev.sotto.data.RecordFiles;
import dev.sotto.data.TextRecord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyntheticTextTest {
  /** A word at the start or after a blank: a tokenizer tells it from the same letters elsewhere. */
  private static final Pattern WORD = Pattern.compile("(?<=^|\\s)[A-Za-z]+");

  @TempDir Path dir;

  private static Set<String> words(List<String> texts) {
    return texts.stream()
        .flatMap(text -> WORD.matcher(text).results())
        .map(MatchResult::group)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static List<String> texts(List<TextRecord> notes) {
    return notes.stream().map(TextRecord::text).toList();
  }

  @Test
  void oneSeedGivesOneText() {
    assertEquals(PublicText.generate(50, 5), PublicText.generate(50, 5));
    assertNotEquals(PublicText.generate(50, 5), PublicText.generate(50, 6));
    assertEquals(ClinicalNotes.generate(50, 5), ClinicalNotes.generate(50, 5));
    assertNotEquals(ClinicalNotes.generate(50, 5), ClinicalNotes.generate(50, 6));
    assertEquals(ClinicalNotes.generate(20, 5), ClinicalNotes.generate(50, 5).subList(0, 20));
  }

  @Test
  void publicTextHoldsEveryWordOfTheNotes() {
    Set<String> known = words(PublicText.generate(20_000, 1));
    assertTrue(known.size() > 1000 && known.size() < 2000, "words: " + known.size());
    Set<String> used = words(texts(ClinicalNotes.generate(4000, 2)));
    assertTrue(used.size() > 300, "words: " + used.size());
    used.removeAll(known);
    assertEquals(Set.of(), used);
  }

  @Test
  void textIsClean() {
    Pattern fault = Pattern.compile("[{}|\\n]|  | \\.|\\ba [aeiou]|\\.\\.");
    List<String> all = new ArrayList<>(PublicText.generate(3000, 3));
    all.addAll(texts(ClinicalNotes.generate(1000, 3)));
    for (String text : all) {
      assertFalse(fault.matcher(text).find(), text);
      assertTrue(text.endsWith(".") || text.endsWith("\""), text);
    }
  }

  @Test
  void notesHaveLengthPatientsAndStructure() {
    List<TextRecord> notes = ClinicalNotes.generate(1000, 4);
    assertEquals(1000, notes.size());
    long patients = notes.stream().map(TextRecord::unit).distinct().count();
    assertTrue(patients > 300 && patients < 600, "patients: " + patients);
    for (TextRecord note : notes) {
      int words = note.text().split(" ").length;
      assertTrue(words >= 30 && words <= 90, note.text());
      if (note.text().contains("productive cough and fever")) {
        assertTrue(note.text().contains("pneumonia"), note.text());
        assertTrue(note.text().contains("Temp 38") || note.text().contains("Temp 39"));
      }
      if (note.text().contains(", type 2 diabetes ")
          || note.text().contains("type 2 diabetes and")) {
        assertTrue(note.text().contains("metformin") || note.text().contains("insulin"));
      }
    }
    assertTrue(texts(notes).stream().anyMatch(text -> text.contains("pneumonia")));
  }

  @Test
  void filesAreReadBack() {
    List<TextRecord> notes = ClinicalNotes.generate(30, 1);
    Path csv = dir.resolve("notes.csv");
    ClinicalNotes.writeCsv(csv, notes);
    assertEquals(notes, RecordFiles.read(csv, DataColumns.text("text").withUnit("patient")));
    List<String> paragraphs = PublicText.generate(30, 1);
    Path txt = dir.resolve("public.txt");
    PublicText.writeText(txt, paragraphs);
    assertEquals(paragraphs, texts(RecordFiles.read(txt, DataColumns.text("text"))));
  }
}
