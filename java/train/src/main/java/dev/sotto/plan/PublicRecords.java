package dev.sotto.plan;

/**
 * Records that are treated as public, and so have no protection.
 *
 * @param name the file they stand in, as given
 * @param purpose what they are for
 * @param records how many there are
 * @param maxLength tokens of a record at most
 * @param cutOff how many are longer than the maximum length and are measured up to it
 * @param withoutTargets how many are passed over, since they are empty or their prompt alone fills
 *     the maximum length
 */
public record PublicRecords(
    String name, Purpose purpose, long records, int maxLength, long cutOff, long withoutTargets) {
  /** What public records are for. */
  public enum Purpose {
    /** To measure perplexity on. */
    VALIDATION,
    /** To take clip norms from the norms of their gradients. */
    CLIP_NORMS,
    /** To try membership on, in a study of data that may be published. */
    AUDIT
  }
}
