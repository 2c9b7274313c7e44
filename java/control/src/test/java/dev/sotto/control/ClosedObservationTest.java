package dev.sotto.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sotto.mechanism.Privatized;
import dev.sotto.mechanism.PublicScalar;
import java.io.File;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Private numbers cannot reach a controller: the compiler refuses whoever tries. */
class ClosedObservationTest {
  @TempDir Path output;

  private static final String SNIPPET =
      """
      import dev.sotto.control.*;
      import dev.sotto.mechanism.*;
      import java.util.List;
      class Snippet {
        Observation make(
            PublicScalar open,
            Privatized<StepStatistics> statistics,
            Privatized<double[]> released,
            StepStatistics rawStatistics,
            double[] raw) {
          return new Observation(
              %s, open, List.of(%s), List.of(%s), List.of(%s), %s, %s);
        }
      }
      """;

  private static final List<String> FITTING =
      List.of("open", "open", "statistics", "released", "released", "open");

  /** What the compiler finds wrong with a program, in English. */
  private List<String> errors(String program) throws URISyntaxException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
    JavaFileObject source =
        new SimpleJavaFileObject(URI.create("string:///Snippet.java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return program;
          }
        };
    String classPath =
        String.join(File.pathSeparator, home(Observation.class), home(Privatized.class));
    compiler
        .getTask(
            null,
            null,
            found,
            List.of("-proc:none", "-d", output.toString(), "-classpath", classPath),
            null,
            List.of(source))
        .call();
    return found.getDiagnostics().stream()
        .filter(d -> d.getKind() == Diagnostic.Kind.ERROR)
        .map(d -> d.getMessage(Locale.ENGLISH))
        .toList();
  }

  private static String home(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
  }

  private static String with(int place, String argument) {
    Object[] arguments = FITTING.toArray();
    if (place >= 0) {
      arguments[place] = argument;
    }
    return String.format(SNIPPET, arguments);
  }

  @Test
  void releasedValuesCompile() throws URISyntaxException {
    assertEquals(List.of(), errors(with(-1, null)));
  }

  @Test
  void rawValuesDoNotCompileInAnyPlace() throws URISyntaxException {
    for (int place = 0; place < FITTING.size(); place++) {
      for (String raw : List.of("raw", "raw[0]", "rawStatistics")) {
        List<String> errors = errors(with(place, raw));
        assertEquals(1, errors.size(), "place " + place + ", " + raw + ": " + errors);
        assertTrue(
            errors.get(0).contains("incompatible types") || errors.get(0).contains("infer"),
            errors.get(0));
      }
    }
  }

  @Test
  void nobodyElseCanWrapThem() throws URISyntaxException {
    List<String> errors = errors(with(4, "new Privatized<>(raw)"));
    assertEquals(1, errors.size(), errors.toString());
    assertTrue(errors.get(0).contains("not public"), errors.get(0));
  }

  /** A type and all types it is made of. */
  private static Stream<Type> parts(Type type) {
    return type instanceof ParameterizedType made
        ? Stream.concat(
            Stream.of(made.getRawType()),
            made.getRawType() == Privatized.class
                ? Stream.empty()
                : Arrays.stream(made.getActualTypeArguments())
                    .flatMap(ClosedObservationTest::parts))
        : Stream.of(type);
  }

  @Test
  void nothingButClosedTypesGoesIntoAnObservation() {
    Set<Type> closed = Set.of(PublicScalar.class, Privatized.class, List.class);
    assertEquals(1, Observation.class.getDeclaredConstructors().length);
    for (Type parameter :
        Observation.class.getDeclaredConstructors()[0].getGenericParameterTypes()) {
      parts(parameter).forEach(part -> assertTrue(closed.contains(part), part.toString()));
    }
  }

  @Test
  void controllersAreToldNothingButObservationsAndTheirOwnState() {
    Set<Class<?>> allowed = Set.of(Observation.class, ControllerState.class);
    for (Method method : Controller.class.getDeclaredMethods()) {
      for (Class<?> parameter : ((Executable) method).getParameterTypes()) {
        assertTrue(allowed.contains(parameter), method.toString());
      }
    }
  }
}
