package dev.sotto.template;

import java.util.List;
import java.util.Map;
import java.util.Random;

/** Templates at random that use all of the language, most of them sensibly. */
final class RandomTemplates {
  /** What they see. */
  static final Map<String, Object> CONTEXT =
      Map.of(
          "s",
          " Heé😀 wOrld\n",
          "t",
          "a,b,,c",
          "n",
          7,
          "z",
          -3,
          "f",
          2.5,
          "l",
          List.of(3, 1, 2),
          "w",
          List.of("b", "A", "c"),
          "d",
          Map.of("role", "user"),
          "m",
          List.of(
              Map.of("role", "system", "content", "Be brief."),
              Map.of("role", "user", "content", " Hi "),
              Map.of("role", "assistant", "content", "Yo", "n", 1)),
          "y",
          true);

  /** What an expression is meant to give; now and then it is something else. */
  private enum Kind {
    TEXT,
    NUMBER,
    LIST,
    MESSAGES,
    ANY
  }

  private static final List<String> BLANKS =
      List.of("a", " b ", "\n", "  \n  ", "x\n   ", "\t", "é", "<|im_end|>\n", "");

  private static final Map<Kind, List<String>> SIMPLE =
      Map.of(
          Kind.TEXT,
              List.of(
                  "s", "t", "'a'", "'A b'", "' x\\n'", "\"q'r\"", "''", "'b' 'c'", "m[1].content"),
          Kind.NUMBER,
              List.of("n", "z", "f", "0", "1", "-2", "10", "2.5", "1e3", "0.1", "true", "y"),
          Kind.LIST,
              List.of("l", "w", "[]", "[1, 2, 3]", "['b', 'a']", "(1, 2)", "range(4)", "l[1:]"),
          Kind.MESSAGES, List.of("m", "m[1:]", "m[::-1]", "[d, d]"),
          Kind.ANY,
              List.of(
                  "x", "v", "k", "nothing", "none", "false", "d", "{}", "{'a': 1}", "(1, 'x')"));

  /** What keeps a text a text, and so on: behind a value. */
  private static final Map<Kind, List<String>> SAME =
      Map.of(
          Kind.TEXT,
              List.of(
                  ".strip()",
                  ".strip('a ')",
                  ".lstrip()",
                  ".rstrip('\\n')",
                  ".upper()",
                  ".title()",
                  ".capitalize()",
                  ".replace('a', 'bb')",
                  ".replace('', '-')",
                  ".replace('b', '', 1)",
                  ".center(9, '*')",
                  ".zfill(5)",
                  ".swapcase()",
                  ".format(1)",
                  ".lower()",
                  ".join(w)",
                  ".removeprefix('a')",
                  ".ljust(4)",
                  "[1:]",
                  "[::-1]",
                  "[:2]",
                  "[-3:9:2]",
                  "[0]",
                  "|trim",
                  "|upper",
                  "|title",
                  "|capitalize",
                  "|replace('a', 'o')",
                  "|indent(2)",
                  "|truncate(5)",
                  "|center(8)",
                  "|urlencode",
                  "|default('D', true)",
                  "|reverse",
                  "|tojson",
                  "|string",
                  "|lower",
                  " * 2",
                  " ~ 1",
                  " + 'z'"),
          Kind.NUMBER,
              List.of(
                  "|int",
                  "|float",
                  "|abs",
                  "|round",
                  "|round(1)",
                  "|round(method='floor')",
                  " + 2",
                  " - 0.5",
                  " * n",
                  " // 2",
                  " % 3",
                  " / 4",
                  " ** 2",
                  ".real",
                  "|default(3)",
                  "|int + z"),
          Kind.LIST,
              List.of(
                  "|sort",
                  "|sort(reverse=true)",
                  "|list",
                  "|unique|list",
                  "[1:]",
                  "[::-1]",
                  "[-2:]",
                  "|reverse|list",
                  "|map('string')|list",
                  "|select('odd')|list",
                  "|reject('string')|list",
                  "|batch(2)|list|first",
                  "|list + ['k']",
                  "|map('upper')|list",
                  "|slice(2)|list|last"),
          Kind.MESSAGES,
              List.of(
                  "|selectattr('role', 'eq', 'user')|list",
                  "|rejectattr('n')|list",
                  "|selectattr('n', 'defined')|list",
                  "[1:]",
                  "|list",
                  "|sort(attribute='content')",
                  "[:-1]"),
          Kind.ANY,
              List.of(
                  "|default('D')",
                  "|string",
                  "|tojson",
                  "|list",
                  "|length",
                  ".role",
                  "['a']",
                  "|items|list",
                  ".get('a')"));

  /** What makes another kind of a value. */
  private static final Map<Kind, List<String>> MADE =
      Map.of(
          Kind.TEXT,
              List.of(
                  "{LIST}|join('-')",
                  "{MESSAGES}|map(attribute='content')|join",
                  "{NUMBER}|string",
                  "{LIST}|tojson",
                  "{ANY}|tojson",
                  "{MESSAGES}[0].role",
                  "{MESSAGES}[-1]['content']",
                  "'%s|%s' % ({ANY}, {NUMBER})",
                  "'%05.2f' % {NUMBER}",
                  "'{:>5}|{!r}'.format({NUMBER}, {TEXT})",
                  "{TEXT} ~ {ANY}",
                  "{TEXT} + {TEXT}",
                  "{LIST}|string",
                  "{TEXT}|e|string|length|string",
                  "{MESSAGES}|tojson(indent=2)",
                  "{TEXT}.partition(',')[0]",
                  "'%-4d|%x' % ({NUMBER}|int, 255)"),
          Kind.NUMBER,
              List.of(
                  "{LIST}|length",
                  "{TEXT}|length",
                  "{TEXT}.find('b')",
                  "{TEXT}.count('a')",
                  "{LIST}|sum",
                  "{LIST}|max",
                  "{NUMBER} + {NUMBER}",
                  "{NUMBER} * {NUMBER}",
                  "{MESSAGES}|length",
                  "{TEXT}|wordcount",
                  "{TEXT}|int",
                  "{LIST}|first",
                  "{LIST}[0]",
                  "{NUMBER} // {NUMBER}",
                  "{NUMBER} % {NUMBER}",
                  "-{NUMBER}"),
          Kind.LIST,
              List.of(
                  "{TEXT}.split(',')",
                  "{TEXT}.split()",
                  "{TEXT}.rsplit(none, 1)",
                  "{TEXT}.split('b', 1)",
                  "{TEXT}.splitlines()",
                  "{TEXT}|list",
                  "{MESSAGES}|map(attribute='role')|list",
                  "d.items()|list",
                  "d|dictsort",
                  "{MESSAGES}|groupby('role')|map(attribute=0)|list",
                  "{LIST}|list + {LIST}|list",
                  "[{ANY}, {TEXT}, {NUMBER}]",
                  "d.keys()|list"),
          Kind.MESSAGES,
              List.of("{MESSAGES} + {MESSAGES}", "[{'role': {TEXT}, 'content': {TEXT}}]"),
          Kind.ANY,
              List.of(
                  "{NUMBER} < {NUMBER}",
                  "{TEXT} == {TEXT}",
                  "{TEXT} in {TEXT}",
                  "{NUMBER} not in {LIST}",
                  "not {ANY}",
                  "{ANY} and {ANY}",
                  "{ANY} or {TEXT}",
                  "{TEXT}.startswith('a')",
                  "{TEXT}.endswith(('c', 'd'))",
                  "{TEXT}.isdigit()",
                  "{TEXT}.islower()",
                  "{MESSAGES}[0]",
                  "{'a': {ANY}, 'b': {NUMBER}}",
                  "{ANY} is {TEST}",
                  "{NUMBER} is {TEST}",
                  "{TEXT} is not {TEST}",
                  "{LIST} == {LIST}",
                  "1 < {NUMBER} <= 7",
                  "{LIST}|last",
                  "loop.index is defined",
                  "{MESSAGES}[0].items()|list"));

  private static final List<String> TESTS =
      List.of(
          "defined",
          "undefined",
          "none",
          "string",
          "number",
          "integer",
          "float",
          "boolean",
          "mapping",
          "sequence",
          "iterable",
          "true",
          "false",
          "in [1, 'a']",
          "eq 1",
          "lower",
          "upper",
          "callable",
          "sameas none");

  private final Random random;
  private boolean inLoop;

  RandomTemplates(long seed) {
    random = new Random(seed);
  }

  String template() {
    inLoop = false;
    return body(3);
  }

  private <T> T one(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }

  private String expression(Kind wanted, int depth) {
    Kind kind = random.nextInt(40) == 0 ? one(List.of(Kind.values())) : wanted;
    int way = random.nextInt(6);
    if (depth == 0 || way == 0) {
      return one(SIMPLE.get(kind));
    } else if (way < 3) {
      return "(" + expression(kind, depth - 1) + ")" + one(SAME.get(kind));
    } else if (way == 3) {
      return "("
          + expression(kind, depth - 1)
          + " if "
          + expression(Kind.ANY, depth - 1)
          + " else "
          + expression(kind, 0)
          + ")";
    }
    String made = one(MADE.get(kind)).replace("{TEST}", one(TESTS));
    for (Kind part : Kind.values()) {
      String mark = "{" + part + "}";
      for (int at = made.indexOf(mark); at >= 0; at = made.indexOf(mark)) {
        String inner = expression(part, depth - 1);
        made =
            made.substring(0, at)
                + (inner.contains(" ") ? "(" + inner + ")" : inner)
                + made.substring(at + mark.length());
      }
    }
    return made;
  }

  private String any(int depth) {
    return expression(one(List.of(Kind.values())), depth);
  }

  private String body(int depth) {
    StringBuilder out = new StringBuilder();
    int parts = 1 + random.nextInt(3);
    for (int i = 0; i < parts; i++) {
      out.append(one(BLANKS)).append(statement(depth));
    }
    return out.append(one(BLANKS)).toString();
  }

  private String tag(String inside) {
    return "{%"
        + one(List.of("", "", "-", "+"))
        + " "
        + inside
        + " "
        + one(List.of("", "", "-", "+"))
        + "%}";
  }

  private String print(String value) {
    return "{{" + one(List.of("", "-")) + " " + value + " " + one(List.of("", "-")) + "}}";
  }

  private String statement(int depth) {
    int kind = random.nextInt(depth > 0 ? 16 : 5);
    String name = one(List.of("x", "v", "k", "s"));
    return switch (kind) {
      case 0, 1, 2 -> print(any(3));
      case 3 -> tag("set " + name + " = " + expression(name.equals("s") ? Kind.TEXT : Kind.ANY, 2));
      case 4 ->
          inLoop
              ? tag("if loop.index > 2") + tag(one(List.of("break", "continue"))) + tag("endif")
              : "{# c #}";
      case 5, 6 ->
          tag("if " + any(2))
              + body(depth - 1)
              + (random.nextBoolean() ? tag("elif " + any(1)) + body(depth - 1) : "")
              + (random.nextBoolean() ? tag("else") + body(depth - 1) : "")
              + tag("endif");
      case 7, 8, 9 -> loop(name, depth);
      case 10 ->
          aside("macro g(a, b=" + any(1) + ")", "endmacro", depth)
              + print(one(List.of("g(", "g(b=1, a=", "g(1, ")) + any(1) + ")");
      case 11 -> tag("with " + name + " = " + any(1)) + body(depth - 1) + tag("endwith");
      case 12 -> aside("set " + name, "endset", depth);
      case 13 ->
          aside(
              "filter " + one(List.of("upper", "trim", "replace('a', 'b')|title")),
              "endfilter",
              depth);
      case 14 ->
          tag("set ns = namespace(c=0)")
              + tag("for q in l")
              + tag("set ns.c = ns.c + q")
              + tag("endfor")
              + "{{ ns.c }}";
      default ->
          "{% macro h() %}[{{ caller(1) }}]{% endmacro %}" + aside("call(a) h()", "endcall", depth);
    };
  }

  /** A block that no loop can be left from. */
  private String aside(String begin, String end, int depth) {
    boolean outside = inLoop;
    inLoop = false;
    String block = tag(begin) + body(depth - 1) + tag(end);
    inLoop = outside;
    return block;
  }

  private String loop(String name, int depth) {
    boolean outside = inLoop;
    String over = expression(one(List.of(Kind.LIST, Kind.MESSAGES, Kind.TEXT)), 1);
    String test = random.nextInt(4) == 0 ? " if " + name + " is " + one(TESTS) : "";
    inLoop = true;
    String told =
        one(
            List.of(
                "index",
                "last",
                "length",
                "revindex",
                "previtem is defined",
                "nextitem",
                "cycle('p', 'q')",
                "changed(n)"));
    String body = body(depth - 1) + (random.nextBoolean() ? print("loop." + told) : "");
    inLoop = outside;
    String otherwise = random.nextInt(3) == 0 ? tag("else") + body(0) : "";
    return tag("for " + name + " in (" + over + ")" + test) + body + otherwise + tag("endfor");
  }
}
