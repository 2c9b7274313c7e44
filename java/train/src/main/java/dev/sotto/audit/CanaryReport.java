package dev.sotto.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.base.AtomicFile;
import dev.sotto.base.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** Writes what an audit found, canary by canary. It can be published with the adapter. */
public final class CanaryReport {
  private CanaryReport() {}

  /**
   * Writes one JSON object a line: id, planted, secret, completion, extracted, jaccard, exposure,
   * loss and base_loss; a number that is not finite becomes null.
   *
   * @param file the file, replaced if it exists
   * @param results one a line, in their order
   * @throws dev.sotto.base.InputException if it cannot be written
   */
  public static void write(Path file, List<CanaryResult> results) {
    StringBuilder lines = new StringBuilder();
    for (CanaryResult result : results) {
      ObjectNode node = Json.object();
      node.put("id", result.canary().id());
      node.put("planted", result.canary().planted());
      node.put("secret", result.canary().secret());
      node.put("completion", result.completion());
      node.put("extracted", result.extracted());
      node.put("jaccard", result.jaccard());
      node.put("exposure", result.exposure());
      node.put("loss", finite(result.loss()));
      node.put("base_loss", finite(result.baseLoss()));
      lines.append(node).append('\n');
    }
    AtomicFile.write(file, lines.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static Double finite(double value) {
    return Double.isFinite(value) ? (Double) value : null;
  }
}
