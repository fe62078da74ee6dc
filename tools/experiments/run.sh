#!/usr/bin/env bash
# Trains one setting with one seed, and measures it on the people that settings are chosen on.
#
#   tools/experiments/run.sh SETTING SEED PHOTOS FLAGS...
#
# PHOTOS is a folder with photographs and splits.csv. The run gets runs/experiments/SETTING_SEED.
# What is rendered and encoded is shared by all runs.
set -euo pipefail
setting=$1 seed=$2 photos=$3
shift 3
root=runs/experiments
run=$root/${setting}_$seed
python train.py --flagfile=configs/ablations/full.cfg --output_dir="$run" \
  --seed="$seed" --pool_seed=0 --cache_dir="$root/cache" \
  --photos="$photos" --photo_list="$photos/splits.csv" --photo_split=train "$@"
python eval.py --benchmark=clustering --checkpoint="$run/decoder.npz" --output_dir="$run/tune" \
  --dataset="$photos" --photo_list="$photos/splits.csv" --photo_split=tune \
  --photo_cache="$root/cache/judged"
