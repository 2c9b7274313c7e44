package dev.sotto.plan;

import dev.sotto.data.Block;
import dev.sotto.data.Corpus;
import dev.sotto.data.CorpusOptions;
import dev.sotto.data.DataColumns;
import dev.sotto.data.InputException;
import dev.sotto.data.RecordFiles;
import dev.sotto.data.Split;
import dev.sotto.data.TextRecord;
import dev.sotto.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The data of a run: private units to train on, public sequences to evaluate on.
 *
 * @param corpus private
 * @param validation public; empty when there is none
 * @param publicCorpus public records as units to train on, from the file of public data or else the
 *     validation data; null without either
 * @param publicUnits N as the accountant and the divisor see it
 */
record TrainingData(Corpus corpus, List<Block> validation, Corpus publicCorpus, long publicUnits) {
  private static final long SPLIT_SEED = 0;

  /**
   * Reads and tokenises.
   *
   * @param publicData further public records, or null
   * @throws InputException if a file is wrong, or validation records stand among the private ones
   */
  static TrainingData read(DataOptions options, Path publicData, Tokenizer tokenizer) {
    List<TextRecord> train = RecordFiles.read(options.train(), options.columns());
    List<TextRecord> validation = List.of();
    if (options.validation() != null) {
      DataColumns columns = options.columns().withUnit(null);
      validation = RecordFiles.read(options.validation(), columns);
      requireDisjoint(train, validation, options);
    } else if (options.validationFraction() > 0) {
      Split split = Split.byUnit(train, options.validationFraction(), SPLIT_SEED);
      train = split.train();
      validation = split.validation();
      if (train.isEmpty() || validation.isEmpty()) {
        throw new InputException(
            options.train()
                + ": too few records for a validation fraction of "
                + options.validationFraction()
                + "; choose another or give a validation file");
      }
    }
    CorpusOptions cut =
        new CorpusOptions(
            options.maxLength(),
            tokenizer.bosId().isPresent(),
            tokenizer.eosId().isPresent(),
            options.separator(),
            options.maxBlocksPerUnit());
    Corpus corpus = Corpus.tokenize(train, tokenizer, cut);
    long units = options.publicSize() > 0 ? options.publicSize() : corpus.units().size();
    List<Block> blocks =
        Corpus.documents(validation, tokenizer, options.maxLength(), options.separator());
    List<TextRecord> open =
        publicData == null
            ? validation
            : RecordFiles.read(publicData, options.columns().withUnit(null));
    Corpus publicCorpus = open.isEmpty() ? null : Corpus.tokenize(open, tokenizer, cut);
    return new TrainingData(corpus, blocks, publicCorpus, units);
  }

  /**
   * What is measured on validation data is published exactly, so no private record may be among it.
   * Which one is, and how many are, is not said.
   */
  private static void requireDisjoint(
      List<TextRecord> train, List<TextRecord> validation, DataOptions options) {
    Set<List<String>> texts = new HashSet<>();
    train.forEach(record -> texts.add(text(record)));
    if (validation.stream().anyMatch(record -> texts.contains(text(record)))) {
      throw new InputException(
          options.validation()
              + ": shares records with the private training file "
              + options.train()
              + "; validation data is treated as public, so take the shared records out of one of"
              + " them");
    }
  }

  private static List<String> text(TextRecord record) {
    return Arrays.asList(record.prompt(), record.text());
  }
}
