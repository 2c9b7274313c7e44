package dev.sotto.archunit;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.constructors;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchRule;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.mechanism.Privatized;

/** Who may use whom in the core; the privacy argument rests on the last rules. */
@AnalyzeClasses(packages = "dev.sotto", importOptions = ImportOption.DoNotIncludeTests.class)
class CoreRulesTest {
  @ArchTest static final ArchTests house = ArchTests.in(HouseRules.class);

  @ArchTest
  static final ArchRule accountingStandsAlone =
      noClasses()
          .that()
          .resideInAPackage("dev.sotto.accounting..")
          .should()
          .dependOnClassesThat(
              resideInAPackage("dev.sotto..")
                  .and(resideOutsideOfPackages("dev.sotto.accounting..", "dev.sotto.noise..")))
          .because("an account must be checkable, and usable, without the code it accounts for");

  @ArchTest
  static final ArchRule noiseLawsStandAlone =
      noClasses()
          .that()
          .resideInAPackage("dev.sotto.noise..")
          .should()
          .dependOnClassesThat(
              resideInAPackage("dev.sotto..").and(resideOutsideOfPackage("dev.sotto.noise..")))
          .because("a law of noise is mathematics, the same for whoever draws or accounts for it");

  @ArchTest
  static final ArchRule coreKnowsNothingAboveIt =
      noClasses()
          .that()
          .resideInAnyPackage(
              "dev.sotto.accounting..",
              "dev.sotto.clip..",
              "dev.sotto.compute..",
              "dev.sotto.exact..",
              "dev.sotto.gradient..",
              "dev.sotto.mechanism..",
              "dev.sotto.noise..")
          .should()
          .dependOnClassesThat(
              resideInAPackage("dev.sotto..")
                  .and(
                      resideOutsideOfPackages(
                          "dev.sotto.accounting..",
                          "dev.sotto.clip..",
                          "dev.sotto.compute..",
                          "dev.sotto.exact..",
                          "dev.sotto.gradient..",
                          "dev.sotto.mechanism..",
                          "dev.sotto.noise..")))
          .because("the core serves any trainer on the JVM, not only the language models here");

  @ArchTest
  static final ArchRule rawGradientsGoToTheClipAlone =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.sotto.gradient..", "dev.sotto.clip..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.sotto.gradient..")
          .because("per-sample gradients are raw private data");

  @ArchTest
  static final ArchRule nobodyCanMakePrivatizedFromOutside =
      constructors()
          .that()
          .areDeclaredIn(Privatized.class)
          .should()
          .bePackagePrivate()
          .because("the compiler keeps users of the library to the same rule");

  @ArchTest
  static final ArchRule keysStayInTheMechanism =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.sotto.mechanism..")
          .should()
          .callMethod(NoiseKey.class, "bytes")
          .because("whoever has the key can subtract the noise");

  /** A method that was renamed is guarded by no rule. */
  @ArchTest
  static void guardedMethodsAreThere(JavaClasses classes) {
    for (String[] method : HouseRules.GUARDED) {
      assertTrue(
          classes.get(method[0]).getCodeUnits().stream()
              .anyMatch(unit -> unit.getName().equals(method[1])),
          String.join(".", method));
    }
  }
}
