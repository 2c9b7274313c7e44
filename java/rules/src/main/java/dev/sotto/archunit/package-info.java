/** What ArchUnit checks in every module. */
package dev.sotto.archunit;
