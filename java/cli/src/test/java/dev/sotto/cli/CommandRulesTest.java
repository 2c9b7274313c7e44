package dev.sotto.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.sotto.audit.MembershipInference;

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

  @ArchTest
  static final ArchRule MEMBERSHIP_ONLY_IN_THE_AUDIT =
      noClasses()
          .that()
          .doNotBelongToAnyOf(AuditCommand.class)
          .should()
          .dependOnClassesThat()
          .areAssignableTo(MembershipInference.class)
          .because("it is exact on real records, and the audit asks for --unsafe-diagnostics");
}
