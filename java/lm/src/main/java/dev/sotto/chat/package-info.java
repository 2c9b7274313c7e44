/** Conversations as a model's own chat template writes them, and what of them is learned. */
package dev.sotto.chat;
