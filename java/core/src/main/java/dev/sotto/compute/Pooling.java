package dev.sotto.compute;

/** How one vector is made of a sequence's rows. */
public enum Pooling {
  /** Their mean, as sentence encoders take it. */
  MEAN,
  /** The first, BERT's [CLS]. */
  FIRST,
  /** The last, which has seen the whole text in a decoder. */
  LAST
}
