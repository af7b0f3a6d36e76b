#!/bin/sh
# Kills the program under write load and takes its disk away, a hundred and sixty times, and looks for every acknowledged write; a restore by
# the stock litestream command; the way back with a year of data; a backup under load; what copying costs; a backup of a million shifts on
# both engines. About half an hour; WAKAKUSA_ROUNDS=10 makes a tenth of the rounds. The tables stand at the end and in artifacts/drill.md.
# Nothing else should run meanwhile.
set -eu
cd "$(dirname "$0")/.."
mkdir -p artifacts
out="$PWD/artifacts/drill.md"
rm -f "$out"
echo "Commit $(git rev-parse --short HEAD 2>/dev/null || echo -), $(go env GOVERSION), $(nproc) processors, $(date +%F)." >"$out"
WAKAKUSA_BENCH="$out" go test -count=1 -timeout 60m -run 'TestLoss|TestStockCommand|TestBackInService|TestBackupMillion' ./e2e
echo
cat "$out"
