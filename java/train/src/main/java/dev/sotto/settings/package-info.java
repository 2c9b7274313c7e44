/**
 * Settings as rows of tables. A {@link dev.sotto.settings.Setting} stands beside the options that
 * it belongs to; the command line, a {@code --config} file, a run's {@code settings.json} and
 * {@code run.json}, the check on resume, a study's grid and {@code --help} are all read from it.
 */
package dev.sotto.settings;
