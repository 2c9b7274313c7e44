/** Values before any noise; closed to every other module. */
package dev.sotto.exact;
