package dev.sotto.archunit;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchRule;

/** Who may use whom among data, tokenizer, checkpoint and model. */
@AnalyzeClasses(
    packages = {
      "dev.sotto.checkpoint",
      "dev.sotto.data",
      "dev.sotto.gguf",
      "dev.sotto.model",
      "dev.sotto.task",
      "dev.sotto.tokenizer"
    },
    importOptions = ImportOption.DoNotIncludeTests.class)
class LanguageModelRulesTest {
  @ArchTest static final ArchTests house = ArchTests.in(HouseRules.class);

  @ArchTest
  static final ArchRule modelsKnowNothingAboveThem =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.sotto.cli..",
              "dev.sotto.ledger..",
              "dev.sotto.optimizer..",
              "dev.sotto.plan..",
              "dev.sotto.report..",
              "dev.sotto.trainer..")
          .because("a model can be loaded, evaluated and run without any trainer");

  @ArchTest
  static final ArchRule onlyTheModelFeedsGradients =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.sotto.model..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.sotto.gradient..")
          .because("per-sample gradients are raw private data");

  @ArchTest
  static final ArchRule modelsNeitherClipNorDraw =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.sotto.clip..", "dev.sotto.mechanism..", "dev.sotto.accounting..")
          .because("privacy is added in one place, and a model is the same with and without it");
}
