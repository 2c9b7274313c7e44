/** Language models: tokenizers, checkpoints, data, a transformer with LoRA adapters. */
module dev.sotto.lm {
  requires ai.djl.api;
  requires ai.djl.tokenizers;
  requires transitive com.fasterxml.jackson.databind;
  requires transitive dev.sotto.base;
  requires transitive dev.sotto.core;
  requires transitive dev.sotto.template;
  requires commons.math3;
  requires org.apache.commons.csv;
  // The tokenizers log with it and do not say so.
  requires org.slf4j;

  exports dev.sotto.chat;
  exports dev.sotto.checkpoint;
  exports dev.sotto.data;
  exports dev.sotto.data.synthetic;
  exports dev.sotto.gguf;
  exports dev.sotto.model;
  exports dev.sotto.task;
  exports dev.sotto.tokenizer;
}
