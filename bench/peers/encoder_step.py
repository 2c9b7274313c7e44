"""Times a LoRA step of a sentence classifier in Sotto, with and without privacy, and in PyTorch with PEFT, taking turns.

All train on the same records, the first --batch of SST-2's train file, whole in every step, on two threads: Sotto by its own command
(sampling rate 1; the time between the first and the last line of progress, so with ledger and all, without the start), PyTorch
by sst2_torch.py. Without privacy Sotto is timed twice: as it comes, with OpenBLAS, and with its own products, which serve private
records. One object a round goes to --out; medians, ranges and ratios of each round are printed at the end.

    python3 bench/peers/encoder_step.py --sotto ./sotto --model minilm-l6 --data sst2/glue --batch 256 --out encoder_step_COMMIT.jsonl
"""
import argparse
import gzip
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OPTIONS = "--dataset glue:sst2 --target-modules all-linear --max-length 64 --sampling-rate 1 --checkpoint-every 1000 --threads 2"


def cpu_seconds(pid):
    """User and system time of all threads of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def sotto(args, folder, privacy, java_options=""):
    """Wall and processor milliseconds a step, after the first line of progress."""
    with tempfile.TemporaryDirectory() as run:
        command = [args.sotto, "finetune", "--model", args.model, "--train", f"{folder}/train.tsv", *OPTIONS.split()]
        command += ["--steps", str(args.steps), "--output", f"{run}/run", *privacy]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   env=os.environ | {"SOTTO_JAVA_OPTIONS": java_options})
        seen, said = [], []
        for line in process.stdout:
            said.append(line)
            step = re.match(r"step (\d+)/", line)
            if step:
                seen.append((int(step[1]), time.perf_counter(), cpu_seconds(process.pid)))
        if process.wait() or len(seen) < 2:
            raise SystemExit(f"{''.join(said)}sotto ended with {process.returncode}, {len(seen)} lines of progress; more --steps?")
        (first, start, cpu_start), (last, end, cpu_end) = seen[0], seen[-1]
        return {"ms": 1e3 * (end - start) / (last - first), "cpu_ms": 1e3 * (cpu_end - cpu_start) / (last - first)}


def pytorch(args, folder, options):
    peer = Path(__file__).with_name("sst2_torch.py")
    command = [sys.executable, str(peer), "--model", args.model, "--data", folder, "--batch", str(args.batch), "--threads", "2"]
    command += ["--time", str(args.torch_steps), "--micro-batch", str(args.micro_batch), *options]
    # Threads that wait asleep: spinning ones stop one another for seconds on a machine shared with others.
    env = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}
    told = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True, env=env).stdout
    result = json.loads(told)
    return {"ms": result["median_ms"], "cpu_ms": result["median_cpu_ms"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sotto", default="./sotto")
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True, help="folder with train.tsv.gz")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--micro-batch", type=int, default=32, help="of PyTorch; the fastest of 8 to 256 here")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=16, help="of a run of Sotto: several lines of progress, one in 5 s")
    parser.add_argument("--torch-steps", type=int, default=6)
    parser.add_argument("--only", help="some of the sides, by name with commas; default: all but 'torch private'")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    sides = {
        "sotto private": lambda folder: sotto(args, folder, ["--epsilon", "8", "--delta", "1e-5"]),
        "sotto private B alone": lambda folder: sotto(args, folder, ["--epsilon", "8", "--delta", "1e-5", "--freeze-a"]),
        "sotto": lambda folder: sotto(args, folder, ["--no-privacy"]),
        "sotto openblas": lambda folder: sotto(args, folder, ["--no-privacy"], "-Dsotto.blas=openblas"),
        "torch": lambda folder: pytorch(args, folder, []),
    }
    sides["torch private"] = lambda folder: pytorch(args, folder, ["--noise-multiplier", "1"])
    wanted = args.only.split(",") if args.only else [name for name in sides if name != "torch private"]
    sides = {name: sides[name] for name in wanted}
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        with gzip.open(f"{args.data}/train.tsv.gz", "rb") as train, open(f"{folder}/train.tsv", "wb") as cut:
            cut.writelines(next(train) for _ in range(args.batch + 1))
        for number in range(args.rounds):
            load = Path("/proc/loadavg").read_text().split()[0]
            told = {"batch": args.batch, "micro_batch": args.micro_batch, "round": number, "load_before": float(load)}
            told |= {name: side(folder) for name, side in sides.items()}
            rounds.append(told)
            print(json.dumps(told), flush=True)
            with open(args.out, "a") as out:
                print(json.dumps(told), file=out)
    for unit in ["ms", "cpu_ms"]:
        for name in sides:
            times = [told[name][unit] for told in rounds]
            print(f"{name}: {statistics.median(times):.0f} {unit}, {min(times):.0f} to {max(times):.0f}")
        for a, b in [(a, b) for i, a in enumerate(wanted) for b in wanted[i + 1 :]]:
            ratios = [told[a][unit] / told[b][unit] for told in rounds]
            print(f"{a} / {b}: {statistics.median(ratios):.2f} of {unit}, {min(ratios):.2f} to {max(ratios):.2f}")


if __name__ == "__main__":
    main()
