#!/bin/sh
# Three servers of the program on three Galera nodes, each node lost under load; the database away for a minute; rolling restarts; Redis lost
# under load. About ten minutes. The tables stand at the end and in artifacts/cluster.md. Nothing else should run meanwhile.
set -eu
cd "$(dirname "$0")/.."
if [ ! -e /usr/lib/galera/libgalera_smm.so ] || ! command -v rsync >/dev/null || ! id mysql >/dev/null 2>&1; then
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		echo 'the cluster needs: mariadb-server galera-4 rsync socat' >&2
		exit 1
	fi
	guard=
	if [ ! -e /usr/sbin/policy-rc.d ]; then # no server starts by itself
		printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
		chmod +x /usr/sbin/policy-rc.d
		trap 'rm -f /usr/sbin/policy-rc.d' EXIT
		trap 'exit 130' INT
		trap 'exit 143' TERM
		guard=1
	fi
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mariadb-server galera-4 rsync socat >/dev/null
	if [ -n "$guard" ]; then
		rm -f /usr/sbin/policy-rc.d
		trap - EXIT INT TERM
	fi
fi
mkdir -p artifacts
out="$PWD/artifacts/cluster.md"
rm -f "$out"
echo "Commit $(git rev-parse --short HEAD 2>/dev/null || echo -), $(go env GOVERSION), $(nproc) processors, $(date +%F)." >"$out"
WAKAKUSA_CLUSTER="$out" WAKAKUSA_OUTAGE=60s go test -count=1 -timeout 40m -run 'TestCluster|TestDatabaseAway|TestRollingRestart|TestServersAreOne|TestRedisLost' ./e2e || code=$?
echo
cat "$out"
exit "${code:-0}"
