package dev.sotto.archunit;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.sotto.mechanism.Privatized;
import dev.sotto.mechanism.PublicScalar;
import dev.sotto.mechanism.StepStatistics;

/** What a controller may know, so that its decisions cost no privacy. */
@AnalyzeClasses(packages = "dev.sotto", importOptions = ImportOption.DoNotIncludeTests.class)
class ControllerRulesTest {
  @ArchTest
  static final ArchRule controllersKnowReleasedValuesAndAllocationsOnly =
      noClasses()
          .that()
          .resideInAPackage("dev.sotto.control..")
          .should()
          .dependOnClassesThat(
              resideInAPackage("dev.sotto..")
                  .and(
                      resideOutsideOfPackages(
                          "dev.sotto.control..", "dev.sotto.mechanism", "dev.sotto.accounting")))
          .because(
              "whoever sees batches, gradients or sums could carry private values past the noise");

  @ArchTest
  static final ArchRule controllersReadReleasesAndMakeNone =
      noClasses()
          .that()
          .resideInAPackage("dev.sotto.control..")
          .should()
          .dependOnClassesThat(
              resideInAPackage("dev.sotto.mechanism")
                  .and(
                      DescribedPredicate.not(
                          JavaClass.Predicates.belongToAnyOf(
                              Privatized.class, PublicScalar.class, StepStatistics.class))))
          .because("a controller has no business with sums, keys and noise");

  @ArchTest
  static final ArchRule controllersDeclareNothingPublic =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.sotto.trainer..")
          .should()
          .callMethod(PublicScalar.class, "of", double.class, PublicScalar.Source.class)
          .because("only the training loop knows where a number comes from");

  @ArchTest
  static final ArchRule onlyAMechanismMakesPrivatizedValues =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.sotto.mechanism..")
          .should()
          .callConstructor(Privatized.class, Object.class)
          .because("a method that takes Privatized must not be given private data by mistake");

  @ArchTest
  static final ArchRule learnersKnowNumbersOnly =
      noClasses()
          .that()
          .resideInAPackage("dev.sotto.control.learn..")
          .should()
          .dependOnClassesThat(
              resideInAPackage("dev.sotto..")
                  .and(resideOutsideOfPackages("dev.sotto.control.learn..")))
          .because("what a learner may be shown is decided above it");

  @ArchTest
  static final ArchRule nothingIsPrinted =
      noClasses()
          .that()
          .resideInAPackage("dev.sotto.control..")
          .should()
          .accessField(System.class, "out")
          .orShould()
          .accessField(System.class, "err")
          .because("what a library prints is never checked for private values");
}
