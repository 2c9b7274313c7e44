package dev.sotto.plan;

import dev.sotto.base.InputException;
import dev.sotto.data.DataColumns;
import dev.sotto.data.Framing;
import dev.sotto.data.Quoting;
import dev.sotto.data.RecordOptions;
import dev.sotto.data.TableLayout;
import dev.sotto.data.TextSplit;
import dev.sotto.settings.Kept;
import dev.sotto.settings.Range;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import dev.sotto.task.GlueTask;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What to train on, and what of it is learned. */
public final class DataOptions {
  private static final int DEFAULT_LENGTH = 256;
  private static final long MOST_UNITS = 1_000_000_000_000L;

  /** Private records. */
  public static final Setting<Path> TRAIN =
      Setting.path("train", "FILE", "private records: CSV, TSV, JSONL, JSON or text, also .gz")
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** Public records to report perplexity on. */
  public static final Setting<Path> VALIDATION =
      Setting.path(
              "validation",
              "FILE",
              "PUBLIC records, without any protection, to measure perplexity on")
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** Share of the training file's units set aside and declared public. */
  public static final Setting<Double> VALIDATION_FRACTION =
      Setting.number(
              "validation-fraction",
              "F",
              Range.FRACTION,
              "instead: share of units to set aside as PUBLIC, without any protection")
          .or(0.0)
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME)
          .insteadOf(VALIDATION);

  /** Column that is learned whole. */
  public static final Setting<String> TEXT_COLUMN =
      Setting.text("text-column", "NAME", "column that is learned whole; default: %s")
          .or(DataColumns.DEFAULT_TEXT)
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** Column that is given and not learned. */
  public static final Setting<String> PROMPT_COLUMN =
      Setting.text("prompt-column", "NAME", "column that is given and not learned, with the next")
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME)
          .insteadOf(TEXT_COLUMN);

  /** Column that is learned after the prompt. */
  public static final Setting<String> COMPLETION_COLUMN =
      Setting.text("completion-column", "NAME", "column that is learned after the prompt")
          .insteadOf(TEXT_COLUMN);

  /** Between prompt and completion. */
  public static final Setting<String> SEPARATOR =
      Setting.text(
              "separator",
              "TEXT",
              "between prompt and completion; default: as the adapter was trained, else a line end")
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** What a record of a text file is. */
  public static final Setting<TextSplit> TEXT_SPLIT =
      Setting.choice(
              "text-split",
              "KIND",
              TextSplit.class,
              "what a record of a .txt file is: line (default), document-mark (between"
                  + " <|endoftext|>) or file")
          .or(TextSplit.LINE)
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** What quotation marks in a table mean. */
  public static final Setting<Quoting> QUOTING =
      Setting.choice(
              "quoting",
              "KIND",
              Quoting.class,
              "whether quotes in a table enclose fields (csv) or are ordinary characters (none);"
                  + " default: csv for .csv, none for .tsv")
          .kept(Kept.EQUAL_ON_RESUME);

  /** Column of the second text. */
  public static final Setting<String> TEXT_PAIR_COLUMN =
      Setting.text("text-pair-column", "NAME", "column of a second text that the label is about")
          .kept(Kept.EQUAL_ON_RESUME)
          .insteadOf(PROMPT_COLUMN, COMPLETION_COLUMN);

  /** Column of the label. */
  public static final Setting<String> LABEL_COLUMN =
      Setting.text("label-column", "NAME", "column of the label that is to be told of the text")
          .kept(Kept.EQUAL_ON_RESUME)
          .insteadOf(PROMPT_COLUMN, COMPLETION_COLUMN);

  private static final String ON = "on";
  private static final String OFF = "off";

  /** Whether a beginning token stands before each text. */
  public static final Setting<String> BEGIN =
      Setting.word(
          "begin",
          "on|off",
          List.of(ON, OFF),
          "whether a beginning token stands before each text; default: as the adapter was trained,"
              + " else what the model's tokenizer puts there");

  /** Whether the end token stands behind each text. */
  public static final Setting<String> END =
      Setting.word(
          "end",
          "on|off",
          List.of(ON, OFF),
          "whether the end token stands behind each text, learned and scored like it; default: as"
              + " the adapter was trained, else on where the tokenizer names one");

  /** What stands around each text: what every command that reads an adapter takes. */
  public static final Section FRAME = Section.of("Frame", BEGIN, END);

  /** Whether messages may quote records. */
  public static final Setting<Boolean> SHOW_VALUES =
      Setting.flag(
          "show-values",
          "let error messages quote the records: only for who may see them, and not into logs");

  /** How records stand in a file: what every command that reads records takes. */
  public static final Section READING =
      Section.of(
          "Data",
          TEXT_COLUMN,
          PROMPT_COLUMN,
          COMPLETION_COLUMN,
          TEXT_SPLIT,
          QUOTING,
          SEPARATOR,
          SHOW_VALUES);

  /** Column of the privacy unit. */
  public static final Setting<String> PRIVACY_UNIT =
      Setting.text(
              "privacy-unit",
              "NAME",
              "column whose records are protected together; blanks around a value make no other"
                  + " unit")
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** N as public knowledge. */
  public static final Setting<Long> PUBLIC_SIZE =
      Setting.whole(
          "public-size",
          "N",
          1,
          MOST_UNITS,
          "number of units to treat as public; default: as in the file");

  /** Longest block in tokens. */
  public static final Setting<Integer> MAX_LENGTH =
      Setting.count(
              "max-length",
              "N",
              2,
              "tokens of a block; default: " + DEFAULT_LENGTH + ", or the model's positions")
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** Blocks a unit may have. */
  public static final Setting<Integer> MAX_BLOCKS_PER_UNIT =
      Setting.count("max-blocks-per-unit", "N", 1, "blocks kept of one unit; default: all")
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** All of them. */
  public static final Section SECTION =
      Section.of(
          "Data",
          TRAIN,
          VALIDATION,
          VALIDATION_FRACTION,
          TEXT_COLUMN,
          PROMPT_COLUMN,
          COMPLETION_COLUMN,
          TEXT_SPLIT,
          QUOTING,
          SEPARATOR,
          BEGIN,
          END,
          SHOW_VALUES,
          PRIVACY_UNIT,
          PUBLIC_SIZE,
          MAX_LENGTH,
          MAX_BLOCKS_PER_UNIT);

  private final Values values;

  private DataOptions(Values values) {
    this.values = values;
  }

  /**
   * Reads the settings.
   *
   * @throws InputException if there is no training file, or settings exclude each other
   */
  public static DataOptions of(Values values) {
    values.refuseAlternatives(SECTION.settings());
    values.get(TRAIN);
    columns(values);
    return new DataOptions(values);
  }

  /** The default of {@link #MAX_LENGTH} for a model of so many positions. */
  public static int defaultLength(int positions) {
    return Math.min(DEFAULT_LENGTH, positions);
  }

  /**
   * Checks a maximum length against a model's.
   *
   * @throws InputException if the model has fewer positions
   */
  public static void requirePositions(int maxLength, int positions) {
    if (maxLength > positions) {
      throw new InputException(
          "--max-length "
              + maxLength
              + " exceeds the model's "
              + positions
              + " positions; give --max-length "
              + positions
              + " or less");
    }
  }

  /** Where the maximum length comes from, in words. */
  public static String lengthFrom(Values values) {
    return values.has(MAX_LENGTH)
        ? values.named(MAX_LENGTH)
        : "by default; " + MAX_LENGTH + " chooses";
  }

  /** Where the text is, and what is told of it where a label is named; no privacy unit. */
  public static DataColumns columns(Values values) {
    values.refuseAlternatives(READING.settings());
    values.refuseAlternatives(
        List.of(PROMPT_COLUMN, COMPLETION_COLUMN, TEXT_PAIR_COLUMN, LABEL_COLUMN));
    values.requireWith(TEXT_PAIR_COLUMN, TEXT_COLUMN);
    DataColumns columns =
        values.has(PROMPT_COLUMN) || values.has(COMPLETION_COLUMN)
            ? DataColumns.promptAndCompletion(
                values.get(PROMPT_COLUMN), values.get(COMPLETION_COLUMN))
            : DataColumns.text(values.get(TEXT_COLUMN));
    DataColumns pairs = values.find(TEXT_PAIR_COLUMN).map(columns::withPair).orElse(columns);
    return values.find(LABEL_COLUMN).map(pairs::withLabel).orElse(pairs);
  }

  /** What stands around each text, as far as it was chosen. */
  public static Framing framing(Values values) {
    return new Framing(
        values.find(BEGIN).map(ON::equals),
        values.find(END).map(ON::equals),
        values.find(SEPARATOR));
  }

  /** A switch as {@link #BEGIN} and {@link #END} have it; none is off. */
  static String word(Optional<Boolean> on) {
    return on.orElse(false) ? ON : OFF;
  }

  /** How a file is read, and whether messages may quote records. */
  public static RecordOptions reading(Values values) {
    TableLayout table =
        new TableLayout(
            values.find(QUOTING),
            values
                .find(TaskOptions.DATASET)
                .map(name -> GlueTask.of(name).labelledHeader())
                .orElse(List.of()));
    return new RecordOptions(values.get(TEXT_SPLIT), values.get(SHOW_VALUES))
        .withTable(table)
        .withLayout(ChatOptions.layout(values));
  }

  /** Private records. */
  public Path train() {
    return values.get(TRAIN);
  }

  /** Public records to report perplexity on; empty for none. */
  public Optional<Path> validation() {
    return values.find(VALIDATION);
  }

  /** Share of the training file's units set aside and declared public, in [0, 1); 0 for none. */
  public double validationFraction() {
    return values.get(VALIDATION_FRACTION);
  }

  /** Where the text is, and the privacy unit. */
  public DataColumns columns() {
    return columns(values).withUnit(values.find(PRIVACY_UNIT).orElse(null));
  }

  /** How a file is read, and whether messages may quote records. */
  public RecordOptions reading() {
    return reading(values);
  }

  /** What stands around each text, as far as it was chosen. */
  public Framing framing() {
    return framing(values);
  }

  /** Between prompt and completion. */
  public String separator() {
    return separator(values);
  }

  /** The same of settings; a line end where none is given. */
  public static String separator(Values values) {
    return values.find(SEPARATOR).orElse("\n");
  }

  /** Longest block in tokens; longer records become several blocks of one unit. */
  public int maxLength() {
    return values.find(MAX_LENGTH).orElse(DEFAULT_LENGTH);
  }

  /** Blocks a unit may have; what is beyond is dropped. */
  public int maxBlocksPerUnit() {
    return values.find(MAX_BLOCKS_PER_UNIT).orElse(Integer.MAX_VALUE);
  }

  /**
   * The number of privacy units as public knowledge; 0 to take it from the file and treat it as
   * public.
   */
  public long publicSize() {
    return values.find(PUBLIC_SIZE).orElse(0L);
  }
}
