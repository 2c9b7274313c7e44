package dev.sotto.study;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.sotto.data.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a run under a controller wrote down after each interval, in the file {@value #FILE_NAME} of
 * its directory.
 *
 * @param intervals in the order of the steps
 */
public record Trajectory(List<Interval> intervals) {
  /** The file's name in the run's directory. */
  public static final String FILE_NAME = "trajectory.jsonl";

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /**
   * One line. Arrays have an entry for each of the K adapters.
   *
   * @param step the last step of the interval
   * @param clipNorms thresholds of the interval
   * @param noiseStddevs of the noise on each coordinate of the clipped sum
   * @param clipFractions privatised shares of clipped units; null if the run did not pay for them
   * @param loss privatised loss in nats per token; null likewise
   * @param gradientNorms of the released gradient
   * @param adapterNorms of the adapters' weights
   * @param epsilon spent so far
   * @param validationPerplexity measured after the interval, or null
   * @param controllerSeconds spent on deciding
   * @param stepSeconds spent on the steps
   */
  public record Interval(
      @JsonProperty("step") long step,
      @JsonProperty("clip_norms") double[] clipNorms,
      @JsonProperty("noise_stddevs") double[] noiseStddevs,
      @JsonProperty("clip_fractions") double[] clipFractions,
      @JsonProperty("loss") Double loss,
      @JsonProperty("gradient_norms") double[] gradientNorms,
      @JsonProperty("adapter_norms") double[] adapterNorms,
      @JsonProperty("epsilon") double epsilon,
      @JsonProperty("validation_perplexity") Double validationPerplexity,
      @JsonProperty("controller_seconds") double controllerSeconds,
      @JsonProperty("step_seconds") double stepSeconds) {}

  /** Copies the list. */
  public Trajectory {
    intervals = List.copyOf(intervals);
  }

  /**
   * Reads the file of a run.
   *
   * @param file JSON lines
   * @return what it holds
   * @throws InputException if it is missing, empty or damaged
   */
  public static Trajectory read(Path file) {
    List<Interval> intervals = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(file)) {
        Interval interval = JSON.readValue(line, Interval.class);
        if (interval.clipNorms() == null
            || interval.noiseStddevs() == null
            || interval.clipNorms().length != interval.noiseStddevs().length) {
          throw damaged(file, intervals.size() + 1, null);
        }
        intervals.add(interval);
      }
    } catch (NoSuchFileException e) {
      throw new InputException(
          file + ": is missing; delete the directory it belongs to, so that the run is done again",
          e);
    } catch (JsonProcessingException e) {
      throw damaged(file, intervals.size() + 1, e);
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read: " + e, e);
    }
    if (intervals.isEmpty()) {
      throw damaged(file, 1, null);
    }
    return new Trajectory(intervals);
  }

  private static InputException damaged(Path file, int line, Exception cause) {
    return new InputException(
        file
            + ": line "
            + line
            + " is no interval of a run; delete the directory it belongs to, so that the run is"
            + " done again",
        cause);
  }

  /** The controller's part of the time that training took, in [0, 1]; NaN if no time passed. */
  public double controllerShare() {
    double controller = 0;
    double steps = 0;
    for (Interval interval : intervals) {
      controller += interval.controllerSeconds();
      steps += interval.stepSeconds();
    }
    return controller / (controller + steps);
  }
}
