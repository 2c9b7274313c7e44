#!/bin/sh
# history.sh [--machine WORDS] FILE...: adds the ratios in raw files of JMH to results/history.csv and draws
# docs/figures/benchmark-history.svg.
# A file is named NAME_COMMIT.json, as all in results are: its rows get that commit and its date.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
machine="$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores"
if [ "${1:-}" = --machine ]; then machine=$2; shift 2; fi
[ $# -gt 0 ] || { echo "history: give a raw file, NAME_COMMIT.json" >&2; exit 2; }
for file; do
  commit=$(basename "$file" .json) && commit=${commit##*_}
  date=$(git -C "$here" log -1 --date=format:%Y-%m-%dT%H:%M --format=%cd "$commit")
  java -Djava.awt.headless=true -cp "$here/target/benchmarks.jar" dev.sotto.bench.History "$here/results/history.csv" \
    "$here/../docs/figures/benchmark-history.svg" "$date" "$commit" "$(echo "$machine" | tr -d ,)" "$file"
done
