package dev.sotto.plan;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sotto.accounting.NoiseAllocation;
import dev.sotto.control.Controller;
import dev.sotto.control.ControllerOptions;
import dev.sotto.control.Controllers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/** Files of a run that are read when it goes on. */
public final class RunFiles {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static Controller kept;

  private RunFiles() {}

  /** Restores a controller from a state whose checksum is mended first. */
  public static void restoreController(Path file) {
    mendChecksum(file);
    ControllerFile.restore(file, controller());
  }

  /** Writes a sound state. */
  public static void writeController(Path file) {
    Controller controller = controller();
    ControllerFile.save(file, controller, controller.first());
  }

  private static Controller controller() {
    if (kept == null) {
      kept =
          Controllers.create(
              new ControllerOptions(
                  "quantile",
                  new ControllerOptions.Pairs(
                      new long[] {24, 24}, 1, null, NoiseAllocation.UNIFORM),
                  false,
                  4,
                  null,
                  1));
    }
    return kept;
  }

  /** Compares a run's settings with others. */
  public static void requireSameSettings(Path dir) {
    new RunDirectory(dir).requireSame(Map.of("model", "base", "steps", "10"));
  }

  private static void mendChecksum(Path file) {
    try {
      if (!(JSON.readTree(Files.readAllBytes(file)) instanceof ObjectNode root)) {
        return;
      }
      root.remove("sha256");
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(root.toString().getBytes(StandardCharsets.UTF_8));
      root.put("sha256", HexFormat.of().formatHex(hash));
      Files.write(file, JSON.writeValueAsBytes(root));
    } catch (IOException e) {
      // No JSON: nothing to mend.
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
