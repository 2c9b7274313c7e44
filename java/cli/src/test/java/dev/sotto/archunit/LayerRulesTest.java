package dev.sotto.archunit;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;
import com.tngtech.archunit.lang.ArchRule;
import dev.sotto.audit.MembershipInference;
import dev.sotto.base.DurableDirectory;
import dev.sotto.clip.UnitClip;
import dev.sotto.gradient.Factors;
import dev.sotto.gradient.GradientSink;
import dev.sotto.gradient.UnitGradients;
import dev.sotto.gradient.UnitNorms;
import dev.sotto.mechanism.NoiseKey;
import dev.sotto.mechanism.PublicScalar;
import dev.sotto.model.TransformerPass;
import dev.sotto.optimizer.PublicGradient;
import dev.sotto.plan.FinetuneReport;
import dev.sotto.trainer.ControlRecord;
import dev.sotto.trainer.NonPrivateTrainer;
import dev.sotto.trainer.Pretrainer;
import dev.sotto.trainer.TrainingObserver;
import java.nio.channels.FileChannel;
import java.nio.file.CopyOption;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Who may use whom in the whole tree; with the rules of the core these keep private values on the
 * private path.
 */
@AnalyzeClasses(
    packages = "dev.sotto",
    importOptions = {ImportOption.DoNotIncludeTests.class, WithoutTestJars.class})
class LayerRulesTest {
  @ArchTest static final ArchTests house = ArchTests.in(HouseRules.class);

  /** The modules; a new package must be given to one of them here. */
  @ArchTest
  static final ArchRule modulesLieInLayers =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .ensureAllClassesAreContainedInArchitecture()
          .layer("rules")
          .definedBy("dev.sotto.archunit..")
          .layer("base")
          .definedBy("dev.sotto.base..")
          .layer("core")
          .definedBy(
              "dev.sotto.accounting..",
              "dev.sotto.clip..",
              "dev.sotto.compute..",
              "dev.sotto.exact..",
              "dev.sotto.gradient..",
              "dev.sotto.mechanism..",
              "dev.sotto.noise..",
              "dev.sotto.search..")
          .layer("template")
          .definedBy("dev.sotto.template..")
          .layer("lm")
          .definedBy(
              "dev.sotto.chat..",
              "dev.sotto.checkpoint..",
              "dev.sotto.data..",
              "dev.sotto.gguf..",
              "dev.sotto.model..",
              "dev.sotto.task..",
              "dev.sotto.tokenizer..")
          .layer("control")
          .definedBy("dev.sotto.control..")
          .layer("train")
          .definedBy(
              "dev.sotto.audit..",
              "dev.sotto.budget..",
              "dev.sotto.ledger..",
              "dev.sotto.noisefile..",
              "dev.sotto.optimizer..",
              "dev.sotto.plan..",
              "dev.sotto.report..",
              "dev.sotto.settings..",
              "dev.sotto.trainer..")
          .layer("study")
          .definedBy("dev.sotto.study..")
          .layer("cli")
          .definedBy("dev.sotto.cli..")
          .withOptionalLayers(true)
          .whereLayer("rules")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("core")
          .mayNotAccessAnyLayer()
          .whereLayer("base")
          .mayNotAccessAnyLayer()
          .whereLayer("template")
          .mayNotAccessAnyLayer()
          .whereLayer("lm")
          .mayOnlyAccessLayers("base", "core", "template")
          .whereLayer("control")
          .mayOnlyAccessLayers("base", "core")
          .whereLayer("train")
          .mayOnlyAccessLayers("base", "core", "lm", "control")
          .whereLayer("study")
          .mayOnlyBeAccessedByLayers("cli")
          .whereLayer("cli")
          .mayNotBeAccessedByAnyLayer()
          .because("each module must be of use without those above it");

  @ArchTest
  static final ArchRule rawGradientsAreForClipModelAndTrainer =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "dev.sotto.gradient..",
              "dev.sotto.clip..",
              "dev.sotto.model..",
              "dev.sotto.trainer..")
          .should()
          .dependOnClassesThat(
              assignableTo(GradientSink.class)
                  .or(assignableTo(Factors.class))
                  .or(assignableTo(UnitClip.class))
                  .or(type(UnitGradients.class))
                  .or(type(UnitNorms.class)))
          .because("per-sample gradients, and their norms, are raw private data");

  @ArchTest
  static final ArchRule onlyTheTrainerDeclaresNumbersPublic =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.sotto.trainer..", "dev.sotto.mechanism..")
          .should()
          .callMethod(PublicScalar.class, "ofPublicData", double.class)
          .because("what a controller takes for public must be so, and one place shows that it is");

  @ArchTest
  static final ArchRule onlyUnprotectedTrainingMakesPublicGradients =
      noClasses()
          .that()
          .doNotBelongToAnyOf(NonPrivateTrainer.class, Pretrainer.class)
          .should()
          .callConstructor(PublicGradient.class, dev.sotto.compute.DeviceBuffer.class)
          .because("it is the one way round the mechanism, for data declared public");

  @ArchTest
  static final ArchRule optimizersSeeReleasedGradientsOnly =
      noClasses()
          .that()
          .resideInAPackage("dev.sotto.optimizer..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.sotto.gradient..",
              "dev.sotto.clip..",
              "dev.sotto.data..",
              "dev.sotto.gguf..",
              "dev.sotto.model..",
              "dev.sotto.trainer..")
          .because("an update that sees nothing but releases costs no privacy");

  @ArchTest
  static final ArchRule ledgerAndBudgetBookSeeEventsOnly =
      noClasses()
          .that()
          .resideInAnyPackage("dev.sotto.ledger..", "dev.sotto.budget..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.sotto.gradient..",
              "dev.sotto.clip..",
              "dev.sotto.compute..",
              "dev.sotto.mechanism..",
              "dev.sotto.model..",
              "dev.sotto.trainer..",
              "dev.sotto.plan..",
              "dev.sotto.cli..")
          .because("what is written to it is released, so nothing exact may come near");

  @ArchTest
  static final ArchRule theReportSeesFactsOnly =
      noClasses()
          .that()
          .resideInAPackage("dev.sotto.report..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.sotto.gradient..",
              "dev.sotto.clip..",
              "dev.sotto.compute..",
              "dev.sotto.mechanism..",
              "dev.sotto.model..",
              "dev.sotto.trainer..",
              "dev.sotto.plan..",
              "dev.sotto.cli..")
          .because("what is written to it is released, so nothing exact may come near");

  @ArchTest
  static final ArchRule aRunsReportSeesItsResultsOnly =
      noClasses()
          .that()
          .areAssignableTo(FinetuneReport.class)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.sotto.gradient..",
              "dev.sotto.clip..",
              "dev.sotto.compute..",
              "dev.sotto.mechanism..",
              "dev.sotto.model..",
              "dev.sotto.trainer..")
          .because("its page is released with the adapter");

  @ArchTest
  static final ArchRule onlyThePlanWiresEverything =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.sotto.plan..", "dev.sotto.study..", "dev.sotto.cli..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.sotto.plan..")
          .because("parts that know the whole cannot be understood, or used, by themselves");

  @ArchTest
  static final ArchRule aStudyLooksAtRunsFromOutside =
      noClasses()
          .that()
          .resideInAPackage("dev.sotto.study..")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                      "dev.sotto.gradient..",
                      "dev.sotto.clip..",
                      "dev.sotto.mechanism..",
                      "dev.sotto.control..",
                      "dev.sotto.trainer..")
                  .and(not(belongToAnyOf(ControlRecord.class))))
          .because("it compares what whole runs leave behind, and changes nothing in them");

  @ArchTest
  static final ArchRule onlyCommandsStartStudies =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.sotto.study..", "dev.sotto.cli..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.sotto.study..")
          .because("a study is for public data, and nothing else may come to rest on it");

  @ArchTest
  static final ArchRule exactLossesStayInTheTrainer =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.sotto.model..", "dev.sotto.trainer..")
          .should()
          .callMethod(
              TransformerPass.class,
              "forwardBackward",
              dev.sotto.model.Batch.class,
              GradientSink.class)
          .because("it returns the losses of private records");

  @ArchTest
  static final ArchRule onlyARunInstallsAnObserver =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.sotto.trainer..", "dev.sotto.plan..")
          .should()
          .dependOnClassesThat()
          .areAssignableTo(TrainingObserver.class)
          .because("exact losses may be shown only where --unsafe-diagnostics was asked for");

  @ArchTest
  static final ArchRule membershipInferenceIsForAuditAndStudy =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.sotto.audit..", "dev.sotto.study..", "dev.sotto.cli..")
          .should()
          .dependOnClassesThat()
          .areAssignableTo(MembershipInference.class)
          .because("it is exact on real records: for unsafe diagnostics, and for public data");

  @ArchTest
  static final ArchRule onlyARunMakesKeys =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.sotto.mechanism..", "dev.sotto.plan..")
          .should()
          .callMethod(NoiseKey.class, "seededForTests", long.class)
          .because(
              "a fixed seed protects nothing, so it is chosen in the place that writes it into the"
                  + " ledger");

  /** Whoever makes a file's bytes or its name durable must make its directory so too. */
  @ArchTest
  static final ArchRule directoriesAreForced =
      noClasses()
          .that(not(dependOn(DurableDirectory.class)).and(not(type(DurableDirectory.class))))
          .should()
          .callMethod(FileChannel.class, "force", boolean.class)
          .orShould()
          .callMethod(Files.class, "move", Path.class, Path.class, CopyOption[].class)
          .because("a forced file whose name is lost to a power failure is lost with it");

  private static DescribedPredicate<JavaClass> dependOn(Class<?> other) {
    return DescribedPredicate.describe(
        "depend on " + other.getSimpleName(),
        user ->
            user.getDirectDependenciesFromSelf().stream()
                .anyMatch(dependency -> dependency.getTargetClass().isEquivalentTo(other)));
  }
}
