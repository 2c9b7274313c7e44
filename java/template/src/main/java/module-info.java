/** Chat templates: Jinja as HuggingFace renders it. Needs nothing but Java. */
module dev.sotto.template {
  exports dev.sotto.template;
}
