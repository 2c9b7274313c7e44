/**
 * Which noise to add: the offline search over Gaussian, Laplace and LMO noise for one query, each
 * candidate scaled to the same sound epsilon, and {@link dev.sotto.search.ScalarNoise}, the noise
 * of a single private number.
 *
 * <p>A private mean of n numbers in [0, 1], released once:
 *
 * <pre>{@code
 * double sensitivity = 1.0 / n;
 * ScalarNoise noise = ScalarNoise.of(sensitivity, 0.5, 1e-6, NoiseObjective.ABSOLUTE);
 * ledger.reserve(noise.event());                       // the charge, before the draw
 * ScalarMechanism mechanism =
 *     new ScalarMechanism(backend, NoiseKey.fromOperatingSystem(), tensor, noise.event());
 * Privatized<Double> mean = mechanism.release(exactMean, step);
 * log("mean " + mean.value() + " +- " + noise.candidate().coordinate().meanAbsolute());
 * }</pre>
 *
 * In many coordinates Gaussian noise wins, as the Cramer-Rao bound says it must; the search says so
 * with numbers.
 */
package dev.sotto.search;
