/**
 * Reads GGUF files, the format in which llama.cpp keeps a whole model in one file: metadata, a
 * table of tensors, and their data, often in quantised blocks.
 *
 * <p>Format (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3,
 * little-endian): {@code GGUF}, the version in 4 bytes, the numbers of tensors and of metadata
 * entries in 8 each; the entries; the tensor table; padding; data. What names and values mean for a
 * model is said in {@link dev.sotto.checkpoint}.
 */
package dev.sotto.gguf;
