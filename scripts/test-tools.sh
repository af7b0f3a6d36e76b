#!/bin/sh
# Installs what the tests need and this machine lacks. Debian, as root; elsewhere it names what is missing.
set -eu

missing=
command -v gcc >/dev/null || missing="$missing gcc libc6-dev"
command -v chromium >/dev/null || missing="$missing chromium"
[ -x /usr/sbin/mariadbd ] && command -v my_print_defaults >/dev/null || missing="$missing mariadb-server-core mariadb-client-core"
command -v redis-server >/dev/null || missing="$missing redis-server"
[ -x /usr/sbin/haproxy ] || missing="$missing haproxy"
[ -x /usr/sbin/nginx ] || missing="$missing nginx-light"
fc-list :lang=ja 2>/dev/null | grep -q . || missing="$missing fontconfig fonts-noto-cjk"

# An S3 server for the tests: no package of Debian, but Go builds it.
s3=github.com/versity/versitygw/cmd/versitygw@v1.8.0
if ! command -v versitygw >/dev/null; then
	if [ -w /usr/local/bin ]; then
		echo "installing: versitygw"
		GOBIN=/usr/local/bin go install "$s3"
	else
		echo "the tests need versitygw in the path: go install $s3" >&2
		exit 1
	fi
fi
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	echo "the tests need:$missing" >&2
	exit 1
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
if [ ! -e /usr/sbin/policy-rc.d ]; then # the tests start servers themselves: none is to run on this machine because of them
	printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
	chmod +x /usr/sbin/policy-rc.d
	trap 'rm -f /usr/sbin/policy-rc.d' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
fi
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
