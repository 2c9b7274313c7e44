package dev.sotto.plan;

import dev.sotto.budget.BudgetBook;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.model.Precision;
import dev.sotto.noisefile.NoiseFields;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The settings that make a run what it is, as they stand in {@code settings.json}: all public, all
 * compared on resume.
 */
record Settings(Map<String, String> values) {
  Settings(
      FinetuneOptions options, Precision precision, NoisePlan.Sampling sampling, Account account) {
    this(collect(options, precision, sampling, account));
  }

  private static Map<String, String> collect(
      FinetuneOptions options, Precision precision, NoisePlan.Sampling sampling, Account account) {
    Map<String, String> v = new LinkedHashMap<>();
    DataOptions data = options.data();
    v.put("model", options.model().toString());
    v.put("precision", precision.name().toLowerCase(java.util.Locale.ROOT));
    v.put("adapter", String.valueOf(options.adapter()));
    v.put("train", data.train().toString());
    v.put("validation", String.valueOf(data.validation()));
    v.put("validation_fraction", Double.toString(data.validationFraction()));
    v.put("text_column", data.columns().text());
    v.put("prompt_column", String.valueOf(data.columns().prompt()));
    v.put("text_split", data.reading().textSplit().name().toLowerCase(java.util.Locale.ROOT));
    v.put("separator", oneLine(data.separator()));
    v.put("privacy_unit", data.columns().unit() == null ? "record" : data.columns().unit());
    v.put("max_length", Integer.toString(data.maxLength()));
    v.put("max_blocks_per_unit", Integer.toString(data.maxBlocksPerUnit()));
    v.put("rank", Integer.toString(options.lora().rank()));
    v.put("alpha", Double.toString(options.lora().alpha()));
    v.put("target_modules", String.join(",", options.lora().targetModules()));
    v.put("sampling_probability", Double.toString(sampling.probability()));
    v.put("steps", Long.toString(sampling.steps()));
    TrainingOptions training = options.training();
    v.put("optimizer", training.optimizer().kind().name().toLowerCase(java.util.Locale.ROOT));
    v.put("momentum", Double.toString(training.optimizer().momentum()));
    v.put("weight_decay", Double.toString(training.optimizer().weightDecay()));
    v.put("learning_rate", Double.toString(training.learningRate()));
    v.put("warmup_steps", Long.toString(training.warmupSteps()));
    v.put("decay", training.decay().name().toLowerCase(java.util.Locale.ROOT));
    v.put("seed", Long.toString(options.seed()));
    if (!(account instanceof Account.Private noised)) {
      v.put("privacy", "none");
      return v;
    }
    PrivacyOptions privacy = options.privacy();
    NoisePlan plan = noised.noise();
    v.put("privacy", plan.mechanism());
    if (plan.mechanism().equals("lmo")) {
      NoiseFields.write(privacy.noise().law())
          .properties()
          .forEach(field -> v.put(field.getKey(), field.getValue().asText()));
      v.put("accounting", noised instanceof Account.PaperClaim ? LedgerHeader.PAPER : "exact");
    }
    v.put("units", Long.toString(plan.units()));
    if (noised instanceof Account.Proven proven) {
      v.put("epsilon", Double.toString(proven.epsilon()));
    } else if (noised instanceof Account.PaperClaim claim) {
      v.put("guarantee", LedgerHeader.NO_GUARANTEE);
      v.put("claimed_epsilon_paper", Double.toString(claim.claimedEpsilon()));
    }
    v.put("delta", Double.toString(noised.delta()));
    v.put("accountant", noised.accountantName());
    v.put("noise_multiplier", Double.toString(plan.noiseMultiplier()));
    boolean perAdapter = privacy.perAdapter() || plan.control().isPresent();
    v.put("budget_book", budgetBook(options));
    v.put("clipping", perAdapter ? "per-adapter" : "flat");
    v.put("clip_norm", Double.toString(privacy.clipNorm()));
    v.put("noise_allocation", privacy.allocation().name().toLowerCase(java.util.Locale.ROOT));
    plan.control().ifPresent(control -> putControl(v, options.control(), control));
    return v;
  }

  private static void putControl(Map<String, String> v, ControlOptions control, ControlPlan plan) {
    v.put("controller", control.controller());
    v.put("controller_from", plan.startedFrom().orElse("null"));
    v.put("control_interval", Integer.toString(control.interval()));
    v.put("adapt_noise", Boolean.toString(control.adaptNoise()));
    v.put("clip_base", control.usesPublicNorms() ? "public" : "equal");
    v.put("public_data", String.valueOf(control.publicData()));
    v.put("reward", control.privatizedReward() ? "private-loss" : "validation");
    if (plan.release().hasStatistics()) {
      v.put("statistics_cost", Double.toString(plan.release().statisticsCost()));
      v.put("statistics_stddev", Double.toString(plan.statisticsStddev().orElseThrow()));
      v.put("loss_bound", Double.toString(plan.release().lossBound()));
    }
    plan.filterOrder().ifPresent(order -> v.put("filter_order", Double.toString(order)));
  }

  /** By its name in the file, which it keeps wherever it is moved to. */
  private static String budgetBook(FinetuneOptions options) {
    return options.budgetBook() == null
        ? "none"
        : BudgetBook.read(options.budgetBook()).terms().book();
  }

  /** So that the report's table keeps its rows. */
  private static String oneLine(String text) {
    return String.valueOf(text).replace("\n", "\\n").replace("\t", "\\t");
  }
}
