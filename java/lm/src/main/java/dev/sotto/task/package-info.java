/**
 * What a model is to do beside learning text: labels and scores as the data have them, and how well
 * they are told.
 *
 * <p>A set of labels and a range of scores are public. What single records have is private.
 */
package dev.sotto.task;
