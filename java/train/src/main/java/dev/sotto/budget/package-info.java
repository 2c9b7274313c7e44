/**
 * The budget of a data set: a total (ε, δ) that all runs on it together keep to, as a filter whose
 * rule is fixed before the first of them.
 */
package dev.sotto.budget;
