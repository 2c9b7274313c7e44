package dev.sotto.control;

import dev.sotto.base.InputException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** The controllers by the names they are chosen by. */
public final class Controllers {
  private static final Map<String, Function<ControllerOptions, Controller>> BY_NAME =
      new LinkedHashMap<>();

  static {
    BY_NAME.put(ConstantController.NAME, ConstantController::new);
    BY_NAME.put(QuantileController.NAME, QuantileController::new);
    BY_NAME.put(AutoSController.NAME, AutoSController::new);
    BY_NAME.put(AdaClipController.NAME, AdaClipController::new);
    BY_NAME.put(PublicStaticController.NAME, PublicStaticController::new);
    BY_NAME.put(RandomController.NAME, RandomController::new);
    BY_NAME.put(Learners.FROZEN, Learners::frozen);
    BY_NAME.put(Learners.RLDP, Learners::rldp);
    BY_NAME.put(Learners.RLDP_PPO, Learners::rldpPpo);
  }

  private static final Set<String> LEARNERS =
      Set.of(Learners.FROZEN, Learners.RLDP, Learners.RLDP_PPO);

  private Controllers() {}

  /** The names, simplest first. */
  public static List<String> names() {
    return List.copyOf(BY_NAME.keySet());
  }

  /** Whether the controller of a name needs norms measured on public data. */
  public static boolean usesPublicNorms(String name) {
    return name.equals(PublicStaticController.NAME);
  }

  /**
   * Refuses a controller that learns where ND4J is not there: the command keeps it in a jar of its
   * own.
   *
   * @param name of a controller
   * @throws InputException if what it computes with is missing
   */
  public static void requireAvailable(String name) {
    if (LEARNERS.contains(name) && !Learners.haveNd4j()) {
      throw new InputException(
          "controller '"
              + name
              + "' learns, and sotto-learned-controllers.jar, which that needs, is not there: put"
              + " it beside sotto.jar, or choose another controller");
    }
  }

  /**
   * The controller of a name.
   *
   * @throws InputException if what it computes with is missing
   * @throws IllegalArgumentException if there is none of that name, or it cannot do what the
   *     options ask for: adapt the noise, start from a policy, do without public data
   */
  public static Controller create(ControllerOptions options) {
    String name = options.name();
    Function<ControllerOptions, Controller> maker = BY_NAME.get(name);
    if (maker == null) {
      throw new IllegalArgumentException(
          "unknown controller '" + name + "': choose one of " + String.join(", ", names()));
    }
    requireAvailable(name);
    boolean learner = LEARNERS.contains(name);
    if (options.adaptNoise() && !learner && !name.equals(RandomController.NAME)) {
      throw new IllegalArgumentException(
          "controller '"
              + name
              + "' does not adapt the noise: leave out --adapt-noise, or choose random, "
              + String.join(", ", LEARNERS.stream().sorted().toList()));
    }
    if (options.startFrom() != null && !learner) {
      throw new IllegalArgumentException(
          "controller '"
              + name
              + "' follows no policy that it could start from: leave out --controller-from, or"
              + " choose one of "
              + String.join(", ", LEARNERS.stream().sorted().toList()));
    }
    return maker.apply(options);
  }
}
