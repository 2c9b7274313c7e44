/** Comparing controllers and settings over seeds on public data, with tables and pictures. */
module dev.sotto.study {
  requires VectorGraphics2D;
  requires com.fasterxml.jackson.databind;
  requires transitive dev.sotto.train;

  exports dev.sotto.study;
}
