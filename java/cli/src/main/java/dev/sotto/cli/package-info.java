/**
 * The {@code sotto} command: options in, library calls, words and JSON out. What a command does is
 * in the libraries below; here stand names, defaults, messages and exit codes.
 */
package dev.sotto.cli;
