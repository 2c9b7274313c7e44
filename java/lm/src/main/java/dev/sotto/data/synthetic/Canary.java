package dev.sotto.data.synthetic;

/**
 * A made-up secret that belongs to nobody: planted among private records, or kept back, so that an
 * audit can tell what a model remembers.
 *
 * @param id names it; also the privacy unit of its records when planted
 * @param prefix what stands before the secret
 * @param secret what was drawn
 * @param planted whether it is among the training records
 * @param space what the secret was drawn from
 */
public record Canary(String id, String prefix, String secret, boolean planted, SecretSpace space) {

  /**
   * The record that is planted.
   *
   * @return prefix and secret as one sentence
   */
  public String text() {
    return prefix + " " + secret + ".";
  }
}
