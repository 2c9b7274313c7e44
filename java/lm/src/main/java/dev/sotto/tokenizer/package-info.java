/** Text to token ids and back, by HuggingFace {@code tokenizer.json} files; and building one. */
package dev.sotto.tokenizer;
