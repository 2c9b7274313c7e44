#!/usr/bin/env bash
# base-text.sh CORPUS > base.txt: public text for the study's base model, one record a line.
#
# CORPUS holds gutenberg/*.txt(.gz), tinystories_1000.json.gz and wikitext-2/valid.txt.gz. Books and articles teach the
# language; a glossary of hospital words, from the words with which 'sotto synthesize' tells the table, puts them into the
# vocabulary. No note and no row of the table is among it.
set -euo pipefail
corpus=$1
words=$(cd "$(dirname "$0")/../../java/lm/src/main/resources/dev/sotto/data/synthetic" && pwd)

paragraphs() { tr -d '\r' | awk 'BEGIN { RS = "" } { gsub(/[\n ]+/, " "); print }'; }
text() { case $1 in *.gz) zcat "$1" ;; *) cat "$1" ;; esac; }

for book in "$corpus"/gutenberg/*; do text "$book" | paragraphs; done
text "$corpus"/wikitext-2/valid.txt.gz | sed -e 's/<unk>/thing/g' -e 's/^ *//' | awk 'length > 80'
text "$corpus"/tinystories_1000.json.gz |
  sed -n -e 's/^ *"//' -e 's/",\{0,1\}$//' -e 's/\\n/ /g' -e 's/\\"/"/g' -e '/ /p'
phrases=$(cat "$words"/diabetes-codes.txt "$words"/icd9.txt | sed -n 's/.*| *//p' | grep -v '^words$' | sort -u)
for _ in $(seq 60); do
  printf '%s\n' "$phrases" | awk '{ print "In a hospital one may hear the words " $0 ", and so they are written here: " $0 "." }'
done
medicines="metformin repaglinide nateglinide glimepiride glipizide glyburide pioglitazone rosiglitazone acarbose insulin"
for _ in $(seq 60); do
  for m in $medicines; do
    echo "A medicine is called $m. One takes $m steady, increased or reduced, or $m up and down."
  done
  echo "Dx and A1C and yo and Labs, drugs, readmitted, discharged, admission, glucose, serum, workup, regimen, procedures are short words."
done
