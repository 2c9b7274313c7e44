package dev.sotto.plan;

import dev.sotto.compute.Backend;
import dev.sotto.compute.Backends;
import dev.sotto.compute.Purpose;
import dev.sotto.model.Precision;
import dev.sotto.settings.Kept;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;

/**
 * Where to compute.
 *
 * @param name of the backend
 * @param threads worker threads, 0 for all
 */
public record BackendOptions(String name, int threads) {
  private static final int MOST_THREADS = 1024;

  /** Name of the backend. */
  public static final Setting<String> BACKEND =
      Setting.word(
              "backend",
              "NAME",
              Backends.NAMES,
              "auto (default), cpu, cuda or cpu-reference (slow and plain)")
          .or("auto");

  /** Worker threads. */
  public static final Setting<Integer> THREADS =
      Setting.count(
          "threads", "N", 1, MOST_THREADS, "worker threads; default: one per hardware thread");

  /** Of frozen matrices. */
  public static final Setting<Precision> PRECISION =
      Setting.choice(
              "precision",
              "NAME",
              Precision.class,
              "of frozen matrices: f32 or bf16; default: bf16 on cuda, else f32")
          .kept(Kept.ALWAYS_EQUAL_ON_RESUME);

  /** Reads the settings. */
  public static BackendOptions of(Values values) {
    return new BackendOptions(values.get(BACKEND), values.find(THREADS).orElse(0));
  }

  /** Opens the backend. */
  public Backend open(Purpose purpose) {
    return Backends.open(name, threads, purpose);
  }
}
