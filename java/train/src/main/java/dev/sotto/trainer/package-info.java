/**
 * The training step: sample, differentiate, clip, reserve, release, commit, update. Private data
 * goes in at the left; only what a mechanism released comes out at the right.
 */
package dev.sotto.trainer;
