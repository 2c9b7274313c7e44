"""Writes a HuggingFace folder with F32 weights as a GGUF file, as llama.cpp's converter does.

    python3 folder_to_gguf.py FOLDER OUT.gguf

Names and metadata are those of Python's gguf package. What the converter changes is changed here:
the rows of Llama's query and key heads stand in pairs, and 1 is added to Gemma's norms.
"""
import json
import os
import struct
import sys

import gguf
import numpy as np

folder, out = sys.argv[1:3]
config = json.load(open(os.path.join(folder, "config.json")))
kind = config["model_type"]
arch = {"gemma3_text": "gemma3"}.get(kind, kind)
layers, heads = config["num_hidden_layers"], config["num_attention_heads"]
kv = config.get("num_key_value_heads", heads)
head = config.get("head_dim") or config["hidden_size"] // heads

w = gguf.GGUFWriter(out, arch)
w.add_block_count(layers)
w.add_context_length(config["max_position_embeddings"])
w.add_embedding_length(config["hidden_size"])
w.add_feed_forward_length(config["intermediate_size"])
w.add_head_count(heads)
w.add_head_count_kv(kv)
w.add_layer_norm_rms_eps(config["rms_norm_eps"])
w.add_key_length(head)
w.add_value_length(head)
w.add_rope_freq_base(config.get("rope_theta", 10000.0))
if kind.startswith("gemma") and kind != "gemma":
    w.add_sliding_window(config["sliding_window"])
    w.add_float32(f"{arch}.attention.scale", config["query_pre_attn_scalar"] ** -0.5)
    for field in ("attn_logit_softcapping", "final_logit_softcapping"):
        if config.get(field):
            w.add_float32(f"{arch}.{field}", config[field])
if kind == "gemma3_text":
    w.add_uint32(f"{arch}.attention.sliding_window_pattern", config["sliding_window_pattern"])
    w.add_float32(f"{arch}.rope.freq_base_swa", config["rope_local_base_freq"])
scaling = config.get("rope_scaling") or {}
if scaling.get("rope_type") == "llama3":
    factors = []
    for i in range(head // 2):
        length = 2 * np.pi * config["rope_theta"] ** (2 * i / head)
        old, low, high = (scaling[k] for k in (
            "original_max_position_embeddings", "low_freq_factor", "high_freq_factor"))
        if length < old / high:
            factors.append(1.0)
        elif length > old / low:
            factors.append(scaling["factor"])
        else:
            smooth = (old / length - low) / (high - low)
            factors.append(1 / ((1 - smooth) / scaling["factor"] + smooth))
    w.add_rope_scaling_orig_ctx_len(scaling["original_max_position_embeddings"])
    w.add_tensor("rope_freqs.weight", np.array(factors, dtype=np.float32))

codes = {name: code for code, name in gguf.MODEL_ARCH_NAMES.items()}
names = gguf.get_tensor_name_map(codes[arch], layers)
with open(os.path.join(folder, "model.safetensors"), "rb") as f:
    size = struct.unpack("<Q", f.read(8))[0]
    header = json.loads(f.read(size))
    data = f.read()
header.pop("__metadata__", None)
for name, entry in header.items():
    assert entry["dtype"] == "F32", name
    begin, end = entry["data_offsets"]
    x = np.frombuffer(data[begin:end], dtype="<f4").reshape(entry["shape"])
    if kind == "llama" and (".q_proj." in name or ".k_proj." in name):
        n = heads if ".q_proj." in name else kv
        x = x.reshape(n, 2, x.shape[0] // n // 2, -1).swapaxes(1, 2).reshape(x.shape)
    if kind.startswith("gemma") and name.endswith("norm.weight"):
        x = x + np.float32(1)
    theirs = names.get_name(name, try_suffixes=(".weight", ".bias"))
    assert theirs, name
    w.add_tensor(theirs, np.ascontiguousarray(x))
w.write_header_to_file()
w.write_kv_data_to_file()
w.write_tensors_to_file()
w.close()
