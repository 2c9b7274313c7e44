#!/bin/sh
# Tries steps, batch and rate for the rows of sst2_table.py with the head first on other data: QQP's development file, its first 36,430
# pairs to train on and its last 4,000 to measure on. Half the batch is nearly SST-2's sampling rate there, and would want half the noise
# multiplier for its signal to noise; epsilon 16 is what comes closest that is not refused. It says nothing of SST-2's own.
#
#     bench/peers/sst2_search.sh ./sotto minilm-l6 glue/QQP/dev.tsv.gz search.jsonl
set -eu
sotto=$1 model=$2 pairs=$3 out=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gzip -dc "$pairs" > "$work/all.tsv"
head -n 36431 "$work/all.tsv" > "$work/train.tsv"
{ head -n 1 "$work/all.tsv"; tail -n 4000 "$work/all.tsv"; } > "$work/held.tsv"

# steps batch learning-rate epsilon head-first
while read -r steps batch rate epsilon first; do
  run="$work/run-$steps-$batch-$rate"
  "$sotto" finetune --model "$model" --dataset glue:qqp --train "$work/train.tsv" --target-modules all-linear --max-length 64 \
    --precision bf16 --epsilon "$epsilon" --head-first "$first" --delta 1e-5 --steps "$steps" --batch-size "$batch" \
    --learning-rate "$rate" --average 0.4 --output "$run" --json > "$work/told.json"
  "$sotto" evaluate --model "$model" --adapter "$run" --data "$work/held.tsv" \
    --text-column question1 --text-pair-column question2 --label-column label --json > "$work/measured.json"
  printf '{"steps": %s, "batch": %s, "learning_rate": %s, "finetune": %s, "evaluate": %s}\n' "$steps" "$batch" "$rate" \
    "$(cat "$work/told.json")" "$(cat "$work/measured.json")" >> "$out"
done <<SETTINGS
30 2048 8e-3 16 2
100 1024 4e-3 16 2
SETTINGS
