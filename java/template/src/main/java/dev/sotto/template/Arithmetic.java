package dev.sotto.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Python's operators on numbers, texts, lists and tuples. */
final class Arithmetic {
  /** An int above this many bits is refused: what would compute or print for minutes. */
  private static final int MOST_BITS = 1 << 14;

  private final Limits limits;

  Arithmetic(Limits limits) {
    this.limits = limits;
  }

  Object apply(String operator, Object a, Object b) {
    requireDefined(a);
    if (!(operator.equals("%") && a instanceof String)) {
      requireDefined(b);
    }
    if (a instanceof Types.Markup || b instanceof Types.Markup) {
      throw EvaluationFailure.unsupported("'" + operator + "' on what is escaped");
    }
    if (Types.isNumber(a) && Types.isNumber(b)) {
      return a instanceof Double || b instanceof Double
          ? floats(operator, asDouble(a), asDouble(b))
          : ints(operator, Types.intOf(a), Types.intOf(b));
    }
    switch (operator) {
      case "+" -> {
        return sum(a, b);
      }
      case "*" -> {
        if (Types.intOf(b) != null && isRepeatable(a)) {
          return repeated(a, b);
        }
        if (Types.intOf(a) != null && isRepeatable(b)) {
          return repeated(b, a);
        }
      }
      case "%" -> {
        if (a instanceof String format) {
          return PercentFormat.format(format, b, limits);
        }
      }
      default -> {
        // No other operator takes anything but numbers.
      }
    }
    throw EvaluationFailure.of(
        "unsupported operand type(s) for "
            + operator
            + ": '"
            + Types.nameOf(a)
            + "' and '"
            + Types.nameOf(b)
            + "'");
  }

  private static void requireDefined(Object value) {
    if (value instanceof Undefined missing) {
      throw missing.failure();
    }
  }

  private Object sum(Object a, Object b) {
    if (a instanceof String one && b instanceof String other) {
      limits.requireCharacters((long) one.length() + other.length());
      return one + other;
    }
    if (a instanceof Sequence one
        && b instanceof Sequence other
        && one.getClass() == other.getClass()) {
      limits.requireElements((long) one.items().size() + other.items().size());
      List<Object> all = new ArrayList<>(one.items());
      all.addAll(other.items());
      return one.with(all);
    }
    throw EvaluationFailure.of(
        "can only concatenate "
            + Types.nameOf(a)
            + " (not \""
            + Types.nameOf(b)
            + "\") to "
            + Types.nameOf(a));
  }

  private static boolean isRepeatable(Object value) {
    return value instanceof String || value instanceof Sequence;
  }

  private Object repeated(Object value, Object times) {
    int count = Math.max(0, Types.clampedInt(times));
    if (value instanceof String text) {
      limits.requireCharacters((long) text.length() * count);
      return text.repeat(count);
    }
    Sequence sequence = (Sequence) value;
    limits.requireElements((long) sequence.items().size() * count);
    List<Object> all = new ArrayList<>();
    for (List<Object> part : Collections.nCopies(count, sequence.items())) {
      all.addAll(part);
    }
    return sequence.with(all);
  }

  private static Object ints(String operator, BigInteger a, BigInteger b) {
    return switch (operator) {
      case "+" -> bounded(a.add(b));
      case "-" -> bounded(a.subtract(b));
      case "*" -> bounded(a.multiply(b));
      case "/" -> trueDivision(a, b);
      case "//" -> floorDivision(a, nonzero(b))[0];
      case "%" -> floorDivision(a, nonzero(b))[1];
      default -> power(a, b);
    };
  }

  private static BigInteger bounded(BigInteger value) {
    if (value.bitLength() > MOST_BITS) {
      throw EvaluationFailure.limit("an int of more than " + MOST_BITS + " bits");
    }
    return value;
  }

  private static BigInteger nonzero(BigInteger value) {
    if (value.signum() == 0) {
      throw EvaluationFailure.of("integer division or modulo by zero");
    }
    return value;
  }

  /** Correctly rounded, also where the ints are beyond a float's precision. */
  private static Object trueDivision(BigInteger a, BigInteger b) {
    if (b.signum() == 0) {
      throw EvaluationFailure.of("division by zero");
    }
    double quotient;
    if (a.bitLength() <= 53 && b.bitLength() <= 53) {
      quotient = a.doubleValue() / b.doubleValue();
    } else {
      // 1,100 decimal digits tell any two neighbouring floats and their middle apart.
      quotient =
          new BigDecimal(a)
              .divide(new BigDecimal(b), new MathContext(1100, RoundingMode.DOWN))
              .doubleValue();
    }
    if (Double.isInfinite(quotient)) {
      throw EvaluationFailure.of("integer division result too large for a float");
    }
    return quotient;
  }

  /** Quotient towards minus infinity, and the remainder with the divisor's sign. */
  private static BigInteger[] floorDivision(BigInteger a, BigInteger b) {
    BigInteger[] both = a.divideAndRemainder(b);
    if (both[1].signum() != 0 && both[1].signum() != b.signum()) {
      return new BigInteger[] {both[0].subtract(BigInteger.ONE), both[1].add(b)};
    }
    return both;
  }

  private static Object power(BigInteger a, BigInteger b) {
    if (b.signum() < 0) {
      return floats("**", a.doubleValue(), b.doubleValue());
    }
    if (a.abs().bitLength() <= 1) {
      return a.pow(b.signum() == 0 ? 0 : b.testBit(0) ? 1 : 2);
    }
    if (b.bitLength() > 20 || (long) a.bitLength() * b.intValue() > 2L * MOST_BITS) {
      throw EvaluationFailure.limit("an int of more than " + MOST_BITS + " bits");
    }
    return bounded(a.pow(b.intValue()));
  }

  private static Object floats(String operator, double a, double b) {
    return switch (operator) {
      case "+" -> a + b;
      case "-" -> a - b;
      case "*" -> a * b;
      case "/" -> a / nonzero(b, "float division by zero");
      case "//" -> floorDivision(a, nonzero(b, "float floor division by zero"));
      case "%" -> modulo(a, nonzero(b, "float modulo"));
      default -> power(a, b);
    };
  }

  private static double nonzero(double value, String message) {
    if (value == 0) {
      throw EvaluationFailure.of(message);
    }
    return value;
  }

  private static double modulo(double a, double b) {
    double rest = a % b;
    if (rest == 0) {
      return Math.copySign(0, b);
    }
    return rest < 0 != b < 0 ? rest + b : rest;
  }

  private static double floorDivision(double a, double b) {
    double rest = a % b;
    double quotient = (a - rest) / b;
    if (rest != 0 && rest < 0 != b < 0) {
      quotient -= 1;
    }
    if (quotient == 0) {
      return Math.copySign(0, a / b);
    }
    double floor = Math.floor(quotient);
    return quotient - floor > 0.5 ? floor + 1 : floor;
  }

  private static double power(double a, double b) {
    if (a == 0 && b < 0) {
      throw EvaluationFailure.of("0.0 cannot be raised to a negative power");
    }
    if (a < 0 && Double.isFinite(a) && Double.isFinite(b) && Math.rint(b) != b) {
      throw EvaluationFailure.unsupported("a complex number");
    }
    // IEEE 754, and Python, have 1 where Java has NaN.
    if (a == 1 || a == -1 && Double.isInfinite(b)) {
      return 1;
    }
    double power = Math.pow(a, b);
    if (Double.isInfinite(power) && Double.isFinite(a) && Double.isFinite(b)) {
      throw EvaluationFailure.of("Result too large");
    }
    return power;
  }

  static double asDouble(Object number) {
    if (number instanceof Double value) {
      return value;
    }
    double value = Types.intOf(number).doubleValue();
    if (Double.isInfinite(value)) {
      throw EvaluationFailure.of("int too large to convert to float");
    }
    return value;
  }

  static Object negated(Object value) {
    requireDefined(value);
    if (value instanceof Double number) {
      return -number;
    }
    return requireInt("-", value).negate();
  }

  static Object positive(Object value) {
    requireDefined(value);
    return value instanceof Double ? value : requireInt("+", value);
  }

  private static BigInteger requireInt(String operator, Object value) {
    BigInteger number = Types.intOf(value);
    if (number == null) {
      throw EvaluationFailure.of(
          "bad operand type for unary " + operator + ": '" + Types.nameOf(value) + "'");
    }
    return number;
  }
}
