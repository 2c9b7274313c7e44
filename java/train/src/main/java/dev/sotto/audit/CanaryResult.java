package dev.sotto.audit;

import dev.sotto.data.synthetic.Canary;

/**
 * What a model knows of one canary.
 *
 * @param canary the canary
 * @param loss nats of the secret after its prefix, under the adapted model
 * @param baseLoss the same under the base model
 * @param exposure log2 |R| − log2 rank, in bits, where R holds the secret and the alternatives it
 *     was compared with, and rank is its place among them by loss, 1 for the least (Carlini et al.
 *     2019, section 4). Of a secret that the model has not seen it is 1.44 (log2 e) in the mean
 * @param completion what the model says after the prefix, always taking the likeliest token
 * @param extracted whether the completion is the secret
 * @param jaccard words that completion and secret share, over all their different words
 */
public record CanaryResult(
    Canary canary,
    double loss,
    double baseLoss,
    double exposure,
    String completion,
    boolean extracted,
    double jaccard) {

  /**
   * How much likelier the secret became by fine-tuning.
   *
   * @return base loss less loss, in nats; greater for a canary that was learned
   */
  public double score() {
    return baseLoss - loss;
  }
}
