package dev.sotto.archunit;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.ArchTests;

/** The rules of every module. */
@AnalyzeClasses(
    packages = "dev.sotto.bench",
    importOptions = {ImportOption.DoNotIncludeTests.class, BenchRulesTest.Written.class})
class BenchRulesTest {
  /** What JMH generates keeps to rules of its own. */
  static final class Written implements ImportOption {
    @Override
    public boolean includes(Location location) {
      return !location.contains("/jmh_generated/");
    }
  }

  @ArchTest static final ArchTests house = ArchTests.in(HouseRules.class);
}
