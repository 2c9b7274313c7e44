package dev.sotto.bench;

import dev.sotto.accounting.Accountant;
import dev.sotto.accounting.Calibration;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * Answers each line {@code q,z,steps,delta} of its input with the upper end of {@code pld}, wall
 * and thread time in ms, so that another program can take turns with it
 * (bench/peers/accounting_times.py).
 */
public final class AccountantLines {
  private AccountantLines() {}

  /**
   * Reads settings until the input ends.
   *
   * @param args none
   * @throws IOException if the input cannot be read
   */
  public static void main(String[] args) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      double[] number = Arrays.stream(line.split(",")).mapToDouble(Double::parseDouble).toArray();
      ThreadTime time = ThreadTime.start();
      double epsilon =
          Accountant.pld()
              .epsilonUpper(Calibration.run(number[1], number[0], (long) number[2]), number[3]);
      System.out.printf(
          Locale.ROOT, "%.9g,%.3f,%.3f%n", epsilon, time.wallMillis(), time.threadMillis());
      System.out.flush();
    }
  }
}
