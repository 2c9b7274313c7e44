/** Wires a run together: the only package that may import all others of the library. */
package dev.sotto.plan;
