"""Reference values for a decoder's row in Architectures, as ModelOracleTest reads them, from transformers and PEFT in float64.

The weights are random. What transformers computes in float32 even in a float64 model (RMSNorm, rotary angles) limits how far the
values can be trusted: tolerance.json holds the distance of the same code in float32, and the test allows ten times that.

    python3 bench/peers/model_oracle.py config.json ../shared/oracles/models2/NAME      # needs torch, transformers, peft
"""
import argparse
import json
import math
import shutil
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM

LENGTHS = [13, 9, 2, 7]  # tokens of the samples


def batch(vocabulary):
    """Tokens, mask and next tokens, [B, T]; -100 where there is no next token."""
    ids = torch.randint(3, vocabulary, (len(LENGTHS), max(LENGTHS)), generator=torch.Generator().manual_seed(5))
    mask = torch.tensor([[int(t < length) for t in range(max(LENGTHS))] for length in LENGTHS])
    labels = torch.full_like(ids, -100)
    labels[:, :-1] = torch.where(mask[:, 1:] == 1, ids[:, 1:], -100)
    return ids * mask, mask, labels


def logits(model, ids):
    """[B, T, V], each sample by itself, zeros behind its end."""
    out = []
    for sample, length in zip(ids, LENGTHS):
        own = model(input_ids=sample[None, :length]).logits[0]
        out.append(torch.nn.functional.pad(own, (0, 0, 0, max(LENGTHS) - length)))
    return torch.stack(out)


def losses(values, labels):
    """[B], the mean over a sample's own targets."""
    return torch.stack([torch.nn.functional.cross_entropy(v, l, ignore_index=-100) for v, l in zip(values, labels)])


def answers(base, adapted, ids, labels):
    """Everything the test compares, by name."""
    with torch.no_grad():
        told = {"base_logits": logits(base, ids)}
    told["base_per_sample_loss"] = losses(told["base_logits"], labels)
    adapters = {n.replace(".default", ""): p for n, p in adapted.named_parameters() if "lora_" in n}
    values = logits(adapted, ids)
    told |= {"lora_logits": values.detach(), "per_sample_loss": losses(values, labels).detach()}
    each = [torch.autograd.grad(loss, list(adapters.values()), retain_graph=True) for loss in losses(values, labels)]
    told |= {f"per_sample_grad.{n}": torch.stack([g[i] for g in each]) for i, n in enumerate(adapters)}
    pairs = sorted({n.removeprefix("base_model.model.").split(".lora_")[0] for n in adapters})
    squared = torch.stack(
        [sum(told[f"per_sample_grad.base_model.model.{p}.lora_{m}.weight"].flatten(1).square().sum(1) for m in "AB") for p in pairs], 1
    )
    return told | {"per_sample_grad_norm": squared.sqrt(), "per_sample_grad_norm_flat": squared.sum(1).sqrt()}, pairs


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("config", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True)
    torch.manual_seed(7)
    config = AutoConfig.from_pretrained(args.config, attn_implementation="eager")
    base = AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():  # as it is made, every bias is 0 and every gain 1: mistakes there would not show
        for parameter in base.parameters():
            parameter.add_(0.3 / math.sqrt(parameter.shape[-1]) * torch.randn_like(parameter))
    base.save_pretrained(args.out / "saved")
    torch.manual_seed(8)
    adapted = get_peft_model(
        AutoModelForCausalLM.from_pretrained(args.out / "saved", attn_implementation="eager").eval(),
        LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM"),
    )
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    adapted.save_pretrained(args.out / "adapter")
    ids, mask, labels = batch(config.vocab_size)
    narrow, _ = answers(base, adapted, ids, labels)
    exact, pairs = answers(base.double(), adapted.double(), ids, labels)
    tolerance = {}
    for name, values in exact.items():
        kept = tolerance.setdefault("per_sample_grad" if name.startswith("per_sample_grad.") else name, {"max_abs_diff_f32": 0.0})
        kept["max_abs_diff_f32"] = max(kept["max_abs_diff_f32"], float((values - narrow[name].double()).abs().max()))
    whole = {"input_ids": ids.int(), "attention_mask": mask.int(), "labels": labels.int()}
    tensors = whole | {name: values.float().contiguous() for name, values in exact.items()}
    save_file(tensors, args.out / "golden.safetensors", {"pairs": json.dumps(pairs)})
    (args.out / "tolerance.json").write_text(json.dumps(tolerance, indent=1))
    for name, place in [("saved/config.json", "config.json"), ("saved/model.safetensors", "model.safetensors"),
                        ("adapter/adapter_config.json", "adapter_config.json"), ("adapter/adapter_model.safetensors", "lora.safetensors")]:
        (args.out / name).replace(args.out / place)
    shutil.rmtree(args.out / "saved")
    shutil.rmtree(args.out / "adapter")
    print(args.out, {name: f"{kept['max_abs_diff_f32']:.1e}" for name, kept in tolerance.items()})


if __name__ == "__main__":
    main()
