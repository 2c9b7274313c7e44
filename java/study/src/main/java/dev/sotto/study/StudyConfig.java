package dev.sotto.study;

import dev.sotto.plan.DataOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a study compares, and on what. Its data have been declared public.
 *
 * @param file where it was read from
 * @param arms the controllers compared, in the order of the tables; the first is what the others
 *     are held against. They have model and data in common
 * @param epsilons target ε of the runs, ascending
 * @param accountant {@code pld} or {@code rdp}, of arms whose noise is fixed
 * @param seeds of the adapter's initial values and of the controller
 * @param seededNoise whether sampling and noise are drawn from the seed as well, so that anybody
 *     can repeat the study to the bit. Such adapters are protected by nothing
 * @param audit what is attacked after each run, or null
 */
public record StudyConfig(
    Path file,
    List<StudyArm> arms,
    List<Double> epsilons,
    String accountant,
    List<Long> seeds,
    boolean seededNoise,
    AuditFiles audit) {

  /**
   * What the audit of a run needs. Either part may be null.
   *
   * @param canaries the secrets that were planted in the training file
   * @param members records of the training file
   * @param nonMembers records of the same kind that are not in it
   */
  public record AuditFiles(Path canaries, Path members, Path nonMembers) {}

  /** Copies the lists. */
  public StudyConfig {
    arms = List.copyOf(arms);
    epsilons = List.copyOf(epsilons);
    seeds = List.copyOf(seeds);
  }

  /** HuggingFace model directory. */
  public Path model() {
    return arms.get(0).options().model();
  }

  /** Training and validation records. */
  public DataOptions data() {
    return arms.get(0).options().data();
  }

  /**
   * All runs. Seeds are the outer loop, so that a study that was stopped early has compared
   * everything at fewer seeds.
   */
  public List<StudyRun> runs() {
    List<StudyRun> runs = new ArrayList<>();
    for (long seed : seeds) {
      for (double epsilon : epsilons) {
        for (StudyArm arm : arms) {
          runs.add(new StudyRun(this, arm, epsilon, seed));
        }
      }
    }
    return runs;
  }
}
