package dev.sotto.cli;

import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.compute.DependentRowsException;
import dev.sotto.compute.NativeMemoryException;
import dev.sotto.compute.UnsafeFolderException;
import dev.sotto.plan.BackendOptions;
import dev.sotto.plan.DataOptions;
import dev.sotto.settings.Nearest;
import dev.sotto.settings.Values;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import org.apache.commons.cli.ParseException;

/**
 * The {@code sotto} command. Exit codes: 0; 2 for bad input, with one line on stderr that names the
 * file or option, the value and the fix; 1 for a failure of Sotto itself or of the machine, with a
 * hint; 3 where the command answered, and the answer is no; 141 where whoever read stdout stopped.
 */
public final class Sotto {
  private static final int OK = 0;
  private static final int FAILED = 1;
  private static final int BAD_INPUT = 2;
  private static final int ANSWERED_NO = 3;

  /** 128 and the number of SIGPIPE. */
  private static final int ABANDONED = 141;

  private static final List<Command> COMMANDS =
      List.of(
          new QuickstartCommand(),
          new FinetuneCommand(),
          new EvaluateCommand(),
          new GenerateCommand(),
          new PredictCommand(),
          new AuditCommand(),
          new PretrainCommand(),
          new PlanCommand(),
          new AccountCommand(),
          new BudgetCreateCommand(),
          new BudgetShowCommand(),
          new BudgetCloseCommand(),
          new SearchNoiseCommand(),
          new DescribeNoiseCommand(),
          new StudyCommand(),
          new SynthesizeCommand(),
          new DoctorCommand(),
          new CompletionCommand(CompletionCommand.Shell.BASH, Sotto::commands),
          new CompletionCommand(CompletionCommand.Shell.ZSH, Sotto::commands),
          new CompletionCommand(CompletionCommand.Shell.FISH, Sotto::commands));

  private final List<Command> commands;
  private final PrintStream out;
  private final InputStream in;
  private final PrintStream err;
  private final boolean interactive;
  private boolean showValues;

  private Sotto(
      List<Command> commands,
      InputStream in,
      PrintStream out,
      PrintStream err,
      boolean interactive) {
    this.in = in;
    this.commands = commands;
    this.out = out;
    this.err = err;
    this.interactive = interactive;
  }

  /** Runs one command and ends the process with its exit code. */
  public static void main(String[] args) {
    // UTF-8 whatever the locale says: an ε must not become a question mark.
    StandardOutput stdout = new StandardOutput();
    PrintStream out = utf8(stdout);
    PrintStream err = utf8(new FileOutputStream(FileDescriptor.err));
    int code = new Sotto(COMMANDS, System.in, out, err, System.console() != null).run(args);
    System.exit(code == OK && out.checkError() ? unwritten(stdout, err) : code);
  }

  /** Quiet where the reader has left, as other commands are that a signal ends then. */
  private static int unwritten(StandardOutput stdout, PrintStream err) {
    if (stdout.abandoned()) {
      return ABANDONED;
    }
    err.println(
        "sotto: stdout cannot be written: "
            + FileFailure.why(stdout.failure())
            + "; redirect it elsewhere");
    return BAD_INPUT;
  }

  private static PrintStream utf8(OutputStream stream) {
    return new PrintStream(stream, true, StandardCharsets.UTF_8);
  }

  /**
   * Runs one command inside this process, as a program would that is not watched by a person.
   *
   * @param args command and options
   * @param out takes the result
   * @param err takes notes and errors
   * @return the exit code
   */
  public static int run(String[] args, PrintStream out, PrintStream err) {
    return run(COMMANDS, args, out, err);
  }

  /** The same with other commands. */
  static int run(List<Command> commands, String[] args, PrintStream out, PrintStream err) {
    return new Sotto(commands, InputStream.nullInputStream(), out, err, false).run(args);
  }

  /** The same of one that a program talks to. */
  static int run(String[] args, InputStream in, PrintStream out, PrintStream err) {
    return new Sotto(COMMANDS, in, out, err, false).run(args);
  }

  private int run(String[] args) {
    List<String> given = Arrays.asList(args);
    boolean stacktrace = given.contains("--stacktrace");
    showValues = given.contains(DataOptions.SHOW_VALUES.toString());
    try {
      dispatch(args);
      return OK;
    } catch (ParseException | InputException | UnsafeFolderException e) {
      return fail(e, BAD_INPUT, stacktrace);
    } catch (AnsweredNoException e) {
      return fail(e, ANSWERED_NO, stacktrace);
    } catch (UnsupportedOperationException e) {
      // Without a message it is a collection's complaint, and our mistake.
      return fail(e, e.getMessage() == null ? FAILED : BAD_INPUT, stacktrace);
    } catch (RuntimeException | Error e) {
      return fail(e, FAILED, stacktrace);
    }
  }

  private int fail(Throwable failure, int code, boolean stacktrace) {
    Failure shown = new Failure(failure, showValues || code != FAILED);
    String message = shown.message();
    String line =
        code != FAILED || failure instanceof UnfinishedException
            ? message
            : failure instanceof NativeMemoryException || failure instanceof OutOfMemoryError
                ? "out of memory (" + message + "); lower --micro-batch-tokens or --max-length"
                : failure instanceof LinkageError
                    ? "the native kernels cannot be loaded ("
                        + message
                        + "); Sotto runs on 64-bit"
                        + " x86 Linux, see 'sotto doctor --stacktrace'"
                    : "internal failure: "
                        + failure.getClass().getSimpleName()
                        + " "
                        + message
                        + "; this is a defect, please report it with what --stacktrace prints";
    err.println("sotto: " + line.replaceAll("\\s*\\R\\s*", " ").strip());
    if (stacktrace) {
      new Failure(failure, showValues).printTrace(err);
    }
    return code;
  }

  private void dispatch(String[] args) throws ParseException {
    if (args.length == 0 || List.of("--help", "-h", "help").contains(args[0])) {
      out.print(overview());
    } else if (args[0].equals("--version")) {
      out.println("sotto " + version());
    } else {
      Command command = command(commands, args);
      run(command, optionsOf(command, args));
    }
  }

  /** The command whose one or two words come first. */
  private static Command command(List<Command> commands, String[] args) {
    String name = args[0];
    String two = args.length > 1 ? name + " " + args[1] : name;
    return commands.stream()
        .filter(command -> command.name().equals(name) || command.name().equals(two))
        .findFirst()
        .orElseThrow(() -> unknown(commands, name));
  }

  /** What a word is refused with that calls no command, or half of one. */
  private static InputException unknown(List<Command> commands, String name) {
    List<String> second =
        commands.stream()
            .filter(command -> command.name().startsWith(name + " "))
            .map(command -> command.name().substring(name.length() + 1))
            .toList();
    if (!second.isEmpty()) {
      return new InputException(
          "after '%s' comes %s or %s; see 'sotto %s %s --help'"
              .formatted(
                  name,
                  String.join(", ", second.subList(0, second.size() - 1)),
                  second.get(second.size() - 1),
                  name,
                  second.get(0)));
    }
    String nearest =
        Nearest.of(commands.stream().map(Command::name).toList(), name)
            .map(word -> "; did you mean '" + word + "'?")
            .orElse("");
    return new InputException(
        "unknown command '"
            + name
            + "'"
            + nearest
            + "; the command comes first, see 'sotto --help'");
  }

  private static List<Command> commands() {
    return COMMANDS;
  }

  private static String[] optionsOf(Command command, String[] args) {
    return Arrays.copyOfRange(args, command.name().split(" ").length, args.length);
  }

  private void run(Command command, String[] args) throws ParseException {
    if (Arrays.asList(args).contains("--help")) {
      out.print(help(command));
      return;
    }
    Values values = new CommandLineReader(command).read(args);
    showValues |= values.get(DataOptions.SHOW_VALUES);
    Console console = new Console(in, out, err, values.get(CommonSettings.JSON), interactive);
    try {
      command.run(values, console);
    } catch (UnsupportedOperationException e) {
      if (e.getMessage() == null
          || e instanceof DependentRowsException
          || !values.has(BackendOptions.BACKEND)) {
        throw e;
      }
      throw new UnsupportedOperationException(
          values.shown(BackendOptions.BACKEND)
              + " cannot run here: "
              + e.getMessage()
              + "; leave --backend out, or choose cpu",
          e);
    }
  }

  /**
   * Reads the options of a command line, but not their values, and does nothing with them.
   *
   * @throws ParseException if an option is unknown, given twice or has no value
   */
  static void check(String[] args) throws ParseException {
    Command command = command(COMMANDS, args);
    new CommandLineReader(command).parse(optionsOf(command, args));
  }

  /** The settings that a command line and the file that it names give. */
  static Values settings(String[] args) throws ParseException {
    Command command = command(COMMANDS, args);
    return new CommandLineReader(command).read(optionsOf(command, args));
  }

  private String overview() {
    StringBuilder text =
        new StringBuilder(
            """
            Sotto fine-tunes language models on sensitive text with LoRA, under differential privacy.

            Usage: sotto COMMAND [options]

            Commands:
            """);
    for (Command command : commands) {
      text.append(String.format("  %-16s%s%n", command.name(), command.summary()));
    }
    return text.append(
            """

            'sotto COMMAND --help' shows a command's options with an example; 'sotto --version' the version.
            Exit codes: 0; 2 for bad input; 1 for a failure of Sotto or of the machine; 3 for an answer that
            is no, such as an adapter that no ledger paid for; 141 where whoever read stdout stopped.
            """)
        .toString();
  }

  private static String help(Command command) {
    StringBuilder text = new StringBuilder();
    text.append("sotto ").append(command.name()).append(": ").append(command.summary());
    text.append("\n\nUsage: sotto ").append(command.name()).append(' ').append(command.usage());
    text.append('\n');
    if (!command.description().isEmpty()) {
      text.append('\n').append(command.description().strip()).append('\n');
    }
    text.append(HelpText.of(CommandLineReader.sections(command)));
    text.append(command.examples().size() == 1 ? "\nExample:\n" : "\nExamples:\n");
    command.examples().forEach(example -> text.append("  sotto ").append(example).append('\n'));
    return text.toString();
  }

  /** The project's version. */
  static String version() {
    Properties properties = new Properties();
    try (InputStream in = Sotto.class.getResourceAsStream("version.properties")) {
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty("version");
  }
}
