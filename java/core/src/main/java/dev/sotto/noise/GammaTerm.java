package dev.sotto.noise;

/** A gamma law; the exponential law is the one of shape 1. */
record GammaTerm(double shape, double scale) implements InverseScaleTerm {
  @Override
  public Cumulants at(double t) {
    double rest = 1 - scale * t;
    double tilted = scale / rest;
    return new Cumulants(-shape * Math.log1p(-scale * t), shape * tilted, shape * tilted * tilted);
  }

  @Override
  public double meanDrop(double x) {
    double grown = scale * x;
    return shape * scale * (Double.isInfinite(grown) ? 1 : grown / (1 + grown));
  }

  @Override
  public double pole() {
    return 1 / scale;
  }

  @Override
  public double shapeAtZero() {
    return shape;
  }
}
