package dev.sotto.accounting;

/**
 * Turns a {@link PrivacyEvent} into the epsilon it costs at a given delta, for the relation {@link
 * #neighbouringRelation()}. Implementations are immutable and may be shared between threads.
 */
public interface Accountant {

  /**
   * The bracket around the true epsilon.
   *
   * @param event what is released
   * @param delta the delta of the guarantee, strictly between 0 and 1
   * @return a proven bracket; its upper end may be infinite when no epsilon holds at this delta
   * @throws IllegalArgumentException if delta is out of range
   * @throws UnsupportedOperationException if this accountant has no proof for the event
   */
  EpsilonBound epsilon(PrivacyEvent event, double delta);

  /**
   * The upper end of {@link #epsilon} alone; cheaper where the lower end costs extra.
   *
   * @param event what is released
   * @param delta the delta of the guarantee, strictly between 0 and 1
   * @return an epsilon that holds
   */
  default double epsilonUpper(PrivacyEvent event, double delta) {
    return epsilon(event, delta).upper();
  }

  /**
   * The name that {@link #named} knows this accountant by, or {@link FilterAccountant#NAME}.
   *
   * @return "pld", "rdp" or "rdp-filter"
   */
  String name();

  /**
   * The relation fixed when this accountant was made.
   *
   * @return the relation
   */
  default NeighbouringRelation neighbouringRelation() {
    return NeighbouringRelation.ADD_OR_REMOVE_ONE;
  }

  /**
   * The privacy-loss-distribution accountant: the tightest here, for parameters fixed in advance.
   *
   * @return the default accountant
   */
  static Accountant pld() {
    return new PldAccountant();
  }

  /**
   * The Renyi accountant: looser, and the one whose composition also holds for adaptive noise when
   * a {@link PrivacyFilter} guards the spending.
   *
   * @return the accountant
   */
  static Accountant rdp() {
    return new RdpAccountant();
  }

  /**
   * Finds an accountant by name.
   *
   * @param name "pld" or "rdp"
   * @return the accountant
   * @throws IllegalArgumentException if there is none of that name
   */
  static Accountant named(String name) {
    return switch (name) {
      case "pld" -> pld();
      case "rdp" -> rdp();
      default ->
          throw new IllegalArgumentException(
              "unknown accountant '" + name + "'; known are pld (default) and rdp");
    };
  }
}
