/**
 * Reinforcement learning for continuous actions: soft actor-critic and proximal policy
 * optimisation, with small dense networks on ND4J. It knows numbers only, nothing of training or
 * privacy; what it may be shown is decided by the package above.
 */
package dev.sotto.control.learn;
