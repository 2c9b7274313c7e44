package dev.sotto.archunit;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.codeUnits;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;

/**
 * Rules that hold in every module. A module's test takes them all:
 *
 * <pre>{@code
 * @ArchTest static final ArchTests house = ArchTests.in(HouseRules.class);
 * }</pre>
 *
 * <p>Classes stand here by name, for this module knows none of the others; {@link #GUARDED} lets
 * their module check that the names are right.
 */
public final class HouseRules {
  /** Methods of the core that a rule here names. */
  public static final String[][] GUARDED = {
    {"dev.sotto.clip.ClippedGradSum", "exactSum"},
    {"dev.sotto.clip.BatchStatistics", "exactSums"},
    {"dev.sotto.exact.Exact", "value"},
    {"dev.sotto.mechanism.Privatized", "<init>"},
  };

  private static final int MOST_PARAMETERS = 7;

  private HouseRules() {}

  /** Constructors of records among them. */
  @ArchTest
  public static final ArchRule parameterListsAreShort =
      codeUnits()
          .that()
          .arePublic()
          .should(haveFewParameters())
          .because("who writes more values in a row mistakes one for another; nest a record");

  /** Between packages. */
  @ArchTest
  public static final ArchRule noCycles =
      slices()
          .matching("dev.sotto.(**)")
          .should()
          .beFreeOfCycles()
          .because("each package must be understandable before the next");

  /** But by the commands. */
  @ArchTest
  public static final ArchRule nothingIsPrinted =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.sotto.cli..", "dev.sotto.bench..")
          .should()
          .accessField(System.class, "out")
          .orShould()
          .accessField(System.class, "err")
          .because("what a library prints is never checked for private values")
          .allowEmptyShould(true);

  /** Which lies in the core. */
  @ArchTest
  public static final ArchRule nativeCodeBehindOneDoor =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.sotto.compute.jni..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.bytedeco..")
          .because("native memory is handled in one package, behind Backend and DeviceBuffer");

  /** Which opens the door. */
  @ArchTest
  public static final ArchRule jniIsReachedThroughBackends =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.sotto.compute", "dev.sotto.compute.jni")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.sotto.compute.jni..")
          .because("a backend is opened by name, so that CPU and GPU can take each other's place");

  /** Nobody else can read one. */
  @ArchTest
  public static final ArchRule exactSumsGoToTheMechanismAlone =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.sotto.mechanism..")
          .should()
          .callMethod(GUARDED[0][0], GUARDED[0][1])
          .orShould()
          .callMethod(GUARDED[1][0], GUARDED[1][1])
          .orShould()
          .callMethod(GUARDED[2][0], GUARDED[2][1])
          .because("a clipped sum is private until noise has been added");

  /** Nobody else can make one. */
  @ArchTest
  public static final ArchRule onlyAMechanismMakesPrivatizedValues =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.sotto.mechanism..")
          .should()
          .callConstructor(GUARDED[3][0], Object.class.getName())
          .because("a method that takes Privatized must not be given private data by mistake");

  private static ArchCondition<JavaCodeUnit> haveFewParameters() {
    return new ArchCondition<>("have at most " + MOST_PARAMETERS + " parameters") {
      @Override
      public void check(JavaCodeUnit unit, ConditionEvents events) {
        int parameters = unit.getRawParameterTypes().size();
        events.add(
            new SimpleConditionEvent(
                unit,
                parameters <= MOST_PARAMETERS,
                unit.getFullName() + " has " + parameters + " parameters"));
      }
    };
  }
}
