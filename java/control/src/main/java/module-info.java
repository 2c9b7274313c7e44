/**
 * Controllers of clip norms and noise. Those that learn compute with ND4J, which lies on the class
 * path beside the modules, for the description of its own module is broken.
 */
module dev.sotto.control {
  requires com.fasterxml.jackson.databind;
  requires transitive dev.sotto.base;
  requires transitive dev.sotto.core;

  exports dev.sotto.control;
  exports dev.sotto.control.learn;
}
