/**
 * What an adapter remembers, measured from outside: canaries, membership inference, and a lower
 * bound on ε from one run.
 *
 * <p>What is measured on canaries may be published: they are the auditor's own. What is measured on
 * private records is private.
 */
package dev.sotto.audit;
