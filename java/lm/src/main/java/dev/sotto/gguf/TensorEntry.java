package dev.sotto.gguf;

/**
 * One line of the tensor table.
 *
 * @param name ggml's, such as {@code blk.0.attn_q.weight}
 * @param type how it is stored
 * @param shape sizes, outermost first: the reverse of the file's order; not to be changed
 * @param offset first byte, counted from the beginning of the data
 * @param bytes its length; 0 where the type cannot be read
 */
public record TensorEntry(String name, TensorType type, long[] shape, long offset, long bytes) {}
