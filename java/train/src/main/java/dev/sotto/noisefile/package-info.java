/**
 * Laws of LMO noise as JSON: the files that {@code --noise} reads, and the same fields in a ledger.
 */
package dev.sotto.noisefile;
