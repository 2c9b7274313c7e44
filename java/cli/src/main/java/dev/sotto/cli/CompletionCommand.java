package dev.sotto.cli;

import dev.sotto.settings.Section;
import dev.sotto.settings.Setting;
import dev.sotto.settings.Values;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * {@code sotto completion SHELL}: what a shell sources to complete commands, options and the words
 * that an option takes, all read from the commands' tables.
 */
final class CompletionCommand implements Command {
  /** What completes. */
  enum Shell {
    BASH("source <(sotto completion bash)"),
    /** By its own reader of completions for bash. */
    ZSH("source <(sotto completion zsh)"),
    FISH("sotto completion fish | source");

    private final String use;

    Shell(String use) {
      this.use = use;
    }

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Shell shell;
  private final Supplier<List<Command>> commands;

  CompletionCommand(Shell shell, Supplier<List<Command>> commands) {
    this.shell = shell;
    this.commands = commands;
  }

  @Override
  public String name() {
    return "completion " + shell.word();
  }

  @Override
  public String summary() {
    return "print what completes sotto's commands and options in " + shell.word();
  }

  @Override
  public String usage() {
    return "";
  }

  @Override
  public String description() {
    return "Sourced, it serves until the shell ends:\n\n    "
        + shell.use
        + "\n\nIn the shell's start file the same line serves every shell that begins later.";
  }

  @Override
  public List<Section> settings() {
    return List.of();
  }

  @Override
  public List<String> examples() {
    return List.of(name());
  }

  @Override
  public void run(Values values, Console console) {
    String script =
        switch (shell) {
          case BASH -> bash();
          case ZSH -> "autoload -U +X bashcompinit && bashcompinit\n" + bash();
          case FISH -> fish();
        };
    console.line(script.stripTrailing());
    console.result(Map.of("script", script));
  }

  private Set<String> firstWords() {
    return commands.get().stream()
        .map(command -> command.name().split(" ")[0])
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private String secondWords(String first) {
    return commands.get().stream()
        .map(command -> command.name().split(" "))
        .filter(words -> words.length == 2 && words[0].equals(first))
        .map(words -> words[1])
        .collect(Collectors.joining(" "));
  }

  private static List<Setting<?>> table(Command command) {
    return Section.flatten(CommandLineReader.sections(command));
  }

  /** What a setting takes, where that is one of a few words; else empty. */
  private static String words(Setting<?> setting) {
    String wanted = setting.type().wanted();
    return wanted.startsWith("one of ") ? wanted.substring(7).replace(",", "") : "";
  }

  private String bash() {
    StringBuilder script = new StringBuilder("_sotto() {\n");
    script.append(
        "  local word=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\"\n");
    script.append("  local command=\"${COMP_WORDS[1]}\" words=\"\"\n  COMPREPLY=()\n");
    script.append("  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    words=\"");
    script.append(String.join(" ", firstWords())).append("\"\n  else\n    case \"$command\" in\n");
    for (String first : firstWords()) {
      String second = secondWords(first);
      if (!second.isEmpty()) {
        script.append("      ").append(first).append(")\n");
        script.append("        if [ \"$COMP_CWORD\" -eq 2 ]; then words=\"").append(second);
        script.append("\"; else command=\"$command ${COMP_WORDS[2]}\"; fi ;;\n");
      }
    }
    script.append("    esac\n    if [ -z \"$words\" ]; then\n      case \"$command $before\" in\n");
    for (Command command : commands.get()) {
      for (Setting<?> setting : table(command)) {
        if (!words(setting).isEmpty()) {
          script.append(
              "        \"%s %s\") words=\"%s\" ;;\n"
                  .formatted(command.name(), setting, words(setting)));
        }
      }
    }
    script.append(
        "      esac\n    fi\n    if [ -z \"$words\" ] && [ \"${word#-}\" != \"$word\" ]; then\n");
    script.append("      case \"$command\" in\n");
    for (Command command : commands.get()) {
      script.append(
          "        \"%s\") words=\"%s\" ;;\n"
              .formatted(
                  command.name(),
                  table(command).stream().map(Setting::toString).collect(Collectors.joining(" "))));
    }
    script.append("      esac\n    fi\n  fi\n");
    script.append("  [ -z \"$words\" ] || COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\n");
    return script.append("complete -o default -F _sotto sotto ./sotto\n").toString();
  }

  private String fish() {
    StringBuilder script = new StringBuilder("complete -c sotto -n __fish_use_subcommand -f\n");
    for (Command command : commands.get()) {
      String[] words = command.name().split(" ");
      String condition =
          words.length == 1 ? "__fish_use_subcommand" : "__fish_seen_subcommand_from " + words[0];
      if (words.length == 2) {
        script.append("complete -c sotto -n __fish_use_subcommand -f -a %s\n".formatted(words[0]));
      }
      script.append(
          "complete -c sotto -n '%s' -f -a %s -d %s\n"
              .formatted(condition, words[words.length - 1], quoted(command.summary())));
      String within =
          words.length == 1
              ? "__fish_seen_subcommand_from " + words[0]
              : "__fish_seen_subcommand_from %s; and __fish_seen_subcommand_from %s"
                  .formatted(words[0], words[1]);
      for (Setting<?> setting : table(command)) {
        String choices = words(setting);
        String value =
            setting.isFlag() ? "" : choices.isEmpty() ? " -r" : " -x -a " + quoted(choices);
        script.append(
            "complete -c sotto -n '%s' -l %s%s -d %s\n"
                .formatted(within, setting.name(), value, quoted(setting.description())));
      }
    }
    return script.toString();
  }

  private static String quoted(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }
}
