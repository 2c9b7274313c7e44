package dev.sotto.data.synthetic;

import dev.sotto.base.InputException;
import dev.sotto.data.Split;
import dev.sotto.data.TextRecord;
import dev.sotto.data.synthetic.DiabetesTable.Encounter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;

/**
 * One pseudo-clinical note for each encounter of the Diabetes-130 table (Strack et al. 2014), whose
 * rows are real: the notes carry the facts of the row in plain clinical phrasing, about 25 to 45
 * words, and leave out what is missing. The privacy unit is the table's {@code patient_nbr}.
 *
 * <p>The wording of a note depends on the seed and on its encounter alone, never on which others
 * were asked for.
 */
public final class DiabetesNotes {
  private final List<Encounter> encounters;

  /** Encounters of each patient, in the order in which patients occur. */
  private final Map<String, List<Encounter>> patients = new LinkedHashMap<>();

  private final DiabetesPhrases phrases = new DiabetesPhrases();

  private DiabetesNotes(List<Encounter> encounters) {
    this.encounters = encounters;
    for (Encounter encounter : encounters) {
      patients
          .computeIfAbsent(encounter.get("patient_nbr"), p -> new ArrayList<>(1))
          .add(encounter);
    }
  }

  /**
   * Reads the table.
   *
   * @param table {@code diabetic_data.csv} of the Diabetes-130 set, possibly with {@code .gz}
   * @return its notes
   * @throws dev.sotto.base.InputException if the file is missing, unreadable or not this table; a
   *     missing column is named
   */
  public static DiabetesNotes read(Path table) {
    return new DiabetesNotes(DiabetesTable.read(table));
  }

  /**
   * Rows of the table.
   *
   * @return how many notes there can be
   */
  public int encounters() {
    return encounters.size();
  }

  /**
   * Different patients.
   *
   * @return how many privacy units there can be
   */
  public int patients() {
    return patients.size();
  }

  /**
   * The note of every encounter.
   *
   * @param seed any number; one seed gives one text
   * @return the notes in the table's order
   */
  public List<TextRecord> all(long seed) {
    return encounters.parallelStream().map(encounter -> note(encounter, seed)).toList();
  }

  /**
   * Notes of patients drawn at random, in two sets that share no patient.
   *
   * @param records notes to learn from, at least 1
   * @param heldOut notes to hold out, at least 0
   * @param seed of the draw and of the wording
   * @return both sets, patient by patient; of the last patient of a set some encounters may be
   *     missing
   * @throws InputException if the table has too few encounters
   */
  public Split split(int records, int heldOut, long seed) {
    List<List<Encounter>> order = new ArrayList<>(patients.values());
    Collections.shuffle(order, new Random(seed));
    List<TextRecord> train = new ArrayList<>();
    List<TextRecord> validation = new ArrayList<>();
    for (List<Encounter> stays : order) {
      // A patient begun in the first set is never continued in the second.
      boolean first = train.size() < records;
      List<TextRecord> set = first ? train : validation;
      int wanted = first ? records : heldOut;
      stays.stream()
          .limit(Math.max(0, wanted - set.size()))
          .forEach(stay -> set.add(note(stay, seed)));
    }
    if (train.size() < records || validation.size() < heldOut) {
      throw new InputException(
          records
              + " records and "
              + heldOut
              + " held out are more than the table's "
              + encounters.size()
              + " encounters give; ask for fewer");
    }
    return new Split(train, validation);
  }

  private TextRecord note(Encounter encounter, long seed) {
    // Random's first draws are alike for neighbouring seeds, and encounter numbers are neighbours.
    long id = Long.parseLong(encounter.get("encounter_id"));
    long own = new SplittableRandom(new SplittableRandom(seed).nextLong() + id).nextLong();
    String text = phrases.note(encounter, new Grammar(Map.of(), new Random(own)));
    return new TextRecord(null, text, encounter.get("patient_nbr"));
  }
}
