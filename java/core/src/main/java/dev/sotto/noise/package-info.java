/**
 * Laws of additive noise beyond the Gaussian: Laplace noise with a random inverse scale (LMO-DP),
 * through its closed-form marginal. Depends on no other package of the project.
 */
package dev.sotto.noise;
