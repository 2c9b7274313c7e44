/**
 * A small interpreter of Jinja for chat templates. {@link dev.sotto.template.Lexer} cuts the text
 * and takes the white space, {@link dev.sotto.template.Parser} reads all of it into an immutable
 * tree of statements and expressions, {@link dev.sotto.template.Renderer} and {@link
 * dev.sotto.template.Evaluator} carry it out, on values that behave as Python's ({@link
 * dev.sotto.template.Types}, {@link dev.sotto.template.Members}, {@link
 * dev.sotto.template.Arithmetic}, {@link dev.sotto.template.Printing}), with Jinja's filters and
 * tests.
 */
package dev.sotto.template;
