/**
 * Text that is made up: public prose to train a small base model on, and clinical-style notes to
 * stand for a private corpus. No person, patient or text behind it is real.
 */
package dev.sotto.data.synthetic;
