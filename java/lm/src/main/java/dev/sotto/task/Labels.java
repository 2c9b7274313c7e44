package dev.sotto.task;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.base.PlainFile;
import dev.sotto.checkpoint.ModelConfigFile;
import dev.sotto.data.DataColumns;
import dev.sotto.data.TextRecord;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * The classes of a classification, in the order of their ids.
 *
 * <p>The set is public: who trains says it. Only {@link #fromData} reads it from private records;
 * then no epsilon covers which labels there are, and whoever reports must say so. Nothing else is
 * ever taken from private labels, no count and no weight.
 *
 * @param names the labels' names, {@link DataColumns#compared}; the index is the id, 0 to K-1, K at
 *     least 2
 * @param fromPrivateData whether the names are private records' own, so that epsilon does not cover
 *     the set and no message may print it
 */
public record Labels(List<String> names, boolean fromPrivateData) {
  /** Most labels of a set: a column with more is free text, or a number to regress on. */
  public static final int MOST = 1000;

  /** Up to so many labels, a set is believed however few records there are. */
  private static final int FEW = 20;

  /** Most characters of a label's name. */
  public static final int LONGEST = 100;

  /** The word that asks for {@link #fromData}. */
  public static final String FROM_DATA = "from-data";

  /** Names that a message prints at most. */
  private static final int SHOWN = 20;

  /** Makes the list immutable. */
  public Labels {
    names = List.copyOf(names);
    if (names.size() < 2) {
      throw new IllegalArgumentException("a set of " + names.size() + " labels");
    }
  }

  /**
   * A set that a user names.
   *
   * @param given names with commas between, as {@code negative,positive}; or a file with one a line
   * @return the set in the given order
   * @throws InputException if there are fewer than 2 labels or more than {@value #MOST}, one is
   *     blank, longer than {@value #LONGEST} characters or stands twice, or the file cannot be read
   */
  public static Labels given(String given) {
    if (given.contains(",")) {
      return of("the list of labels '" + given + "'", Arrays.asList(given.split(",", -1)));
    }
    try {
      Path file = Path.of(given);
      // Of a file that is none of labels nothing is quoted: it may be the private one.
      List<String> lines = Files.readAllLines(PlainFile.require(file), StandardCharsets.UTF_8);
      return of(file + ": its list of labels", lines);
    } catch (NoSuchFileException | InvalidPathException e) {
      throw new InputException(
          "labels '"
              + given
              + "' are neither two names with a comma between nor a file; give"
              + " NAME,NAME,... in the order of their ids, or a file with one a line",
          e);
    } catch (CharacterCodingException e) {
      throw new InputException(given + ": is not valid UTF-8; convert the file to UTF-8");
    } catch (IOException e) {
      throw FileFailure.cannotBeRead(Path.of(given), e);
    }
  }

  /**
   * The set that a checkpoint's head was trained for.
   *
   * @param config its {@code config.json}, of which {@code id2label} counts
   * @return the set in the order of the ids
   * @throws InputException if there is no {@code id2label}, or its ids are not 0 to K-1
   */
  public static Labels of(ModelConfigFile config) {
    JsonNode field = config.node("id2label");
    if (field.isMissingNode()) {
      throw new InputException(
          config.file() + ": has no id2label; name the labels by --labels NAME,NAME,...");
    }
    if (field.size() > MOST
        || !field.isObject()
        || !IntStream.range(0, field.size())
            .allMatch(id -> field.path(Integer.toString(id)).isTextual())) {
      throw new InputException(
          config.file()
              + ": id2label does not give a name to each id from 0 on, "
              + MOST
              + " at most; repair it, or name the labels by --labels NAME,NAME,...");
    }
    return of(
        config.file() + ": id2label",
        IntStream.range(0, field.size())
            .mapToObj(id -> field.path(Integer.toString(id)).textValue())
            .toList());
  }

  /**
   * The labels that private records have, in the order of their bytes in UTF-8.
   *
   * @param file where the records are from, for messages
   * @param records all of them, each with a label
   * @return the set, {@link #fromPrivateData}
   * @throws InputException if the column looks like free text or has one value alone
   */
  public static Labels fromData(Path file, List<TextRecord> records) {
    Set<String> names =
        new TreeSet<>(
            (one, other) ->
                Arrays.compareUnsigned(
                    one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8)));
    for (TextRecord record : records) {
      TextRecord.Label label = label(record);
      if (label.text().isEmpty()) {
        throw new InputException(label.place() + ": the label is empty; fill it in every row");
      }
      names.add(label.text());
      if (label.text().length() > LONGEST || names.size() > MOST) {
        throw new InputException(
            label.place()
                + ": the label column holds free text: a label of more than "
                + LONGEST
                + " characters, or more than "
                + MOST
                + " labels; name the column of a class");
      }
    }
    if (names.size() > FEW && names.size() > records.size() / 2) {
      throw new InputException(
          file
              + ": the label column holds free text: more than half as many labels as records; name"
              + " the column of a class");
    }
    if (names.size() < 2) {
      throw new InputException(
          file + ": every label is the same; give the set of labels by --labels NAME,NAME,...");
    }
    return new Labels(List.copyOf(names), true);
  }

  private static Labels of(String what, Collection<String> given) {
    List<String> names = given.stream().map(DataColumns::compared).toList();
    if (names.size() < 2 || names.size() > MOST) {
      throw new InputException(
          what + " is too short or too long; give 2 to " + MOST + " names, one for each class");
    }
    Set<String> before = new HashSet<>();
    for (int i = 0; i < names.size(); i++) {
      String fault =
          names.get(i).isEmpty()
              ? "is blank"
              : names.get(i).length() > LONGEST
                  ? "has more than " + LONGEST + " characters"
                  : before.add(names.get(i)) ? "" : "stands there twice";
      if (!fault.isEmpty()) {
        throw new InputException(
            what + ": name " + (i + 1) + " " + fault + "; give each class a short name of its own");
      }
    }
    return new Labels(names, false);
  }

  /**
   * The number of classes.
   *
   * @return K, at least 2
   */
  public int size() {
    return names.size();
  }

  /**
   * The classes of records. A record has a label's name; or its id in digits, as HuggingFace's data
   * sets and most of GLUE's files have it, if no name of the set is itself a whole number.
   *
   * @param records all with a label
   * @return their ids, each 0 to K-1, in the records' order
   * @throws InputException at the first label that is not in the set, without printing it
   */
  public int[] ids(List<TextRecord> records) {
    Map<String, Integer> ids = new HashMap<>();
    boolean numeric = names.stream().anyMatch(name -> name.matches("[+-]?\\d+"));
    for (int id = 0; id < names.size(); id++) {
      ids.put(names.get(id), id);
      if (!numeric) {
        ids.put(Integer.toString(id), id);
      }
    }
    return records.stream()
        .map(Labels::label)
        .mapToInt(
            label -> {
              Integer id = ids.get(label.text());
              if (id == null) {
                throw new InputException(
                    label.place()
                        + ": the label is none of the "
                        + names.size()
                        + shown()
                        + "; correct it, or name all labels by --labels");
              }
              return id;
            })
        .toArray();
  }

  /** The names for a message, unless they are private. */
  private String shown() {
    if (fromPrivateData) {
      return " that were read from the data";
    }
    List<String> first = new ArrayList<>(names.subList(0, Math.min(SHOWN, names.size())));
    if (first.size() < names.size()) {
      first.add("...");
    }
    return " known: " + String.join(", ", first);
  }

  static TextRecord.Label label(TextRecord record) {
    return record
        .label()
        .orElseThrow(() -> new IllegalArgumentException("a record that was read without label"));
  }

  /** Says nothing of a set that is private. */
  @Override
  public String toString() {
    return fromPrivateData ? "Labels[private]" : "Labels" + names;
  }
}
