/**
 * Privacy accounting in pure Java: what a sequence of noisy releases costs, how much noise a target
 * needs, and filters that stop in time. Loads no native code.
 */
package dev.sotto.accounting;
