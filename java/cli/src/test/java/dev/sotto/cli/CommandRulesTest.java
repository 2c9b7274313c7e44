package dev.sotto.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The command talks to the libraries' own faces, never to what lies behind them. */
@AnalyzeClasses(packages = "dev.sotto.cli", importOptions = ImportOption.DoNotIncludeTests.class)
class CommandRulesTest {
  @ArchTest
  static final ArchRule NO_NATIVE_CODE =
      noClasses()
          .that()
          .resideInAPackage("dev.sotto.cli..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.bytedeco..", "dev.sotto.compute.jni..");

  @ArchTest
  static final ArchRule NO_GRADIENTS =
      noClasses()
          .that()
          .resideInAPackage("dev.sotto.cli..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.sotto.gradient..", "dev.sotto.clip..", "dev.sotto.mechanism..");
}
