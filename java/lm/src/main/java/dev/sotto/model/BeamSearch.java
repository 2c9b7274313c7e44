package dev.sotto.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Beam search (Lowerre 1976) for a likely continuation of one prompt.
 *
 * <p>Of all ways to go on with the texts kept, the likeliest that do not end are kept next; one
 * that ends, and is among the {@code width} likeliest, is finished. It goes on until no text kept
 * can still overtake the best that is finished, so that no stopping rule cuts it short.
 */
final class BeamSearch implements AutoCloseable {
  /**
   * A continuation.
   *
   * @param tokens the new ones, without the token that ends it
   * @param logProbability of these, and of the end where it has one; at most 0
   */
  record Text(int[] tokens, double logProbability) {}

  /** A way to go on with a text. */
  private record Step(Text from, int token, double logProbability) {
    /** The likeliest first; of equals that of the text before, then the lowest id, as greedy. */
    static final Comparator<Step> LIKELIEST =
        Comparator.comparingDouble((Step step) -> -step.logProbability())
            .thenComparingInt(Step::token);

    Text text() {
      int[] longer = Arrays.copyOf(from.tokens(), from.tokens().length + 1);
      longer[longer.length - 1] = token;
      return new Text(longer, logProbability);
    }
  }

  /** A pass and the tokens whose keys and values it holds. */
  private static final class Cache {
    final TransformerPass pass;
    int[] tokens = {};

    Cache(TransformerPass pass) {
      this.pass = pass;
    }

    /** How many of a sequence's tokens need not be passed again; the last always is. */
    int shared(int[] sequence) {
      int differ = Arrays.mismatch(tokens, sequence);
      return Math.min(differ < 0 ? sequence.length : differ, sequence.length - 1);
    }

    float[] logits(int[] sequence, Batch batch) {
      int past = shared(sequence);
      int[] rest = Arrays.copyOfRange(sequence, past, sequence.length);
      batch.clear();
      batch.add(rest, rest, 0f);
      batch.endUnit();
      tokens = sequence;
      return pass.nextLogits(batch, past);
    }
  }

  private final int[] prompt;
  private final int maxNewTokens;
  private final Beams beams;
  private final Set<Integer> ends;
  private final List<Cache> caches = new ArrayList<>();
  private final Batch batch;

  /**
   * @param prompt at least one token
   * @param maxNewTokens at least 1; with the prompt at most the model's positions
   */
  BeamSearch(
      LanguageModel model,
      LoraAdapters lora,
      int[] prompt,
      int maxNewTokens,
      Beams beams,
      Set<Integer> ends) {
    this.prompt = prompt;
    this.maxNewTokens = maxNewTokens;
    this.beams = beams;
    this.ends = ends;
    int length = prompt.length + maxNewTokens;
    batch = new Batch(length, 1, 1);
    try {
      for (int i = 0; i < beams.width(); i++) {
        caches.add(new Cache(new TransformerPass(model, lora, PassCapacity.generate(length))));
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** The best continuation found. */
  Text run() {
    List<Text> kept = List.of(new Text(new int[0], 0));
    Text best = null;
    double bestScore = Double.NEGATIVE_INFINITY;
    for (int length = 1; length <= maxNewTokens; length++) {
      List<Step> steps = likeliest(kept);
      kept = new ArrayList<>();
      for (int rank = 0; rank < steps.size() && kept.size() < beams.width(); rank++) {
        Step step = steps.get(rank);
        boolean ended = ends.contains(step.token());
        if (!ended) {
          kept.add(step.text());
        }
        if (ended ? rank < beams.width() : length == maxNewTokens) {
          double score = beams.score(step.logProbability(), length);
          if (best == null || score > bestScore) {
            best = ended ? new Text(step.from().tokens(), step.logProbability()) : step.text();
            bestScore = score;
          }
        }
      }
      if (best != null && bestScore >= attainable(kept)) {
        break;
      }
    }
    return best;
  }

  /** No continuation of these gets a better score: log-probabilities only fall. */
  private double attainable(List<Text> texts) {
    return texts.stream()
        .mapToDouble(text -> beams.score(text.logProbability(), maxNewTokens))
        .max()
        .orElse(Double.NEGATIVE_INFINITY);
  }

  /** The likeliest steps from any text, with enough among them that do not end. */
  private List<Step> likeliest(List<Text> texts) {
    int wanted = beams.width() + ends.size();
    float[][] logits = logits(texts);
    List<Step> steps = new ArrayList<>();
    for (int t = 0; t < texts.size(); t++) {
      PriorityQueue<Step> most = new PriorityQueue<>(Step.LIKELIEST.reversed());
      double normaliser = logSumExp(logits[t]);
      for (int token = 0; token < logits[t].length; token++) {
        double logProbability =
            texts.get(t).logProbability() + Math.min(0, logits[t][token] - normaliser);
        if (most.size() < wanted || logProbability > most.peek().logProbability()) {
          most.add(new Step(texts.get(t), token, logProbability));
          if (most.size() > wanted) {
            most.poll();
          }
        }
      }
      steps.addAll(most.stream().sorted(Step.LIKELIEST).toList());
    }
    // Stable: of equals the step of the text before comes first.
    steps.sort(Comparator.comparingDouble(step -> -step.logProbability()));
    return steps;
  }

  /** Next-token logits of each text, each from the cache that holds most of it. */
  private float[][] logits(List<Text> texts) {
    List<int[]> sequences = texts.stream().map(text -> concat(prompt, text.tokens())).toList();
    float[][] logits = new float[texts.size()][];
    List<Cache> free = new ArrayList<>(caches);
    for (int left = texts.size(); left > 0; left--) {
      int next = -1;
      Cache holder = null;
      for (int t = 0; t < logits.length; t++) {
        for (Cache cache : free) {
          if (logits[t] == null
              && (holder == null
                  || cache.shared(sequences.get(t)) > holder.shared(sequences.get(next)))) {
            next = t;
            holder = cache;
          }
        }
      }
      logits[next] = holder.logits(sequences.get(next), batch);
      free.remove(holder);
    }
    return logits;
  }

  private static int[] concat(int[] first, int[] second) {
    return IntStream.concat(Arrays.stream(first), Arrays.stream(second)).toArray();
  }

  private static double logSumExp(float[] logits) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    return largest + Math.log(sum);
  }

  @Override
  public void close() {
    caches.forEach(cache -> cache.pass.close());
  }
}
