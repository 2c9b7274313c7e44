package dev.sotto.report;

import dev.sotto.base.Figures;

/**
 * One value of a {@link Report}: what programs get under its key, and how people read it, decided
 * where it is stated.
 *
 * @param key name in JSON; null for what is said to people alone
 * @param value number, boolean, string, null, a list or map of these, or an object of JSON
 * @param text what people read, without the unit
 * @param unit what the text is counted in, such as {@code s}; empty for a pure number
 */
public record Fact(String key, Object value, String text, String unit) {

  /** A value with words of its own. */
  public static Fact of(String key, Object value, String text) {
    return new Fact(key, value, text, "");
  }

  /** A value that people read as it stands; a path is a string in JSON. */
  public static Fact of(String key, Object value) {
    boolean plain = value == null || value instanceof Number || value instanceof Boolean;
    return of(key, plain ? value : value.toString(), String.valueOf(value));
  }

  /** A number, to four digits. */
  public static Fact number(String key, double value) {
    return of(key, value, Figures.number(value));
  }

  /** An upper bound: to four digits, rounded up. */
  public static Fact atMost(String key, double value) {
    return of(key, value, Figures.bound(value));
  }

  /** A lower bound: to four digits, rounded down. */
  public static Fact atLeast(String key, double value) {
    return of(key, value, Figures.lowerBound(value));
  }

  /** A count, with thousands marked. */
  public static Fact count(String key, long value) {
    return of(key, value, Figures.count(value));
  }

  /** The same with what is counted: {@code s} makes it many. */
  public static Fact count(String key, long value, String one) {
    return of(key, value, Figures.count(value, one));
  }

  /** A δ: to four digits, rounded up, but never to 1. */
  public static Fact delta(String key, double value) {
    return of(key, value, Figures.delta(value));
  }

  /** For people alone. */
  public static Fact said(Object text) {
    return of(null, null, String.valueOf(text));
  }

  /** The same for people alone: JSON is made to be kept, and does not get it. */
  public Fact unkept() {
    return new Fact(null, null, text, unit);
  }

  /** The same with its unit. */
  public Fact in(String name) {
    return new Fact(key, value, text, name);
  }

  /** What people read. */
  String words() {
    return unit.isEmpty() ? text : text + " " + unit;
  }

  /** What JSON can say of the value: null for a number that is not finite. */
  Object json() {
    return value instanceof Double number && !Double.isFinite(number) ? null : value;
  }
}
