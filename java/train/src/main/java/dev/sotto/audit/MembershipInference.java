package dev.sotto.audit;

import dev.sotto.data.Block;
import dev.sotto.model.LanguageModel;
import dev.sotto.model.LoraAdapters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Whether a record's loss tells that it was trained on.
 *
 * <p><b>Private.</b> Both numbers are computed from the records without noise, so they must never
 * be saved or published unless the records are public; ArchUnit lets only the command's unsafe
 * diagnostics and the study, which demands public data, call this.
 *
 * @param loss by the negative loss under the adapted model, in nats per token (Yeom et al. 2018)
 * @param calibrated by how much the adapter lowered the loss of the base model, which takes out how
 *     hard the record is by itself (Watson et al. 2022)
 */
public record MembershipInference(AttackStrength loss, AttackStrength calibrated) {

  /**
   * Attacks.
   *
   * @param model the base
   * @param lora the adapter
   * @param members one block of each record trained on, at least 2
   * @param others one block of each record not trained on, at least 2, from the same source
   * @param maxLength longest block in tokens
   * @return the strength of both attacks
   */
  public static MembershipInference of(
      LanguageModel model,
      LoraAdapters lora,
      List<Block> members,
      List<Block> others,
      int maxLength) {
    List<Block> all = new ArrayList<>(members);
    all.addAll(others);
    double[] adapted = means(model, lora, all, maxLength);
    double[] base = means(model, null, all, maxLength);
    double[] negative = new double[adapted.length];
    double[] calibrated = new double[adapted.length];
    for (int i = 0; i < adapted.length; i++) {
      negative[i] = -adapted[i];
      calibrated[i] = base[i] - adapted[i];
    }
    return new MembershipInference(
        strength(negative, members.size()), strength(calibrated, members.size()));
  }

  private static AttackStrength strength(double[] scores, int members) {
    return AttackStrength.of(
        Arrays.copyOf(scores, members), Arrays.copyOfRange(scores, members, scores.length));
  }

  private static double[] means(
      LanguageModel model, LoraAdapters lora, List<Block> blocks, int maxLength) {
    try (SequenceLosses losses = new SequenceLosses(model, lora, maxLength)) {
      return losses.means(blocks);
    }
  }
}
