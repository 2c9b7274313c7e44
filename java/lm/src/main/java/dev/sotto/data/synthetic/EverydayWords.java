package dev.sotto.data.synthetic;

import java.util.List;
import java.util.Map;

/** Banks of words and phrases for plain prose about everyday life and the visible world. */
final class EverydayWords {
  private EverydayWords() {}

  static final List<String> WOMEN =
      List.of(
          "Anna", "Clara", "Edith", "Fatima", "Grace", "Helen", "Ines", "Julia", "Karin", "Leila",
          "Maria", "Nora", "Olga", "Rosa", "Sofia", "Vera");

  static final List<String> MEN =
      List.of(
          "Adam", "Bruno", "Carlos", "David", "Emil", "Felix", "George", "Hassan", "Ivan", "Jonas",
          "Lukas", "Martin", "Omar", "Peter", "Samuel", "Thomas");

  static final Map<String, List<String>> BANKS = Grammar.banks("everyday.txt");
}
