package dev.sotto.accounting;

/** When two data sets count as neighbours. An accountant is made for exactly one relation. */
public enum NeighbouringRelation {
  /** One data set is the other with one privacy unit added or removed; both directions count. */
  ADD_OR_REMOVE_ONE
}
