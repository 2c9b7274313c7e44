package dev.sotto.compute;

/** The laws the noise kernel draws from; the scale is the law's own. */
public enum NoiseLaw {
  /** Normal; the scale is the standard deviation. */
  GAUSSIAN
}
