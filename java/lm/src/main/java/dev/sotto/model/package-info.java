/**
 * One transformer for all architectures, with LoRA and per-sample gradients. {@link
 * dev.sotto.model.LanguageModel} holds weights, {@link dev.sotto.model.LoraAdapters} the trainable
 * part, {@link dev.sotto.model.TransformerPass} computes.
 */
package dev.sotto.model;
