package dev.sotto.settings;

/** Where the value of a setting is kept; each place includes those before it. */
public enum Kept {
  /** Nowhere: it concerns one call, such as {@code --resume}. */
  NOWHERE,
  /** In {@code run.json}, the effective settings; a resumed run may have another. */
  IN_RUN_FILE,
  /**
   * In {@code settings.json}, so a resumed run must have the same. Where it equals its default it
   * is left out, so that runs begun before there was such a setting can still be resumed.
   */
  EQUAL_ON_RESUME,
  /** In every {@code settings.json}, also at its default. */
  ALWAYS_EQUAL_ON_RESUME,
  /**
   * In every {@code settings.json} and in the ledger's header, in both as the account has it: what
   * was asked for, or what it comes to.
   */
  BY_THE_ACCOUNT;

  /** Whether a resumed run must have the same value. */
  public boolean equalOnResume() {
    return compareTo(EQUAL_ON_RESUME) >= 0;
  }
}
