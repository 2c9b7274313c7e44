package dev.sotto.data.synthetic;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * The little medicine that both generators know, so that the public text holds every word of the
 * notes. It is believable, not advice.
 */
final class MedicalLexicon {
  private MedicalLexicon() {}

  /** A lasting condition: from which age it is met, what is taken for it, what it is. */
  record Condition(String name, int fromAge, List<String> medicines, String meaning) {}

  /**
   * A reason to come: what is found, what was tested with what outcome, what it is, what is done,
   * what it does not come with, and what it is in plain words.
   */
  record Complaint(
      String name,
      String finding,
      String test,
      String outcome,
      String diagnosis,
      String treatment,
      String denied,
      String meaning) {}

  /** A short form of the notes and the words it stands for. */
  record ShortForm(String letters, String words) {}

  static final List<Condition> CONDITIONS =
      rows(
          "conditions.txt",
          f -> new Condition(f[0], Integer.parseInt(f[1]), Arrays.asList(f[2].split("; ")), f[3]));

  static final List<Complaint> COMPLAINTS =
      rows("complaints.txt", f -> new Complaint(f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7]));

  static final List<ShortForm> SHORT_FORMS =
      rows("short-forms.txt", f -> new ShortForm(f[0], f[1]));

  /** Words of the notes that the tables above do not hold, each with a plain meaning. */
  static final List<ShortForm> NOTE_WORDS = rows("note-words.txt", f -> new ShortForm(f[0], f[1]));

  private static <T> List<T> rows(String resource, Function<String[], T> row) {
    return Grammar.lines(resource).stream().map(line -> row.apply(line.split(" *\\| *"))).toList();
  }
}
