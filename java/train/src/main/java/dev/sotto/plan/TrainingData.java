package dev.sotto.plan;

import dev.sotto.base.InputException;
import dev.sotto.data.Block;
import dev.sotto.data.Corpus;
import dev.sotto.data.Documents;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The data of a run: private units to train on, public sequences to evaluate on. Every record of
 * every file has been read, tokenised and found good, whether a step will ever draw it or not.
 *
 * @param corpus private
 * @param validation public; empty when there is none
 * @param publicCorpus public records as units to train on, from the file of public data or else the
 *     validation data; empty without either
 * @param publicRecords what is public, for whoever starts the run
 * @param publicUnits N as the accountant and the divisor see it
 */
record TrainingData(
    Corpus corpus,
    List<Block> validation,
    Optional<Corpus> publicCorpus,
    List<PublicRecords> publicRecords,
    long publicUnits) {
  /**
   * Reads nothing more: frames and tokenises what was read.
   *
   * @param form what of the records a model reads
   * @throws InputException if a label is wrong, or public records leave nothing to predict
   */
  static TrainingData of(TrainingRecords records, DataOptions options, RecordForm form) {
    Corpus corpus = form.corpus(records.train());
    long units = options.publicSize() > 0 ? options.publicSize() : corpus.units().size();
    List<PublicRecords> open = new ArrayList<>();
    Documents documents = form.documents(records.validation());
    if (!records.validation().isEmpty()) {
      open.add(
          new PublicRecords(
              records.validationName(),
              PublicRecords.Purpose.VALIDATION,
              records.validation().size(),
              options.maxLength(),
              documents.cutOff(),
              requireTargets(
                  records.validationName(),
                  documents.blocks().size(),
                  documents.withoutTargets())));
    }
    Optional<Corpus> publicCorpus = Optional.empty();
    if (records.publicData().isPresent()) {
      String name = records.publicData().get().toString();
      Corpus known = form.corpus(records.publicRecords());
      publicCorpus = Optional.of(known);
      int count = known.units().size();
      long empty = known.units().stream().filter(unit -> unit.targetCount() == 0).count();
      requireTargets(name, count, empty);
      open.add(
          new PublicRecords(
              name, PublicRecords.Purpose.CLIP_NORMS, count, options.maxLength(), 0, empty));
    } else if (!records.validation().isEmpty()) {
      publicCorpus = Optional.of(form.corpus(records.validation()));
    }
    return new TrainingData(corpus, documents.blocks(), publicCorpus, open, units);
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
