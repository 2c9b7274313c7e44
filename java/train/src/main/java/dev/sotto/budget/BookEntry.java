package dev.sotto.budget;

/**
 * A run in a book.
 *
 * @param run id of the run, as in its ledger
 * @param nonce of its last start or resume that the book has honoured
 * @param starts how often it was started or resumed
 * @param promised the most it can cost
 * @param charged what it has cost, once it is closed for ever; null before
 */
public record BookEntry(
    String run, String nonce, long starts, PrivacyCost promised, PrivacyCost charged) {
  /** Whether it can never be resumed. */
  public boolean closed() {
    return charged != null;
  }

  /** What counts against the total: the whole promise as long as the run may go on. */
  public PrivacyCost counted() {
    return closed() ? charged : promised;
  }
}
