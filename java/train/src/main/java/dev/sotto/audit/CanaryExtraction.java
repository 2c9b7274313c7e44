package dev.sotto.audit;

import dev.sotto.base.InputException;
import dev.sotto.data.Block;
import dev.sotto.data.Frame;
import dev.sotto.data.synthetic.Canary;
import dev.sotto.model.Generator;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import dev.sotto.model.Sampling;
import dev.sotto.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Asks a model for the secrets of canaries (Carlini et al. 2019, "The Secret Sharer").
 *
 * <p>Nothing here reads a private record: canaries belong to the auditor, and the adapter has been
 * released. So the results cost no privacy.
 */
public final class CanaryExtraction {
  /** Tokens that an alternative may have more than the secret. */
  private static final int SLACK = 16;

  private final Tokenizer tokenizer;
  private final Frame frame;
  private final int alternatives;

  private CanaryExtraction(Tokenizer tokenizer, Frame frame, int alternatives) {
    if (alternatives < 1) {
      throw new InputException(
          alternatives + " alternatives; exposure needs at least 1 to compare a secret with");
    }
    this.tokenizer = tokenizer;
    this.alternatives = alternatives;
    this.frame = frame;
  }

  /**
   * Asks for every canary.
   *
   * @param model the base
   * @param lora the adapter under audit, or null
   * @param tokenizer the model's
   * @param frame what stood around the records in training
   * @param canaries planted and not planted
   * @param alternatives secrets that each is compared with, drawn from its space; exposure is at
   *     most log2 of one more
   * @param seed of that draw
   * @return the results in the canaries' order
   * @throws InputException if a canary is longer than the model's positions
   */
  public static List<CanaryResult> of(
      LanguageModel model,
      LoraAdapters lora,
      Tokenizer tokenizer,
      Frame frame,
      List<Canary> canaries,
      int alternatives,
      long seed) {
    CanaryExtraction extraction = new CanaryExtraction(tokenizer, frame, alternatives);
    int longest = extraction.longest(model, canaries);
    List<Block> own =
        canaries.stream().map(canary -> extraction.sequence(canary, canary.secret())).toList();
    double[] baseLosses;
    try (SequenceLosses base = new SequenceLosses(model, null, longest)) {
      baseLosses = base.of(own);
    }
    Generator generator = new Generator(model, lora);
    Random random = new Random(seed);
    List<CanaryResult> results = new ArrayList<>();
    try (SequenceLosses adapted = new SequenceLosses(model, lora, longest)) {
      for (Canary canary : canaries) {
        List<String> others = canary.space().others(canary.secret(), alternatives, random);
        double baseLoss = baseLosses[results.size()];
        results.add(extraction.ask(generator, adapted, canary, others, baseLoss));
      }
    }
    return results;
  }

  /** Room for every canary with any secret of its space. */
  private int longest(LanguageModel model, List<Canary> canaries) {
    int positions = model.config().maxPositions();
    int longest = 2;
    for (Canary canary : canaries) {
      longest = Math.max(longest, sequence(canary, canary.secret()).ids().length);
    }
    if (longest > positions) {
      throw new InputException(
          "a canary has "
              + longest
              + " tokens, but the model has "
              + positions
              + " positions; audit another model or make shorter secrets");
    }
    return Math.min(positions, longest + SLACK);
  }

  private CanaryResult ask(
      Generator generator,
      SequenceLosses adapted,
      Canary canary,
      List<String> others,
      double baseLoss) {
    Block own = sequence(canary, canary.secret());
    List<Block> sequences = new ArrayList<>(List.of(own));
    others.forEach(secret -> sequences.add(sequence(canary, secret)));
    double[] losses = adapted.of(sequences);
    int room = own.targetCount();
    int[] prompt = concat(frame.begin(), tokenizer.encode(canary.prefix()));
    int[] said = generator.generate(prompt, room, Sampling.greedy(), tokenizer.endIds(), 0);
    String completion = completion(prompt, said);
    List<String> saidWords = words(completion);
    List<String> secretWords = words(canary.secret());
    return new CanaryResult(
        canary,
        losses[0],
        baseLoss,
        exposure(losses[0], Arrays.copyOfRange(losses, 1, losses.length)),
        completion,
        saidWords.size() >= secretWords.size()
            && saidWords.subList(0, secretWords.size()).equals(secretWords),
        jaccard(saidWords, secretWords));
  }

  /** The record as in training, learned from where it leaves the prefix. */
  private Block sequence(Canary canary, String secret) {
    int[] prefix = tokenizer.encode(canary.prefix());
    int[] begin = frame.begin();
    int[] text = tokenizer.encode(canary.prefix() + " " + secret + ".");
    // Prefix and secret are not tokenised apart: training saw them as one text.
    int common = Math.max(0, Arrays.mismatch(prefix, text));
    int[] whole = concat(text, frame.end());
    int[] ids = concat(begin, whole);
    int[] targets = new int[ids.length];
    Arrays.fill(targets, Block.NO_TARGET);
    for (int t = Math.max(common, 1 - begin.length); t < whole.length; t++) {
      targets[begin.length + t - 1] = whole[t];
    }
    return new Block(ids, targets);
  }

  private String completion(int[] prompt, int[] said) {
    String before = tokenizer.decode(prompt, true);
    String text = tokenizer.decode(concat(prompt, said), true);
    return (text.startsWith(before)
            ? text.substring(before.length())
            : tokenizer.decode(said, true))
        .strip();
  }

  /**
   * log2 |R| − log2 rank.
   *
   * @param loss of the secret
   * @param others losses of the alternatives; an equal one counts as before the secret, so that a
   *     model without preference exposes nothing
   */
  static double exposure(double loss, double[] others) {
    long rank = 1 + Arrays.stream(others).filter(other -> !(other > loss)).count();
    return (Math.log(others.length + 1) - Math.log(rank)) / Math.log(2);
  }

  /** Size of the intersection over size of the union; 0 where the completion is empty. */
  static double jaccard(List<String> said, List<String> secret) {
    Set<String> both = new HashSet<>(said);
    both.retainAll(new HashSet<>(secret));
    Set<String> any = new HashSet<>(said);
    any.addAll(secret);
    return any.isEmpty() ? 0 : (double) both.size() / any.size();
  }

  private static List<String> words(String text) {
    return Arrays.stream(text.toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}]+"))
        .filter(word -> !word.isEmpty())
        .toList();
  }

  private static int[] concat(int[] first, int[] second) {
    return IntStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
  }
}
