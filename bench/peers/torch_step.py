"""Times a LoRA training step in PyTorch on the shapes of dev.sotto.bench.ModelShape.

Plain LoRA modules beside frozen linears, scaled-dot-product attention, AdamW, float32: what a user would
write. Four steps: without privacy; with per-sample gradients formed in backward hooks (what Opacus does); with
per-sample gradients by torch.func (vmap of grad); and with ghost norms (Li et al. 2022): norms from Gram matrices in a
first backward pass, the clipped sum by a second one over reweighted losses.

    python3 bench/peers/torch_step.py --shape LLAMA_256 --threads 2 --json bench/results/torch.json
"""
import argparse
import json
import platform
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn

SHAPES = {
    "LLAMA_256": dict(llama=True, hidden=256, layers=4, heads=4, inner=688, vocab=8192, batch=16, length=128),
    "LLAMA_1B": dict(llama=True, hidden=2048, layers=16, heads=32, inner=8192, vocab=32000, batch=8, length=512),
    "GPT2_768": dict(llama=False, hidden=768, layers=12, heads=12, inner=3072, vocab=8192, batch=8, length=128),
}
RANK = 8


class Lora(nn.Module):
    """A frozen linear with a LoRA pair; in hook mode it forms per-sample gradients itself."""

    def __init__(self, cin, cout, bias):
        super().__init__()
        self.base = nn.Linear(cin, cout, bias=bias)
        self.base.requires_grad_(False)
        self.a = nn.Parameter(torch.empty(RANK, cin).uniform_(-cin**-0.5, cin**-0.5))
        self.b = nn.Parameter(torch.zeros(cout, RANK))
        self.per_sample = None
        self.square = None
        self.hooked = None

    def forward(self, x):
        u = F.linear(x, self.a)
        y = self.base(x) + 2.0 * F.linear(u, self.b)
        if self.hooked and torch.is_grad_enabled():
            y.register_hook(lambda dy: self.hooked and self.hooked(self, x.detach(), u.detach(), dy))
        return y

    def gradients(self, x, u, dy):
        du = 2.0 * dy @ self.b.detach()
        da = torch.einsum("btr,btc->brc", du, x)
        db = 2.0 * torch.einsum("bto,btr->bor", dy, u)
        self.per_sample = (da, db)

    def ghost_norms(self, x, u, dy):
        du = 2.0 * dy @ self.b.detach()
        self.square = (gram(x) * gram(du)).sum((1, 2)) + 4.0 * (gram(dy) * gram(u)).sum((1, 2))


def gram(x):
    return x @ x.transpose(1, 2)


class Block(nn.Module):
    def __init__(self, s):
        super().__init__()
        h, inner, bias = s["hidden"], s["inner"], not s["llama"]
        self.s = s
        self.norm1 = nn.RMSNorm(h) if s["llama"] else nn.LayerNorm(h)
        self.norm2 = nn.RMSNorm(h) if s["llama"] else nn.LayerNorm(h)
        self.qkv = nn.ModuleList([Lora(h, h, bias) for _ in range(3)]) if s["llama"] else nn.ModuleList([Lora(h, 3 * h, bias)])
        self.out = Lora(h, h, bias)
        self.gate = Lora(h, inner, bias) if s["llama"] else None
        self.up = Lora(h, inner, bias)
        self.down = Lora(inner, h, bias)

    def rotate(self, x, cos, sin):
        half = x.shape[-1] // 2
        x1, x2 = x[..., :half], x[..., half:]
        return torch.cat([x1 * cos - x2 * sin, x2 * cos + x1 * sin], -1)

    def forward(self, x, cos, sin):
        batch, length, h = x.shape
        n = self.norm1(x)
        qkv = [p(n) for p in self.qkv]
        if len(qkv) == 1:
            qkv = qkv[0].split(h, -1)
        q, k, v = (t.view(batch, length, self.s["heads"], -1).transpose(1, 2) for t in qkv)
        if self.s["llama"]:
            q, k = self.rotate(q, cos, sin), self.rotate(k, cos, sin)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(batch, length, h))
        n = self.norm2(x)
        if self.gate is not None:
            return x + self.down(F.silu(self.gate(n)) * self.up(n))
        return x + self.down(F.gelu(self.up(n), approximate="tanh"))


class Model(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.s = s
        self.table = nn.Embedding(s["vocab"], s["hidden"])
        self.positions = None if s["llama"] else nn.Embedding(1024, s["hidden"])
        self.blocks = nn.ModuleList([Block(s) for _ in range(s["layers"])])
        self.norm = nn.RMSNorm(s["hidden"]) if s["llama"] else nn.LayerNorm(s["hidden"])
        dim = s["hidden"] // s["heads"]
        angles = torch.outer(torch.arange(s["length"]), 10000.0 ** (-torch.arange(0, dim, 2) / dim))
        self.register_buffer("cos", angles.cos())
        self.register_buffer("sin", angles.sin())
        for name, p in self.named_parameters():
            if not name.endswith((".a", ".b")):
                p.requires_grad_(False)

    def forward(self, ids):
        x = self.table(ids)
        if self.positions is not None:
            x = x + self.positions(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        return F.linear(self.norm(x), self.table.weight)


def loss_of(model, ids, targets, reduction="mean"):
    logits = model(ids)
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction=reduction)


def clip_and_noise(grads, params, batch):
    """grads: one [B, ...] tensor a parameter. Flat clipping to 1, noise 1."""
    square = sum(g.flatten(1).pow(2).sum(1) for g in grads)
    factor = (1.0 / square.sqrt()).clamp(max=1.0)
    for p, g in zip(params, grads):
        total = torch.einsum("b,b...->...", factor, g)
        p.grad = (total + torch.randn_like(total)) / batch


def finish(device):
    """Waits for a GPU, whose calls return before the work is done."""
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shape", choices=SHAPES, default="LLAMA_256")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_default_device(args.device)
    torch.manual_seed(1)
    s = SHAPES[args.shape]
    model = Model(s)
    params = [p for p in model.parameters() if p.requires_grad]
    names = [n for n, p in model.named_parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(params, lr=1e-4)
    ids = torch.randint(s["vocab"], (s["batch"], s["length"]))
    targets = torch.randint(s["vocab"], (s["batch"], s["length"]))
    loras = [m for m in model.modules() if isinstance(m, Lora)]

    def hooked(what):
        for m in loras:
            m.hooked = what

    def plain():
        optimizer.zero_grad(set_to_none=True)
        loss_of(model, ids, targets).backward()
        optimizer.step()

    def hooks():
        hooked(Lora.gradients)
        optimizer.zero_grad(set_to_none=True)
        # The sum of per-sample means: each row of dy is that of its own sample's loss.
        (loss_of(model, ids, targets) * s["batch"]).backward()
        grads = [g for m in loras for g in m.per_sample]
        clip_and_noise(grads, [p for m in loras for p in (m.a, m.b)], s["batch"])
        hooked(None)
        optimizer.step()

    def vmap():
        frozen = {n: p for n, p in model.named_parameters() if not p.requires_grad}
        buffers = dict(model.named_buffers())

        def one(trained, x, y):
            logits = torch.func.functional_call(model, {**trained, **frozen, **buffers}, (x[None],))
            return F.cross_entropy(logits.flatten(0, 1), y)

        trained = {n: p.detach() for n, p in zip(names, params)}
        grads = torch.func.vmap(torch.func.grad(one), in_dims=(None, 0, 0))(trained, ids, targets)
        clip_and_noise([grads[n] for n in names], params, s["batch"])
        optimizer.step()

    def ghost():
        hooked(Lora.ghost_norms)
        optimizer.zero_grad(set_to_none=True)
        losses = F.cross_entropy(model(ids).flatten(0, 1), targets.flatten(), reduction="none")
        losses = losses.view(s["batch"], -1).mean(1)
        losses.sum().backward(retain_graph=True)
        factor = (1.0 / sum(m.square for m in loras).sqrt()).clamp(max=1.0)
        hooked(None)
        optimizer.zero_grad(set_to_none=True)
        (losses * factor).sum().backward()
        for p in params:
            p.grad = (p.grad + torch.randn_like(p.grad)) / s["batch"]
        optimizer.step()

    results = {}
    for name, step in [("nonPrivate", plain), ("privateHooks", hooks), ("privateVmap", vmap), ("privateGhost", ghost)]:
        step()
        finish(args.device)
        times = []
        for _ in range(args.repeats):
            start = time.perf_counter()
            step()
            finish(args.device)
            times.append(1e3 * (time.perf_counter() - start))
        results[name] = dict(median_ms=statistics.median(times), all_ms=times)
        print(f"{args.shape} {name}: {statistics.median(times):.1f} ms", flush=True)
    device = torch.cuda.get_device_name() if args.device.startswith("cuda") else args.device
    report = dict(shape=args.shape, device=device, threads=args.threads, torch=torch.__version__, machine=platform.processor(), results=results)
    if args.json:
        with open(args.json, "w") as f:
            json.dump(report, f, indent=1)


if __name__ == "__main__":
    main()
