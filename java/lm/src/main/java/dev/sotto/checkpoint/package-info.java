/**
 * HuggingFace model directories in, PEFT adapter directories out: safetensors, {@code config.json},
 * {@code adapter_config.json}.
 *
 * <p>Format of safetensors: eight bytes of header length (little-endian), a JSON header, then the
 * tensors' bytes without gap or overlap (https://github.com/huggingface/safetensors, section
 * "Format").
 */
package dev.sotto.checkpoint;
