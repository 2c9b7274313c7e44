"""Times one epsilon by Sotto and by two peers, taking turns on the same settings, and writes one CSV.

Peers: Google's dp_accounting (PLD, its default discretisation; pessimistic and optimistic end) and Microsoft's
prv_accountant (its bracket at an error of 1%). Each is left out where it cannot be imported. A peer that does not end
within --cap seconds, or fails, has that in its columns. Times are of the account alone, without imports or start-up.

    PYTHONPATH=differential-privacy/python/dp_accounting:prv_accountant \\
        python3 bench/peers/accounting_times.py --settings bench/results/accounting_truth.csv --every 61 \\
        --out bench/results/accounting_times_COMMIT.csv
"""
import argparse
import csv
import multiprocessing
import resource
import subprocess
import time

MEMORY = 6 << 30  # bytes a peer may map


def google(q, z, steps, delta):
    from dp_accounting.pld import privacy_loss_distribution as pld

    def end(pessimistic):
        one = pld.from_gaussian_mechanism(z, sampling_prob=q, pessimistic_estimate=pessimistic)
        return one.self_compose(steps).get_epsilon_for_delta(delta)

    start = time.perf_counter(), time.process_time()
    high = end(True)
    spent = time.perf_counter() - start[0], time.process_time() - start[1]
    return (end(False), high) + spent


def prv(q, z, steps, delta):
    from prv_accountant import PoissonSubsampledGaussianMechanism, PRVAccountant

    start = time.perf_counter(), time.process_time()
    mechanism = PoissonSubsampledGaussianMechanism(noise_multiplier=z, sampling_probability=q)
    accountant = PRVAccountant(prvs=[mechanism], max_self_compositions=[steps], eps_error=0.01, delta_error=delta / 1000)
    low, _, high = accountant.compute_epsilon(delta=delta, num_self_compositions=[steps])
    return low, high, time.perf_counter() - start[0], time.process_time() - start[1]


PEERS = {"google": google, "prv": prv}


def child(name, setting, pipe):
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        PEERS[name](0.01, 1.0, 2, 1e-5)  # imports, and what the first call alone pays for
        pipe.send("ready")
        pipe.send(["%.6g" % v for v in PEERS[name](*setting)])
    except Exception as e:
        pipe.send(type(e).__name__)


def timed(name, setting, cap):
    """Columns low, high, wall ms, processor ms of one peer."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=child, args=(name, setting, there))
    process.start()
    there.close()
    answer = "not importable"
    try:
        answer = here.recv()
        if answer == "ready":
            answer = here.recv() if here.poll(cap) else "not within %d s" % cap
    except EOFError:
        answer = "out of memory"
    process.terminate()
    process.join()
    if isinstance(answer, str):
        return [answer, "", "", ""]
    low, high, wall, processor = answer
    return [low, high, "%.1f" % (1e3 * float(wall)), "%.1f" % (1e3 * float(processor))]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--settings", required=True)
    parser.add_argument("--every", type=int, default=26)
    parser.add_argument("--cap", type=int, default=120)
    parser.add_argument("--jar", default="bench/target/benchmarks.jar")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    rows = list(csv.reader(open(args.settings)))[1:]
    ours = subprocess.Popen(
        ["java", "-cp", args.jar, "dev.sotto.bench.AccountantLines"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )

    def account(row):
        ours.stdin.write(",".join(row[:4]) + "\n")
        ours.stdin.flush()
        return ours.stdout.readline().strip().split(",")

    for row in rows:  # As warm as a process that has accounted for some hundred settings.
        account(row)
    with open(args.out, "w", newline="") as out:
        table = csv.writer(out)
        header = ["q", "z", "steps", "delta", "truth_low", "truth_high", "sotto", "sotto_ms", "sotto_cpu_ms"]
        for name in PEERS:
            header += [name + "_low", name + "_high", name + "_ms", name + "_cpu_ms"]
        table.writerow(header)
        for row in rows[:: args.every]:
            q, z, steps, delta = float(row[0]), float(row[1]), int(float(row[2])), float(row[3])
            line = row[:6] + account(row)
            for name in PEERS:
                line += timed(name, (q, z, steps, delta), args.cap)
            table.writerow(line)
            out.flush()
            print(",".join(line), flush=True)
    ours.stdin.close()
    ours.wait()


if __name__ == "__main__":
    main()
