package dev.sotto.task;

/**
 * A figure measured on some records, and how far it may lie from that on endlessly many alike.
 *
 * @param value the figure itself
 * @param low lower end of its 95% interval
 * @param high upper end
 */
public record Estimate(double value, double low, double high) {}
