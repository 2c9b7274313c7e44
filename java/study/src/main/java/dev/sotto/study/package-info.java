/**
 * A study: the same fine-tuning under many controllers, ε and seeds, on data declared public, with
 * tables and pictures of what came out.
 */
package dev.sotto.study;
