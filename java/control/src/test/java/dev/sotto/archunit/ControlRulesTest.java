package dev.sotto.archunit;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchRule;
import dev.sotto.mechanism.Privatized;
import dev.sotto.mechanism.PublicScalar;
import dev.sotto.mechanism.StepStatistics;

/** What a controller may know: released and public values, and nothing that leads to records. */
@AnalyzeClasses(
    packages = "dev.sotto.control",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ControlRulesTest {
  @ArchTest static final ArchTests house = ArchTests.in(HouseRules.class);

  @ArchTest
  static final ArchRule controllersSeeReleasedAndPublicValuesOnly =
      classes()
          .that()
          .resideInAPackage("dev.sotto.control..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..",
              "org.nd4j..",
              "com.fasterxml.jackson..",
              "dev.sotto.base..",
              "dev.sotto.mechanism..",
              "dev.sotto.accounting..",
              "dev.sotto.control..")
          .because("what a controller decides is public, so it must see nothing private");

  @ArchTest
  static final ArchRule ofTheAccountingTheyKnowTheAllocationAlone =
      noClasses()
          .that()
          .resideInAPackage("dev.sotto.control..")
          .should()
          .dependOnClassesThat(
              DescribedPredicate.describe(
                  "the accounting beyond NoiseAllocation",
                  c ->
                      c.getPackageName().startsWith("dev.sotto.accounting")
                          && !c.getName().startsWith("dev.sotto.accounting.NoiseAllocation")))
          .because("who spends the budget does not count it");

  @ArchTest
  static final ArchRule ofTheMechanismTheyKnowWhatItReleasesAlone =
      classes()
          .that()
          .resideInAPackage("dev.sotto.control..")
          .should()
          .onlyDependOnClassesThat(
              resideOutsideOfPackage("dev.sotto.mechanism..")
                  .or(belongToAnyOf(Privatized.class, PublicScalar.class, StepStatistics.class)))
          .because("a mechanism takes private sums, and a key would take its noise off again");

  @ArchTest
  static final ArchRule controllersWrapNothing =
      noClasses()
          .that()
          .resideInAPackage("dev.sotto.control..")
          .should()
          .callConstructor(Privatized.class, Object.class)
          .orShould()
          .callMethod(PublicScalar.class, "of", double.class, PublicScalar.Source.class)
          .because("only the mechanism knows what is released, the training loop what is public");

  @ArchTest
  static final ArchRule learningKnowsNumbersOnly =
      classes()
          .that()
          .resideInAPackage("dev.sotto.control.learn..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..",
              "org.nd4j..",
              "com.fasterxml.jackson..",
              "dev.sotto.base..",
              "dev.sotto.control.learn..")
          .because("a learner that knows nothing of privacy cannot break it");

  @ArchTest
  static final ArchRule oneClassCallsNd4j =
      noClasses()
          .that()
          .haveNameNotMatching("dev\\.sotto\\.control\\.learn\\.Matrix(\\$.*)?")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.nd4j..")
          .because("its start changes the threads of the whole process, which is mended there");
}
