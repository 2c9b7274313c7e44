/** What a run has spent, kept so that neither a crash nor a careless edit can hide any of it. */
package dev.sotto.ledger;
