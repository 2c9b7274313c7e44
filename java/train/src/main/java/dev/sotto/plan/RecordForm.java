package dev.sotto.plan;

import dev.sotto.data.Corpus;
import dev.sotto.data.CorpusOptions;
import dev.sotto.data.Documents;
import dev.sotto.data.Frame;
import dev.sotto.data.TextRecord;
import dev.sotto.task.LabelledSequences;
import dev.sotto.tokenizer.Tokenizer;
import java.util.List;

/** What of records a model reads: text to go on with, or sequences to score. */
sealed interface RecordForm {
  /** By privacy unit, for training. */
  Corpus corpus(List<TextRecord> records);

  /** One sequence a record, in order, for evaluation. */
  Documents documents(List<TextRecord> records);

  /**
   * Text whose tokens are learned.
   *
   * @param tokenizer the model's
   * @param cut how it is framed and cut
   */
  record Text(Tokenizer tokenizer, CorpusOptions cut) implements RecordForm {
    static Text of(DataOptions options, Tokenizer tokenizer, Frame frame) {
      return new Text(
          tokenizer,
          new CorpusOptions(
              options.maxLength(), frame, options.separator(), options.maxBlocksPerUnit()));
    }

    @Override
    public Corpus corpus(List<TextRecord> records) {
      return Corpus.tokenize(records, tokenizer, cut);
    }

    @Override
    public Documents documents(List<TextRecord> records) {
      return Corpus.documents(records, tokenizer, cut.frame(), cut.maxLength(), cut.separator());
    }
  }

  /**
   * Sequences with labels.
   *
   * @param sequences how a record becomes one
   * @param mostPerUnit sequences kept of a unit
   */
  record Labelled(LabelledSequences sequences, int mostPerUnit) implements RecordForm {
    @Override
    public Corpus corpus(List<TextRecord> records) {
      return sequences.corpus(records, mostPerUnit);
    }

    @Override
    public Documents documents(List<TextRecord> records) {
      return sequences.documents(records);
    }
  }
}
