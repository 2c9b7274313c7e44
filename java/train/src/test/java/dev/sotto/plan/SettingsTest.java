package dev.sotto.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.settings.Kept;
import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What {@code settings.json} compares on resume, by name: a run begun before is resumed by it. */
class SettingsTest {
  private static String kept(Kept place) {
    return Section.flatten(FinetuneOptions.TABLE).stream()
        .filter(setting -> setting.kept() == place)
        .map(Setting::key)
        .collect(Collectors.joining(" "));
  }

  /** A further one here would keep every run that was begun without it from being resumed. */
  @Test
  void whatIsAlwaysWrittenKeepsItsNamesAndOrder() {
    assertEquals(
        "model precision adapter rank alpha target_modules train validation validation_fraction"
            + " text_column prompt_column text_split separator privacy_unit max_length"
            + " max_blocks_per_unit budget_book clipping clip_norm noise_allocation controller"
            + " controller_from control_interval adapt_noise clip_base public_data reward"
            + " statistics_cost loss_bound optimizer momentum weight_decay learning_rate warmup_steps"
            + " decay seed",
        kept(Kept.ALWAYS_EQUAL_ON_RESUME));
  }

  @Test
  void whatIsWrittenWhereGivenKeepsItsNames() {
    List<String> keys = List.of(kept(Kept.EQUAL_ON_RESUME).split(" "));
    for (String key :
        List.of(
            "quoting",
            "task",
            "text_pair_column",
            "label_column",
            "labels",
            "label_range",
            "pooling",
            "dataset",
            "tune",
            "freeze_a",
            "head_first",
            "head_steps",
            "head_sampling_rate",
            "head_learning_rate",
            "average")) {
      assertTrue(keys.contains(key), key + " among " + keys);
    }
  }
}
