/** Private training: settings, plan, trainer, optimizer, ledger, budget, audit, reports. */
// XChart is a module by its jar alone, and charts are handed to dev.sotto.study.
@SuppressWarnings("requires-transitive-automatic")
module dev.sotto.train {
  requires com.fasterxml.jackson.databind;
  requires com.google.protobuf;
  requires commons.math3;
  requires transitive dev.sotto.control;
  requires transitive dev.sotto.lm;
  requires transitive java.desktop;
  requires org.apache.commons.text;
  requires transitive xchart;

  exports dev.sotto.audit;
  exports dev.sotto.budget;
  exports dev.sotto.ledger;
  exports dev.sotto.noisefile;
  exports dev.sotto.optimizer;
  exports dev.sotto.plan;
  exports dev.sotto.report;
  exports dev.sotto.settings;
  exports dev.sotto.trainer;

  opens dev.sotto.budget to
      com.fasterxml.jackson.databind;
  opens dev.sotto.trainer to
      com.fasterxml.jackson.databind;
}
