#!/bin/sh
# Tries learning rates and averages for sst2_table.py on other data: QQP's development file, its first 36,430 pairs to train on and
# its last 4,000 to measure on. Epsilon 1.65 there gives the noise of 20 steps of 1,024 at epsilon 1 on SST-2 (z = 0.90).
#
#     bench/peers/sst2_search.sh ./sotto minilm-l6 glue/QQP/dev.tsv.gz search.jsonl
set -eu
sotto=$1 model=$2 pairs=$3 out=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gzip -dc "$pairs" > "$work/all.tsv"
head -n 36431 "$work/all.tsv" > "$work/train.tsv"
{ head -n 1 "$work/all.tsv"; tail -n 4000 "$work/all.tsv"; } > "$work/held.tsv"
for rate in 8e-3 4e-3; do
  for average in 0.4 0; do
    "$sotto" finetune --model "$model" --dataset glue:qqp --train "$work/train.tsv" --target-modules all-linear --max-length 64 \
      --epsilon 1.65 --delta 1e-5 --steps 20 --batch-size 1024 --learning-rate "$rate" --average "$average" \
      --output "$work/run-$rate-$average" --json > "$work/told.json"
    "$sotto" evaluate --model "$model" --adapter "$work/run-$rate-$average" --data "$work/held.tsv" \
      --text-column question1 --text-pair-column question2 --label-column label --json > "$work/measured.json"
    printf '{"learning_rate": %s, "average": %s, "finetune": %s, "evaluate": %s}\n' "$rate" "$average" \
      "$(cat "$work/told.json")" "$(cat "$work/measured.json")" | tee -a "$out"
  done
done
