"""Trains a sentence encoder with LoRA and a head on SST-2 in PyTorch, transformers and PEFT, or times its steps.

What a user would write: PEFT's LoRA of rank 8 on every linear, the mean of a sentence's tokens under a fresh linear head, AdamW with
linear decay, float32. Sentences are sorted by length within a step, so that a micro-batch has next to no padding.

With --noise-multiplier Z it is DP-SGD: records are drawn independently with probability batch / N, the gradient of each one
record is formed in hooks, as Opacus does, clipped to --clip-norm over all weights together, and Z * clip-norm of Gaussian
noise is added to the sum. Z for an epsilon: `sotto plan --units 67349 --batch-size 1024 --steps 75 --epsilon 1 --delta 1e-5`.
The noise is PyTorch's, from --seed: for comparison, not for protection.

    python3 bench/peers/sst2_torch.py --model minilm-l6 --data sst2/glue --steps 150 --batch 1024 --lr 2e-3
    python3 bench/peers/sst2_torch.py --model minilm-l6 --data sst2/glue --batch 256 --time 10
"""
import argparse
import csv
import gzip
import json
import statistics
import time
from pathlib import Path

import peft
import torch
import torch.nn.functional as F
import transformers
from torch import nn


def read(folder, name, tokenizer):
    """Token ids (lists) and labels (0 or 1) of folder/name, plain or .gz."""
    path = Path(folder) / name
    opened = open(path, encoding="utf-8") if path.exists() else gzip.open(f"{path}.gz", "rt", encoding="utf-8")
    with opened as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    ids = tokenizer([row["sentence"] for row in rows], truncation=True, max_length=64)["input_ids"]
    return ids, torch.tensor([int(row["label"]) for row in rows])


class Classifier(nn.Module):
    def __init__(self, model):
        super().__init__()
        base = transformers.AutoModel.from_pretrained(model, add_pooling_layer=False, dtype=torch.float32)
        lora = peft.LoraConfig(r=8, lora_alpha=16, target_modules="all-linear")
        self.encoder = peft.get_peft_model(base, lora)
        self.head = nn.Linear(base.config.hidden_size, 2)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)

    def forward(self, ids, mask):
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        weight = mask.unsqueeze(-1).to(hidden.dtype)
        return self.head((hidden * weight).sum(1) / weight.sum(1))


def micro_batches(data, chosen, size):
    """Records sorted by length, cut into micro-batches and padded to the longest of each: ids, mask, labels."""
    ids, labels = data
    chosen = sorted(chosen, key=lambda i: len(ids[i]))
    for start in range(0, len(chosen), size):
        part = chosen[start : start + size]
        rows = [torch.tensor(ids[i]) for i in part]
        padded = nn.utils.rnn.pad_sequence(rows, batch_first=True)
        mask = nn.utils.rnn.pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)
        yield padded, mask, labels[part]


@torch.no_grad()
def accuracy(model, data):
    right = 0
    for ids, mask, labels in micro_batches(data, range(len(data[0])), 128):
        right += (model(ids, mask).argmax(1) == labels).sum().item()
    return right / len(data[0])


class PerSample:
    """Keeps what each trained linear needs to form the gradient of every record, [records, weights], after backward."""

    def __init__(self, model):
        self.linears = [m for m in model.modules() if isinstance(m, nn.Linear) and m.weight.requires_grad]
        self.inputs, self.outputs = {}, {}
        for linear in self.linears:
            linear.register_forward_hook(self.forward)
        trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
        seen = sum(p.numel() for m in self.linears for p in m.parameters())
        assert trained == seen, "a trained weight is not in a linear"

    def forward(self, linear, inputs, output):
        if torch.is_grad_enabled():
            self.inputs[linear] = inputs[0].detach()
            output.register_hook(lambda dy: self.outputs.__setitem__(linear, dy))

    def add_clipped(self, clip, sums):
        """Adds the clipped gradients of a micro-batch's records to sums, a tensor a weight."""
        gradients = []
        for linear in self.linears:
            x, dy = self.inputs[linear], self.outputs[linear]
            if x.dim() == 2:
                x, dy = x.unsqueeze(1), dy.unsqueeze(1)
            gradients.append((linear.weight, torch.einsum("bto,bti->boi", dy, x)))
            if linear.bias is not None:
                gradients.append((linear.bias, dy.sum(1)))
        norms = sum(g.flatten(1).square().sum(1) for _, g in gradients).sqrt()
        factors = (clip / norms).clamp(max=1.0)
        for weight, g in gradients:
            sums[weight] += torch.einsum("b,b...->...", factors, g)


class Trainer:
    def __init__(self, model, args):
        self.model, self.args = model, args
        self.weights = [p for p in model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(self.weights, lr=args.lr, weight_decay=0.0)
        self.per_sample = PerSample(model) if args.noise_multiplier > 0 else None

    def step(self, data, chosen):
        args = self.args
        self.optimizer.zero_grad(set_to_none=True)
        sums = {p: torch.zeros_like(p) for p in self.weights}
        for ids, mask, labels in micro_batches(data, chosen, args.micro_batch):
            loss = F.cross_entropy(self.model(ids, mask), labels, reduction="sum")
            if self.per_sample is None:
                (loss / len(chosen)).backward()
            else:
                loss.backward()
                self.per_sample.add_clipped(args.clip_norm, sums)
        if self.per_sample is not None:
            for p in self.weights:  # instead of the sums that backward left, which are not clipped
                p.grad = (sums[p] + args.noise_multiplier * args.clip_norm * torch.randn_like(p)) / args.batch
        self.optimizer.step()

    def train(self, data):
        n, order, args = len(data[0]), [], self.args
        for t in range(args.steps):
            for group in self.optimizer.param_groups:
                group["lr"] = args.lr * (1 - t / args.steps)
            if self.per_sample is not None:
                chosen = torch.nonzero(torch.rand(n) < args.batch / n).flatten().tolist()
            else:
                if len(order) < args.batch:
                    order = torch.randperm(n).tolist()
                chosen, order = order[: args.batch], order[args.batch :]
            self.step(data, chosen)
            print(f"step {t + 1}/{args.steps}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", required=True, help="HuggingFace directory of the encoder")
    parser.add_argument("--data", required=True, help="folder with train.tsv, dev.tsv and test-labeled.tsv, each also as .gz")
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--noise-multiplier", type=float, default=0.0, help="0: without privacy")
    parser.add_argument("--clip-norm", type=float, default=1.0)
    parser.add_argument("--micro-batch", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--time", type=int, metavar="N", help="time N steps on the first --batch records and train no further")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    tokenizer = transformers.AutoTokenizer.from_pretrained(args.model)
    train = read(args.data, "train.tsv", tokenizer)
    trainer = Trainer(Classifier(args.model).train(), args)
    trainer.model.encoder.eval()  # no dropout, as Sotto has none
    if args.time:
        trainer.step(train, range(args.batch))
        wall, cpu = [], []
        for _ in range(args.time):
            start, start_cpu = time.perf_counter(), time.process_time()
            trainer.step(train, range(args.batch))
            wall.append(1e3 * (time.perf_counter() - start))
            cpu.append(1e3 * (time.process_time() - start_cpu))
        medians = {"median_ms": statistics.median(wall), "median_cpu_ms": statistics.median(cpu)}
        print(json.dumps(medians | {"all_ms": wall, "torch": torch.__version__}))
        return
    trainer.train(train)
    result = vars(args) | {"torch": torch.__version__}
    for name, file in [("dev", "dev.tsv"), ("test", "test-labeled.tsv")]:
        result[name] = accuracy(trainer.model, read(args.data, file, tokenizer))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
