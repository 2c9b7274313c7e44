package dev.sotto.model;

import java.util.SplittableRandom;

/**
 * What A of a fresh LoRA pair begins with. It follows from the run's public seed and from no
 * record, so that it may be released, and B be trained on what it makes of private ones.
 */
public enum InitialA {
  /** As PEFT does it: uniform in ±1/√Cin, Kaiming-uniform with a = √5. */
  UNIFORM {
    @Override
    void draw(SplittableRandom random, int rank, int in, float[] into, int offset) {
      double bound = 1 / Math.sqrt(in);
      for (int i = 0; i < rank * in; i++) {
        into[offset + i] = (float) random.nextDouble(-bound, bound);
      }
    }
  },

  /**
   * Rows that are orthonormal and point anywhere alike: normal numbers, each row made orthogonal to
   * those before it (modified Gram–Schmidt in double, twice, which leaves errors of rounding alone;
   * Giraud, Langou, Rozložník and van den Eshof 2005). For an A that stays frozen (FFA-LoRA: Sun,
   * Li, Li and Ding, ICLR 2024, who keep the usual A): all of its singular values are 1, so ‖BA‖ =
   * ‖B‖, and noise on B reaches the weights with the norm it was drawn with, in every direction of
   * A alike. Its rows are √3 times as long as {@link #UNIFORM}'s.
   */
  ORTHONORMAL {
    @Override
    void draw(SplittableRandom random, int rank, int in, float[] into, int offset) {
      double[][] rows = new double[rank][in];
      for (int r = 0; r < rank; r++) {
        double[] row = rows[r];
        for (int c = 0; c < in; c++) {
          row[c] = random.nextGaussian();
        }
        for (int earlier = 0; earlier < 2 * r; earlier++) {
          double[] other = rows[earlier % r];
          add(-dot(row, other), other, row);
        }
        double length = Math.sqrt(dot(row, row));
        for (int c = 0; c < in; c++) {
          row[c] /= length;
          into[offset + r * in + c] = (float) row[c];
        }
      }
    }
  };

  /**
   * Draws an A [rank, in], row-major.
   *
   * @param rank at most {@code in} for rows that are orthonormal
   */
  abstract void draw(SplittableRandom random, int rank, int in, float[] into, int offset);

  private static double dot(double[] one, double[] other) {
    double sum = 0;
    for (int c = 0; c < one.length; c++) {
      sum += one[c] * other[c];
    }
    return sum;
  }

  private static void add(double factor, double[] other, double[] to) {
    for (int c = 0; c < to.length; c++) {
      to[c] += factor * other[c];
    }
  }
}
