package dev.sotto.plan;

import dev.sotto.budget.BudgetBook;
import dev.sotto.ledger.LedgerHeader;
import dev.sotto.model.Precision;
import dev.sotto.noise.NoiseLaw;
import dev.sotto.noisefile.NoiseFields;
import dev.sotto.settings.Kept;
import dev.sotto.settings.Setting;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The settings that make a run what it is, as they stand in {@code settings.json}: all public, all
 * compared on resume. They are the rows of {@link FinetuneOptions#TABLE} that are kept there, what
 * the account says in the place of those that are kept by it, and what follows from them and the
 * data's public size.
 */
record Settings(Map<String, String> values) {
  private static final Set<Setting<?>> OF_STATISTICS =
      Set.of(ControlOptions.STATISTICS_COST, ControlOptions.LOSS_BOUND);

  Settings(
      FinetuneOptions options,
      RunFrame frame,
      Precision precision,
      NoisePlan.Sampling sampling,
      Account account) {
    this(collect(options, frame, precision, sampling, account));
  }

  private static Map<String, String> collect(
      FinetuneOptions options,
      RunFrame frame,
      Precision precision,
      NoisePlan.Sampling sampling,
      Account account) {
    Rows rows = new Rows(options, effective(options, frame, precision), new LinkedHashMap<>());
    Map<String, String> v = rows.written();
    rows.put(List.of(FinetuneOptions.MODEL, BackendOptions.PRECISION, FinetuneOptions.ADAPTER));
    v.put("model_description", ModelDescription.digest(options.model()));
    rows.put(DataOptions.SECTION.settings());
    rows.put(TaskOptions.SECTION.settings());
    rows.put(TuneOptions.SECTION.settings());
    rows.put(List.of(ChatOptions.RECORD_LAYOUT));
    v.putAll(frame.settings());
    rows.put(List.of(FinetuneOptions.RANK, FinetuneOptions.ALPHA, FinetuneOptions.TARGET_MODULES));
    v.put("sampling_probability", Double.toString(sampling.probability()));
    v.put("steps", Long.toString(sampling.steps()));
    rows.put(TrainingOptions.SECTION.settings());
    if (!(account instanceof Account.Private noised)) {
      v.put("privacy", "none");
      return v;
    }
    NoisePlan plan = noised.noise();
    v.put("privacy", plan.kind().word());
    if (options.privacy().orElseThrow().noise().law() instanceof NoiseLaw.Lmo lmo) {
      NoiseFields.write(lmo.noise())
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
    plan.first()
        .ifPresent(
            first -> v.put("head_noise_multiplier", Double.toString(first.noiseMultiplier())));
    rows.effective().putAll(effective(options, plan));
    rows.put(Privacy.SECTION.settings());
    plan.control().ifPresent(control -> putControl(rows, control));
    return v;
  }

  private static void putControl(Rows rows, ControlPlan plan) {
    for (Setting<?> setting : ControlOptions.SECTION.settings()) {
      if (!OF_STATISTICS.contains(setting) || plan.release().hasStatistics()) {
        rows.put(List.of(setting));
      }
      if (setting == ControlOptions.STATISTICS_COST) {
        plan.statisticsStddev()
            .ifPresent(s -> rows.written().put("statistics_stddev", Double.toString(s)));
      }
    }
    plan.filterOrder()
        .ifPresent(order -> rows.written().put("filter_order", Double.toString(order)));
  }

  /** Values that are not as given: what has another default here, or is ruled by another. */
  private static Map<Setting<?>, Object> effective(
      FinetuneOptions options, RunFrame frame, Precision precision) {
    DataOptions data = options.data();
    Map<Setting<?>, Object> effective = new HashMap<>();
    effective.put(BackendOptions.PRECISION, precision);
    boolean chat = data.reading().layout().isPresent();
    effective.put(DataOptions.TEXT_COLUMN, chat ? "null" : data.columns().text());
    effective.put(DataOptions.SEPARATOR, chat ? "null" : oneLine(frame.separator(data)));
    effective.put(
        DataOptions.PRIVACY_UNIT, data.columns().unit() == null ? "record" : data.columns().unit());
    effective.put(DataOptions.MAX_BLOCKS_PER_UNIT, data.maxBlocksPerUnit());
    effective.put(TrainingOptions.MOMENTUM, options.training().optimizer().momentum());
    return effective;
  }

  /** The same of a run with privacy. */
  private static Map<Setting<?>, Object> effective(FinetuneOptions options, NoisePlan plan) {
    Map<Setting<?>, Object> effective = new HashMap<>();
    effective.put(Privacy.BUDGET_BOOK, budgetBook(options));
    boolean perAdapter = options.privacy().orElseThrow().perAdapter() || plan.control().isPresent();
    effective.put(Privacy.CLIPPING, perAdapter ? "per-adapter" : "flat");
    plan.control()
        .ifPresent(
            control -> {
              ControlOptions given = options.control().orElseThrow();
              effective.put(ControlOptions.CONTROLLER_FROM, control.startedFrom().orElse("null"));
              effective.put(ControlOptions.CLIP_BASE, given.usesPublicNorms() ? "public" : "equal");
              effective.put(
                  ControlOptions.REWARD, given.privatizedReward() ? "private-loss" : "validation");
            });
    return effective;
  }

  /** Rows as they are written one after the other. */
  private record Rows(
      FinetuneOptions options, Map<Setting<?>, Object> effective, Map<String, String> written) {
    void put(List<? extends Setting<?>> table) {
      for (Setting<?> setting : table) {
        Object value = effective.get(setting);
        if (value == null) {
          value = options.values().find(setting).orElse(null);
        }
        boolean silent =
            setting.kept() == Kept.EQUAL_ON_RESUME
                && setting.fallback().equals(Optional.ofNullable(value));
        if (setting.kept().equalOnResume() && setting.kept() != Kept.BY_THE_ACCOUNT && !silent) {
          written.put(setting.key(), text(value));
        }
      }
    }
  }

  private static String text(Object value) {
    if (value instanceof Enum<?> constant) {
      return constant.name().toLowerCase(Locale.ROOT);
    }
    return value instanceof List<?> list
        ? String.join(",", list.stream().map(String::valueOf).toList())
        : String.valueOf(value);
  }

  /** By its name in the file, which it keeps wherever it is moved to. */
  private static String budgetBook(FinetuneOptions options) {
    return options.budgetBook().map(book -> BudgetBook.read(book).terms().book()).orElse("none");
  }

  /** So that the report's table keeps its rows. */
  private static String oneLine(String text) {
    return String.valueOf(text).replace("\n", "\\n").replace("\t", "\\t");
  }
}
