/**
 * Turning released gradients into updates. Accepts {@code Privatized} gradients, and public ones
 * for non-private training.
 */
package dev.sotto.optimizer;
