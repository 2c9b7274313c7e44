package dev.sotto.template;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's str.format, without fields inside of a field's format. */
final class BraceFormat {
  private static final Pattern FIELD =
      Pattern.compile(
          "([^.\\[{}!:]*)((?:\\.[^.\\[{}!:]+|\\[[^\\]]+\\])*)(?:!([rsa]))?(?::([^{}]*))?");

  private static final Pattern STEP = Pattern.compile("\\.([^.\\[]+)|\\[([^\\]]+)\\]");

  private final Arguments arguments;
  private final Limits limits;
  private int next;
  private boolean counted;
  private boolean numbered;

  private BraceFormat(Arguments arguments, Limits limits) {
    this.arguments = arguments;
    this.limits = limits;
  }

  static String format(String format, Arguments arguments, Limits limits) {
    BraceFormat state = new BraceFormat(arguments, limits);
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      boolean doubled = i + 1 < format.length() && format.charAt(i + 1) == c;
      if (c != '{' && c != '}') {
        out.append(c);
      } else if (doubled) {
        out.append(c);
        i++;
      } else {
        int end = format.indexOf('}', i);
        if (c == '}' || end < 0) {
          throw EvaluationFailure.of("Single '" + c + "' encountered in format string");
        }
        out.append(state.field(format.substring(i + 1, end)));
        i = end;
      }
      limits.requireCharacters(out.length());
    }
    return out.toString();
  }

  private String field(String field) {
    Matcher parts = FIELD.matcher(field);
    if (!parts.matches()) {
      throw EvaluationFailure.unsupported("the format field {" + field + "}");
    }
    Object value = argument(parts.group(1));
    Matcher steps = STEP.matcher(parts.group(2));
    Members members = new Members(limits);
    while (steps.find()) {
      value =
          steps.group(1) != null
              ? members.attribute(value, steps.group(1))
              : members.item(value, key(steps.group(2)));
    }
    if (value instanceof Undefined missing && !parts.group(2).isEmpty()) {
      throw missing.failure();
    }
    if ("a".equals(parts.group(3))) {
      throw EvaluationFailure.unsupported("!a in a format");
    }
    if (parts.group(3) != null) {
      value = parts.group(3).equals("r") ? Printing.repr(value) : Printing.str(value);
    }
    return FormatSpec.parse(parts.group(4) == null ? "" : parts.group(4)).format(value, limits);
  }

  private static Object key(String text) {
    return text.matches("\\d{1,9}") ? Types.whole(Long.parseLong(text)) : text;
  }

  private Object argument(String name) {
    if (name.isEmpty() || name.matches("\\d{1,9}")) {
      counted |= name.isEmpty();
      numbered |= !name.isEmpty();
      if (counted && numbered) {
        throw EvaluationFailure.of("cannot mix automatic and manual field numbering");
      }
      int place = name.isEmpty() ? next++ : Integer.parseInt(name);
      if (place >= arguments.positional().size()) {
        throw EvaluationFailure.of("Replacement index " + place + " out of range");
      }
      return arguments.positional().get(place);
    }
    Object value = arguments.named().get(name);
    if (value == null) {
      throw EvaluationFailure.of("the format's field '" + name + "' was not given");
    }
    return value;
  }
}
