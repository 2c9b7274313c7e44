package dev.sotto.control.learn;

import java.nio.DoubleBuffer;

/** What a hidden unit does to its input. */
enum Activation {
  /** max(0, x). */
  RELU {
    @Override
    double value(double x) {
      return Math.max(0, x);
    }

    @Override
    double slope(double output) {
      return output > 0 ? 1 : 0;
    }
  },
  /** Hyperbolic tangent. */
  TANH {
    @Override
    double value(double x) {
      return Math.tanh(x);
    }

    @Override
    double slope(double output) {
      return 1 - output * output;
    }
  };

  abstract double value(double x);

  /** The derivative, from the value. */
  abstract double slope(double output);

  /** Applies it to every entry. */
  void apply(DoubleBuffer values) {
    for (int i = 0; i < values.capacity(); i++) {
      values.put(i, value(values.get(i)));
    }
  }

  /** Turns the gradient by the outputs into the one by the inputs. */
  void back(DoubleBuffer outputs, DoubleBuffer gradient) {
    for (int i = 0; i < outputs.capacity(); i++) {
      gradient.put(i, gradient.get(i) * slope(outputs.get(i)));
    }
  }
}
