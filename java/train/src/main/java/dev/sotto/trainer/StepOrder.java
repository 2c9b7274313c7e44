package dev.sotto.trainer;

import dev.sotto.clip.Clipping;
import dev.sotto.mechanism.PoissonDraw;

/**
 * What a {@link SumExecutor} is told of one step: whom to draw, and how to clip them. It holds the
 * coins of this step alone, and nothing from which noise could be told.
 *
 * @param draw the step's number and sample; closed by who gave the order
 * @param clipping clip norms of the step
 */
public record StepOrder(PoissonDraw draw, Clipping clipping) {}
