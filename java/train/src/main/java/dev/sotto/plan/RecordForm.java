package dev.sotto.plan;

import dev.sotto.chat.ChatTemplate;
import dev.sotto.chat.ChatTokens;
import dev.sotto.data.Corpus;
import dev.sotto.data.CorpusOptions;
import dev.sotto.data.Documents;
import dev.sotto.data.RecordTokens;
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
   * Text whose tokens are learned, or conversations of which some are.
   *
   * @param tokens how a record becomes tokens
   * @param cut how these are framed and cut
   */
  record Text(RecordTokens tokens, CorpusOptions cut) implements RecordForm {
    static Text of(DataOptions options, Tokenizer tokenizer, RunFrame frame) {
      String separator = frame.separator(options);
      RecordTokens tokens =
          frame
              .chat()
              .map(form -> ChatTemplate.of(form, tokenizer))
              .<RecordTokens>map(
                  template -> new ChatTokens(template, tokenizer, options.reading().showValues()))
              .orElseGet(() -> RecordTokens.ofText(tokenizer, frame.frame().end(), separator));
      return new Text(
          tokens,
          new CorpusOptions(
              options.maxLength(), frame.frame(), separator, options.maxBlocksPerUnit()));
    }

    @Override
    public Corpus corpus(List<TextRecord> records) {
      return Corpus.tokenize(records, tokens, cut);
    }

    @Override
    public Documents documents(List<TextRecord> records) {
      return Corpus.documents(records, tokens, cut.frame().begin(), cut.maxLength());
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
