package dev.sotto.data.synthetic;

import dev.sotto.base.AtomicFile;
import dev.sotto.data.synthetic.MedicalLexicon.Complaint;
import dev.sotto.data.synthetic.MedicalLexicon.Condition;
import dev.sotto.data.synthetic.MedicalLexicon.ShortForm;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;

/**
 * Plain English prose that a base model can be trained on in public: everyday stories, and short
 * entries as of an encyclopedia on animals, things, places and health.
 *
 * <p>The health entries hold all words of {@link ClinicalNotes}, in full sentences: a model trained
 * on this text knows the words but not the manner of the notes, so that fine-tuning has something
 * to teach. One seed gives one text.
 */
public final class PublicText {
  /** A quotation that begins with a small letter; a word follows, so it is the opening quote. */
  private static final Pattern OPEN_QUOTE = Pattern.compile("(?<=^|\\s)\"[a-z]");

  private static final List<String> STORY_SENTENCES =
      List.of(
          "{name} {went} the {place}.",
          "{name} {got} a {quality} {object}.",
          "{pronoun} {got} some {food} and a {color} {object}.",
          "Then {pronoun} {did}.",
          "After that {pronoun} {did} {adverb}.",
          "{possessive} {relative} {did} and {did}.",
          "The {animal} near the {place} was {quality} and {color}.",
          "{pronoun} said, \"{said}.\"",
          "\"{said},\" said {possessive} {relative}.",
          "There were {amount} {color} boxes behind the {object}.",
          "{name} was {mood}, but {possessive} {relative} was {mood}.",
          "For {amount} hours {pronoun} did not see the {relative}.",
          "They sat by the {object} and ate {food} with {food}.");

  private static final List<String> STORY_OPENINGS =
      List.of(
          "{time} {name}, a {job}, {went} the {place}, and {weather}.",
          "{name} was a {mood} {job} who lived near the {place}.",
          "{weather} when {name} {went} the {place} {time}.",
          "{time} {weather}, and {name} {did}.");

  private static final List<String> ENTRIES =
      List.of(
          "The {animal} lives {habitat}. It eats mostly {diet}. The {animal2} {trait}, and it"
              + " {trait}. {science}.",
          "A {object} is made of {material} or {material}. It is used {use}. A {quality} {object2}"
              + " can be found at a {place}, where a {job} uses it {use}.",
          "The {region} of the country has {landscape} and {landscape}. People there live from"
              + " {industry} and {industry}. The largest town has {amount} bridges and a {quality}"
              + " {place}.",
          "The {plant} has {leafshape}. It grows {habitat}. In autumn a {job} gathers it {use}."
              + " {science}.",
          "{science}. {science}. This was known to every {job} in early times.",
          "{food2} and {food} are eaten with {food}. First cut the {food} into small pieces. Then"
              + " cook them {adverb} for {amount} minutes and add {food}. Serve with {drink}.");

  private final Grammar grammar;

  private PublicText(long seed) {
    this.grammar = new Grammar(EverydayWords.BANKS, new Random(seed));
  }

  /**
   * Makes text.
   *
   * @param paragraphs how many, at least 0
   * @param seed any number
   * @return the paragraphs, each of about 25 to 90 words in one line
   */
  public static List<String> generate(int paragraphs, long seed) {
    PublicText text = new PublicText(seed);
    List<String> made = new ArrayList<>();
    for (int i = 0; i < paragraphs; i++) {
      made.add(
          switch (text.grammar.random().nextInt(8)) {
            case 0, 1, 2 -> text.story();
            case 3 -> text.entry();
            case 4 -> text.condition();
            case 5, 6 -> text.complaint();
            default -> text.glossary();
          });
    }
    return made;
  }

  private String sentence(String template, Map<String, String> bound) {
    return Grammar.capitalised(grammar.fill(template, bound));
  }

  private String story() {
    boolean woman = grammar.random().nextBoolean();
    Map<String, String> bound =
        Map.of(
            "name", grammar.pick(woman ? EverydayWords.WOMEN : EverydayWords.MEN),
            "pronoun", woman ? "she" : "he",
            "possessive", woman ? "her" : "his",
            "object", grammar.pick(EverydayWords.BANKS.get("object")),
            "animal", grammar.pick(EverydayWords.BANKS.get("animal")));
    List<String> sentences = new ArrayList<>();
    sentences.add(sentence(grammar.pick(STORY_OPENINGS), bound));
    int middle = 3 + grammar.random().nextInt(4);
    for (int i = 0; i < middle; i++) {
      sentences.add(sentence(grammar.pick(STORY_SENTENCES), bound));
    }
    sentences.add(sentence("{ending}.", bound));
    return OPEN_QUOTE
        .matcher(String.join(" ", sentences))
        .replaceAll(m -> m.group().toUpperCase(Locale.ROOT));
  }

  private String entry() {
    Map<String, String> bound = new HashMap<>();
    for (String slot : List.of("animal", "object", "food", "plant")) {
      String value = grammar.pick(EverydayWords.BANKS.get(slot));
      bound.put(slot.equals("food") ? "food2" : slot, value);
      bound.put(slot + "2", value);
    }
    return sentence(grammar.pick(ENTRIES), bound);
  }

  private String condition() {
    Condition condition = grammar.pick(MedicalLexicon.CONDITIONS);
    Condition other = grammar.pick(MedicalLexicon.CONDITIONS);
    List<String> sentences = new ArrayList<>();
    sentences.add(
        sentence(
            "{c} is a condition in which {m}.",
            Map.of("c", condition.name(), "m", condition.meaning())));
    sentences.add(
        "It is seldom met before the age of "
            + condition.fromAge()
            + ", and it is more common in people with "
            + other.name()
            + ".");
    for (String medicine : condition.medicines()) {
      sentences.add("A doctor may prescribe " + medicine + " for it.");
    }
    sentences.add(
        "In a study of "
            + (10 + grammar.random().nextInt(990))
            + " patients the mean temperature was 3"
            + (6 + grammar.random().nextInt(3))
            + "."
            + grammar.random().nextInt(10)
            + " degrees and the mean age "
            + (18 + grammar.random().nextInt(73))
            + " years.");
    return String.join(" ", sentences);
  }

  private String complaint() {
    Complaint complaint = grammar.pick(MedicalLexicon.COMPLAINTS);
    List<String> sentences = new ArrayList<>();
    sentences.add(Grammar.capitalised(complaint.name()) + " is " + complaint.meaning() + ".");
    switch (grammar.random().nextInt(3)) {
      case 0 ->
          sentences.add(
              "The doctor looks at the body and may find "
                  + complaint.finding()
                  + ". A useful test is the "
                  + complaint.test()
                  + ", and if it "
                  + complaint.outcome()
                  + ", this is of help.");
      case 1 ->
          sentences.add(
              "One possible cause is "
                  + complaint.diagnosis()
                  + ". It is treated with "
                  + complaint.treatment()
                  + ". Some people also have "
                  + complaint.denied()
                  + ", but many do not.");
      default ->
          sentences.add(
              Grammar.capitalised(complaint.test())
                  + " is a test that is made when a patient has had "
                  + complaint.name()
                  + ". In many people this began some days ago.");
    }
    return String.join(" ", sentences);
  }

  private String glossary() {
    List<String> sentences = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      ShortForm shortForm = grammar.pick(MedicalLexicon.SHORT_FORMS);
      sentences.add(
          "In hospitals the letters "
              + shortForm.letters()
              + " stand for "
              + shortForm.words()
              + ".");
      ShortForm words = grammar.pick(MedicalLexicon.NOTE_WORDS);
      // Notes begin sentences with these words, so they must be known with a capital too.
      boolean capital = grammar.random().nextBoolean();
      String quoted = capital ? Grammar.capitalised(words.letters()) : words.letters();
      sentences.add("The words " + quoted + " mean " + words.words() + ".");
    }
    sentences.add(
        "A pause of one day, two days, three days, five days, one month or "
            + grammar.fill("{amount}", Map.of())
            + " weeks is not rare.");
    return String.join(" ", sentences);
  }

  /**
   * Writes paragraphs as plain text, one a line.
   *
   * @param file the file, replaced if it exists
   * @param paragraphs the paragraphs
   * @throws dev.sotto.base.InputException if it cannot be written
   */
  public static void writeText(Path file, List<String> paragraphs) {
    String text = String.join("\n", paragraphs) + "\n";
    AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
  }
}
