package dev.sotto.chat;

import dev.sotto.base.InputException;
import dev.sotto.data.Conversation;
import dev.sotto.template.Rendered;
import dev.sotto.template.TemplateException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Where the assistant's turns stand in a rendered conversation: what the template itself marks by
 * {@code {% generation %}}; else from the end of what is rendered before a turn, with the prompt
 * for it, to the end of what is rendered with it; else, where a template writes a turn in another
 * way once others follow, so that neither begins the whole text, the turn's own content and the end
 * mark behind it. A turn that is found by none of these is refused: what is learned is never
 * guessed.
 *
 * @param whole the rendered conversation
 * @param endMarks texts of the tokens any of which ends a turn
 */
record LearnedTurns(
    ChatTemplate template,
    Conversation conversation,
    boolean generationPrompt,
    Rendered whole,
    List<String> endMarks) {
  /** Stands for a turn's content to find its place; of characters that no text may hold. */
  private static final String STAND_IN = "\uFDD0\uFDD1\uFDD2\uFDD3";

  List<Rendered.Span> spans() {
    List<Conversation.Message> messages = conversation.messages();
    List<Integer> turns =
        IntStream.range(0, messages.size())
            .filter(i -> messages.get(i).isAssistants())
            .boxed()
            .toList();
    List<Integer> learned = turns.stream().filter(i -> messages.get(i).learned()).toList();
    if (learned.isEmpty()) {
      return List.of();
    }
    if (whole.generated().isEmpty()) {
      return learned.stream().map(this::span).toList();
    }
    if (learned.size() == turns.size()) {
      return whole.generated();
    }
    if (whole.generated().size() != turns.size()) {
      throw new InputException(
          conversation.place()
              + ": the chat template does not mark every turn of the assistant, so that none can be"
              + " left out by its weight; leave the weights out");
    }
    List<Rendered.Span> spans = new ArrayList<>();
    for (int turn : learned) {
      spans.add(whole.generated().get(turns.indexOf(turn)));
    }
    return spans;
  }

  private Rendered.Span span(int turn) {
    return byPrefixes(turn)
        .or(() -> byContent(turn))
        .orElseThrow(
            () ->
                new InputException(
                    conversation.place()
                        + ": message "
                        + (turn + 1)
                        + " cannot be found in what the chat template writes, so that nothing says"
                        + " what is learned; give it \"weight\": 0, or another template by"
                        + " --chat-template FILE"));
  }

  private Optional<Rendered.Span> byPrefixes(int turn) {
    Optional<String> through = rendered(turn + 1, false).filter(whole.text()::startsWith);
    Optional<String> before =
        through.flatMap(text -> rendered(turn, true).filter(text::startsWith));
    return before.map(text -> new Rendered.Span(text.length(), through.orElseThrow().length()));
  }

  /** The first messages alone; empty where the template refuses them. */
  private Optional<String> rendered(int count, boolean prompt) {
    try {
      return Optional.of(
          template.render(conversation, conversation.messages().subList(0, count), prompt).text());
    } catch (TemplateException e) {
      return Optional.empty();
    }
  }

  private Optional<Rendered.Span> byContent(int turn) {
    Conversation.Message message = conversation.messages().get(turn);
    if (!(message.fields().get("content") instanceof String content)) {
      return Optional.empty();
    }
    List<Conversation.Message> others = new ArrayList<>(conversation.messages());
    others.set(turn, message.withContent(STAND_IN));
    String marked;
    try {
      marked = template.render(conversation, others, generationPrompt).text();
    } catch (TemplateException e) {
      return Optional.empty();
    }
    String text = whole.text();
    int start = marked.indexOf(STAND_IN);
    int behind = marked.length() - start - STAND_IN.length();
    int end = text.length() - behind;
    boolean found =
        start >= 0
            && start == marked.lastIndexOf(STAND_IN)
            && start <= end
            && text.startsWith(marked.substring(0, start))
            && text.endsWith(marked.substring(marked.length() - behind))
            // As given, or less of it: stripped, or what follows the thoughts.
            && content.contains(text.substring(start, end));
    if (!found) {
      return Optional.empty();
    }
    String written = text.substring(start, end);
    // Lines left blank where a template dropped the thoughts before them are not the answer's.
    int blank = written.equals(content) ? 0 : written.length() - written.stripLeading().length();
    return Optional.of(new Rendered.Span(start + blank, end + endMark(end)));
  }

  /** Length of the end mark that stands at a place, 0 for none. */
  private int endMark(int at) {
    return endMarks.stream()
        .filter(mark -> whole.text().startsWith(mark, at))
        .mapToInt(String::length)
        .max()
        .orElse(0);
  }
}
