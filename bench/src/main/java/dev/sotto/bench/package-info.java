/**
 * JMH benchmarks. Raw results go to {@code bench/results}; peers in other languages are in {@code
 * bench/peers}.
 */
package dev.sotto.bench;
