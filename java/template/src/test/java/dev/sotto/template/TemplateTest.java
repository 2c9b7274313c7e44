package dev.sotto.template;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The interface, and what a hostile template cannot do. */
class TemplateTest {
  private static final LocalDateTime NOW = LocalDateTime.parse("2024-07-26T09:05:03");

  @Test
  void rendersAConversation() {
    Template template =
        Template.parse(
            "{% for m in messages %}\n<|{{ m.role }}|>{{ m.content | trim }}\n{% endfor %}\n{% if add_generation_prompt %}<|assistant|>{% endif %}");
    List<Map<String, Object>> messages =
        List.of(
            Map.of("role", "user", "content", " Hi "),
            Map.of("role", "assistant", "content", "Yo"));
    assertEquals(
        "<|user|>Hi\n<|assistant|>Yo\n<|assistant|>",
        template.render(Map.of("messages", messages, "add_generation_prompt", true), NOW).text());
  }

  @Test
  void tellsWhereAnAssistantSpoke() {
    Rendered rendered =
        Template.parse(
                "a{% for c in 'xy' %}{% generation %}{{ c }}!{% endgeneration %}.{% endfor %}")
            .render(Map.of(), NOW);
    assertEquals("ax!.y!.", rendered.text());
    assertEquals(List.of(new Rendered.Span(1, 3), new Rendered.Span(4, 6)), rendered.generated());
  }

  @Test
  void namesTheLineAndKeepsTheTemplatesOwnWords() {
    TemplateException refused = refused("a\n{{ raise_exception('No\nsystem') }}");
    assertEquals(TemplateException.Cause.RAISED, refused.kind());
    assertEquals("No\nsystem", refused.reason());
    assertEquals("line 2 of the template: No system", refused.getMessage());
    assertEquals(TemplateException.Cause.SYNTAX, refused("\n\n{% if %}").kind());
    assertEquals(3, refused("\n\n{% if %}").line());
  }

  /** Each would take minutes, or all memory, or the stack. */
  static Stream<String> hostile() {
    String deep = "(".repeat(100_000) + "1" + ")".repeat(100_000);
    return Stream.of(
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{% for a in range(100000) %}{{ range(100000)|sum }}{% endfor %}",
        "{% set l = range(99999)|list %}{% for a in l %}{% if a in l %}{% endif %}{% endfor %}",
        "{% set t = 'ab' * 999999 %}{% for a in range(99999) %}{{ t.count('b') }}{% endfor %}",
        "{{ range(100000000000) }}",
        "{{ 'a' * 1000000000 }}",
        "{{ ([1] * 100000) * 100000 }}",
        "{{ 10 ** (10 ** 10) }}",
        "{{ 9 ** 99999999 }}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% set ns = namespace() %}{% set ns.a = ns %}{{ ns }}",
        "{% set ns = namespace(t='a') %}{% for i in range(99) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}",
        "{% for i in range(100000) %}{{ 'x' * 10000 }}{% endfor %}",
        "{{ ' '.center(999999999) }}",
        "{{ '{:999999}'.format(1) * 99999 }}",
        "{{ '%999999d' % 1 * 99999 }}",
        "{{ 'a'|indent(999999999) }}",
        "{{ " + deep + " }}",
        "{{ " + "-".repeat(100_000) + "1 }}",
        "{{ x" + "[0]".repeat(100_000) + " }}",
        "{{ 1" + " + 1".repeat(100_000) + " }}",
        "{% if 1 %}".repeat(10_000) + "{% endif %}".repeat(10_000));
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void aHostileTemplateReachesALimit(String source) {
    TemplateException refused = refused(source);
    assertTrue(
        refused.kind() == TemplateException.Cause.LIMIT
            || refused.kind() == TemplateException.Cause.SYNTAX
            || source.contains("x[0]"),
        refused.getMessage());
    assertTrue(refused.getMessage().length() < 200, refused.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ ''.__class__.__mro__ }}",
        "{{ messages.append(1) }}",
        "{{ d.update({}) }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ '{0.__class__.x}'.format(1) }}",
        "{{ lipsum() }}",
        "{% include 'x' %}",
        "{% import 'x' as y %}"
      })
  void nothingButItsValuesIsReached(String source) {
    refused(source);
  }

  @Test
  void refusesValuesOfOtherTypes() {
    Template template = Template.parse("{{ x }}");
    assertThrows(
        IllegalArgumentException.class, () -> template.render(Map.of("x", new Object()), NOW));
    assertThrows(
        IllegalArgumentException.class, () -> template.render(Map.of("x", Map.of(1, 2)), NOW));
  }

  private static TemplateException refused(String source) {
    return assertThrows(
        TemplateException.class,
        () ->
            Template.parse(source)
                .render(Map.of("messages", List.of(), "d", Map.of(), "x", "y"), NOW));
  }
}
