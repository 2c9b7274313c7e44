/**
 * Control of a private fine-tuning run: controllers choose each LoRA pair's clip norm and, where
 * asked for, the noise level, from public numbers and released values alone ({@link
 * dev.sotto.control.Observation}). {@link dev.sotto.control.Controllers} has them by name: RLDP
 * (arXiv 2507.22565) with two learners, and the baselines it is to be compared with.
 */
package dev.sotto.control;
