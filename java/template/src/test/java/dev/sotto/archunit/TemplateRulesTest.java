package dev.sotto.archunit;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;

/** The rules of every module. */
@AnalyzeClasses(
    packages = "dev.sotto.template",
    importOptions = ImportOption.DoNotIncludeTests.class)
class TemplateRulesTest {
  @ArchTest static final ArchTests house = ArchTests.in(HouseRules.class);
}
