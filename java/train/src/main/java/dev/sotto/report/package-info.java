/** Pages and pictures about a run, made of public and released values only. */
package dev.sotto.report;
