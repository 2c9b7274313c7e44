package dev.sotto.compute;

/**
 * A matrix in a buffer, row-major: row r begins at element r · stride. The call says how many rows
 * and columns it takes.
 *
 * @param data the buffer, row 0 first
 * @param stride elements from one row to the next, at least the columns
 */
public record Rows(DeviceBuffer data, long stride) {}
