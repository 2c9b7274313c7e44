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
import java.util.List;

/**
 * The data of a run: private units to train on, public sequences to evaluate on.
 *
 * @param corpus private
 * @param validation public; empty when there is none
 * @param publicUnits N as the accountant and the divisor see it
 */
record TrainingData(Corpus corpus, List<Block> validation, long publicUnits) {
  private static final long SPLIT_SEED = 0;

  /** Reads and tokenises. */
  static TrainingData read(DataOptions options, Tokenizer tokenizer) {
    List<TextRecord> train = RecordFiles.read(options.train(), options.columns());
    List<TextRecord> validation = List.of();
    if (options.validation() != null) {
      DataColumns columns = options.columns().withUnit(null);
      validation = RecordFiles.read(options.validation(), columns);
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
    return new TrainingData(corpus, blocks, units);
  }
}
