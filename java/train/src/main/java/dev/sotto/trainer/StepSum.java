package dev.sotto.trainer;

import dev.sotto.clip.BatchStatistics;
import dev.sotto.clip.ClippedGradSum;
import java.util.Optional;

/**
 * What a step releases, before any noise: sums over its whole sample. Every unit is rounded to a
 * grid before it is added, so they are exact, and the same bits in whatever order and over whatever
 * cut of the units they were added. Sensitive, and closed to all but the mechanism.
 *
 * @param gradients clipped gradients, on the backend of the adapter
 * @param statistics clip indicators and losses; empty where none are released
 */
public record StepSum(ClippedGradSum gradients, Optional<BatchStatistics> statistics) {}
