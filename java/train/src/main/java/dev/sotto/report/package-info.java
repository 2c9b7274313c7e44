/**
 * What is said of a run: reports, which are composed once and rendered for people, pages and
 * programs, and pictures. What of it is saved is made of public and released values only.
 */
package dev.sotto.report;
