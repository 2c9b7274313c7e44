package dev.sotto.cli;

import dev.sotto.plan.Account;
import dev.sotto.plan.FinetuneProgress;
import dev.sotto.plan.FinetuneSummary;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Tells a script how a run gets on: an object a line on stderr, each with its {@code event} first.
 * What the script sees is for whoever runs the command, and is kept nowhere.
 */
final class JsonProgress implements FinetuneProgress {
  private final Console console;
  private double promised = Double.POSITIVE_INFINITY;

  JsonProgress(Console console) {
    this.console = console;
  }

  @Override
  public void planned(FinetuneSummary summary, Account account) {
    if (account instanceof Account.Proven proven) {
      promised = proven.epsilon();
    }
    Map<String, Object> planned = new LinkedHashMap<>();
    planned.put("backend", summary.backend());
    planned.put("model_parameters", summary.modelParameters());
    planned.put("trainable_parameters", summary.trainableParameters());
    planned.put("units", summary.units());
    planned.put("steps", summary.steps());
    putFinite(planned, "epsilon_promised", promised);
    tell("planned", planned);
  }

  @Override
  public void step(long step, long steps, double epsilon) {
    Map<String, Object> told = new LinkedHashMap<>();
    told.put("step", step);
    told.put("steps", steps);
    putFinite(told, "epsilon_reserved", epsilon);
    putFinite(told, "epsilon_promised", promised);
    tell("step", told);
  }

  @Override
  public void validated(long step, Map<String, Double> figures) {
    Map<String, Object> told = new LinkedHashMap<>();
    told.put("step", step);
    figures.forEach((name, value) -> putFinite(told, name, value));
    tell("validated", told);
  }

  @Override
  public void withoutCheckpoint(long charged, long steps) {
    tell("without_checkpoint", Map.of("charged", charged));
  }

  @Override
  public void budgetSpent(long step, long steps) {
    tell("budget_spent", Map.of("step", step));
  }

  @Override
  public void unsafeLoss(long step, OptionalDouble natsPerToken) {
    natsPerToken.ifPresent(
        loss -> tell("unsafe_loss", Map.of("step", step, "nats_per_token", loss)));
  }

  private static void putFinite(Map<String, Object> told, String name, double value) {
    if (Double.isFinite(value)) {
      told.put(name, value);
    }
  }

  private void tell(String event, Map<String, ?> what) {
    Map<String, Object> told = new LinkedHashMap<>();
    told.put("event", event);
    told.putAll(what);
    console.note(told);
  }
}
