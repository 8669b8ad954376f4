#!/bin/sh
# A trial that only prints: how well does xz compress with these settings? The budget is how much there is to compress.
set -eu
bytes=$((RUNG_BUDGET_TO * 20000))
packed=$(seq 1 1000000 | head -c "$bytes" |
    xz --format=raw --lzma2="lc=$RUNG_PARAM_lc,lp=$RUNG_PARAM_lp,pb=$RUNG_PARAM_pb,nice=$1" | wc -c)
echo "ratio=$(awk "BEGIN { print $packed / $bytes }")"
