package dev.sotto.bench;

import java.lang.management.ManagementFactory;

/**
 * Wall and processor time of the calling thread since a start. The latter leaves out what others on
 * the machine take.
 *
 * @param wall nanoseconds on the wall's clock at the start
 * @param thread nanoseconds of this thread on a processor at the start
 */
record ThreadTime(long wall, long thread) {
  static ThreadTime start() {
    return new ThreadTime(System.nanoTime(), threadNanos());
  }

  private static long threadNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  double wallMillis() {
    return (System.nanoTime() - wall) * 1e-6;
  }

  double threadMillis() {
    return (threadNanos() - thread) * 1e-6;
  }
}
