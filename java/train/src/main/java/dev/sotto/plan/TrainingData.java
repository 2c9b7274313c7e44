package dev.sotto.plan;

import dev.sotto.base.InputException;
import dev.sotto.data.Block;
import dev.sotto.data.Corpus;
import dev.sotto.data.CorpusOptions;
import dev.sotto.data.DataColumns;
import dev.sotto.data.Documents;
import dev.sotto.data.Frame;
import dev.sotto.data.PublicFile;
import dev.sotto.data.RecordFiles;
import dev.sotto.data.Split;
import dev.sotto.data.TextRecord;
import dev.sotto.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The data of a run: private units to train on, public sequences to evaluate on. Every record of
 * every file has been read, tokenised and found good, whether a step will ever draw it or not.
 *
 * @param corpus private
 * @param validation public; empty when there is none
 * @param publicCorpus public records as units to train on, from the file of public data or else the
 *     validation data; null without either
 * @param publicRecords what is public, for whoever starts the run
 * @param publicUnits N as the accountant and the divisor see it
 */
record TrainingData(
    Corpus corpus,
    List<Block> validation,
    Corpus publicCorpus,
    List<PublicRecords> publicRecords,
    long publicUnits) {
  private static final long SPLIT_SEED = 0;

  /**
   * Reads and tokenises. Whether a public record also stands in the private file is not looked at:
   * it would be private.
   *
   * @param publicData further public records, or null
   * @param frame of every record, private or public
   * @throws InputException if a file is wrong, or one named as public is the private one
   */
  static TrainingData read(DataOptions options, Path publicData, Tokenizer tokenizer, Frame frame) {
    PublicFile.requireOther(options.validation(), options.train());
    PublicFile.requireOther(publicData, options.train());
    List<TextRecord> train = records(options, options.train(), options.columns());
    List<TextRecord> validation = List.of();
    String name = String.valueOf(options.validation());
    DataColumns publicColumns = options.columns().withUnit(null);
    if (options.validation() != null) {
      validation = records(options, options.validation(), publicColumns);
    } else if (options.validationFraction() > 0) {
      Split split = Split.byUnit(train, options.validationFraction(), SPLIT_SEED);
      train = split.train();
      validation = split.validation();
      name = "the validation fraction of " + options.train();
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
            options.maxLength(), frame, options.separator(), options.maxBlocksPerUnit());
    Corpus corpus = Corpus.tokenize(train, tokenizer, cut);
    long units = options.publicSize() > 0 ? options.publicSize() : corpus.units().size();
    List<PublicRecords> open = new ArrayList<>();
    Documents documents =
        Corpus.documents(validation, tokenizer, frame, options.maxLength(), options.separator());
    if (!validation.isEmpty()) {
      open.add(
          new PublicRecords(
              name,
              PublicRecords.Purpose.VALIDATION,
              validation.size(),
              options.maxLength(),
              documents.cutOff(),
              requireTargets(name, documents.blocks().size(), documents.withoutTargets())));
    }
    Corpus publicCorpus = null;
    if (publicData != null) {
      publicCorpus = Corpus.tokenize(records(options, publicData, publicColumns), tokenizer, cut);
      int count = publicCorpus.units().size();
      long empty = publicCorpus.units().stream().filter(unit -> unit.targetCount() == 0).count();
      requireTargets(publicData.toString(), count, empty);
      open.add(
          new PublicRecords(
              publicData.toString(),
              PublicRecords.Purpose.CLIP_NORMS,
              count,
              options.maxLength(),
              0,
              empty));
    } else if (!validation.isEmpty()) {
      publicCorpus = Corpus.tokenize(validation, tokenizer, cut);
    }
    return new TrainingData(corpus, documents.blocks(), publicCorpus, open, units);
  }

  private static List<TextRecord> records(DataOptions options, Path file, DataColumns columns) {
    return RecordFiles.read(file, columns, options.reading());
  }

  private static long requireTargets(String name, long records, long withoutTargets) {
    if (records == withoutTargets) {
      throw new InputException(
          name
              + ": none of its "
              + records
              + " public records leaves a token to predict within the maximum length; give a"
              + " greater --max-length, or other records");
    }
    return withoutTargets;
  }
}
