/**
 * The only place where private values become releasable ones: Poisson sampling, noise, and {@link
 * dev.sotto.mechanism.Privatized}, which nothing else can construct.
 */
package dev.sotto.mechanism;
