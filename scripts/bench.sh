#!/bin/sh
# The figures of docs/benchmarks.md, in about half an hour: Go benchmarks, HTTP under load, browser, a million shifts moved and opened.
# The tables stand at the end and in artifacts/bench.md. Nothing else should run meanwhile.
set -eu
cd "$(dirname "$0")/.."
mkdir -p artifacts
out="$PWD/artifacts/bench.md"
go=artifacts/bench.txt
rm -f "$out"

echo 'Go benchmarks …'
go test -run '^$' -bench 'Months12|Cache|Server|Grid|Writes' -benchtime 1s -count 3 -benchmem ./app ./handlers ./views ./store/sqldb | tee "$go"

{
	echo "Commit $(git rev-parse --short HEAD 2>/dev/null || echo -), $(go env GOVERSION), $(nproc) processors, $(date +%F)."
	echo
	echo '| Go, best of 3 | ms | KB allocated | allocations |'
	echo '|---|---|---|---|'
	awk '/^Benchmark/ { if (!($1 in ms) || $3 < ms[$1]) { if (!($1 in ms)) order[++n] = $1; ms[$1] = $3; kb[$1] = $5; al[$1] = $7 } }
		END { for (i = 1; i <= n; i++) { k = order[i]; name = k; sub(/^Benchmark/, "", name); sub(/-[0-9]+$/, "", name)
			printf "| %s | %.2f | %.0f | %d |\n", name, ms[k] / 1e6, kb[k] / 1024, al[k] } }' "$go"
} >"$out"

echo 'HTTP under load, browser …'
make -s build
WAKAKUSA_BENCH="$out" go test -count=1 -timeout 5m -run 'TestLoad|TestSpeed|TestOtherScreen' ./e2e
echo 'HTTP under load on MariaDB …'
WAKAKUSA_TEST_ENGINE=mysql WAKAKUSA_BENCH="$out" go test -count=1 -timeout 5m -run 'TestLoad' ./e2e
echo 'Tiers of the cache …'
for engine in sqlite mysql; do
	WAKAKUSA_TEST_ENGINE=$engine WAKAKUSA_BENCH="$out" go test -count=1 -timeout 10m -run 'TestCache$' ./e2e
done
echo 'A million shifts …'
WAKAKUSA_BENCH="$out" go test -count=1 -timeout 40m -run 'TestGrowth' ./e2e
printf '| size of the program | %s MB |\n' "$(($(wc -c <bin/wakakusa) / 1000000))" >>"$out"
echo
cat "$out"
