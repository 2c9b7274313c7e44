#!/bin/bash
# Kills runs at KILLS random moments (default 500) and resumes each; a line a kill goes to LOG. At the root of a
# checkout that is built:
#   java/train/src/test/kill-marathon.sh [KILLS [SEED [LOG]]]
set -euo pipefail
exec mvn -q -pl java/train test -Dtest=KillMarathon -Dsotto.kills="${1:-500}" -Dsotto.kills.seed="${2:-1}" \
    -Dsotto.kills.log="$(realpath "${3:-kills.csv}")"
