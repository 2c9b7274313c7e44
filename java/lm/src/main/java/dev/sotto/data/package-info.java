/**
 * From a file of private text to the tokens a training step takes: records, privacy units, blocks.
 *
 * <p>Everything in this package is sensitive: it holds the records themselves.
 */
package dev.sotto.data;
