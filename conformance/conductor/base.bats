# A base system from a mirror, and packages on it. The store stays between runs (CONDUCTOR_TEST_STORE), because a base takes its time.
load harness

setup() {
	STORE=${CONDUCTOR_TEST_STORE:-/var/tmp/conductor-tests}
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	c rmi base-test >/dev/null 2>&1
	! grep -F " $STORE/" /proc/self/mountinfo
}

@test "debian with apt split over two steps, ip, ps and ping inside, and no lists in the layers" {
	cat >Conductorfile <<-'END'
		FROM debian:bookworm
		RUN apt-get update
		RUN apt-get install -y --no-install-recommends make
		RUN printf 'all:\n\techo built >/built\n' | make -f -
	END
	status=0
	timeout 500 "$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" build base-test </dev/null >out 2>&1 3>&- || status=$?
	cat out
	[ $status = 0 ]
	works run --rm base-test "base$$" -- bash -c 'cat /built; command -v ip ps ping; stat -c %a /; ls /var/lib/apt/lists; if [ -s /etc/machine-id ]; then exit 1; fi'
	says $'built\n/usr/sbin/ip\n/usr/bin/ps\n/usr/bin/ping\n755'
	works inspect-layers base-test
	[ "$(c inspect-layers --files base-test | grep -c '/var/lib/apt/lists/')" = 0 ]
	works build base-test
	[ "$(grep -c ': cached' <<<"$output")" = 4 ]
}

@test "ubuntu needs its keys" {
	printf 'FROM ubuntu:jammy\n' >Conductorfile
	[ ! -e /usr/share/keyrings/ubuntu-archive-keyring.gpg ] || skip "this host has Ubuntu's keys"
	fails build base-test
	says "Conductorfile:1: ubuntu:jammy needs the keys that Ubuntu signs with"
	says "--keyring"
}

@test "killed while a base is unpacked: all its programs end, and nothing is left" {
	printf 'FROM debian:bookworm\n' >Conductorfile
	"$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" build --include "less,nano" base-test </dev/null >out 2>&1 3>&- &
	pid=$!
	for i in {1..200}; do ls "$STORE"/tmp/*/layer/diff/usr >/dev/null 2>&1 && break; sleep 0.1; done
	sleep 0.5
	[ -n "$(ls "$STORE"/tmp/*/layer/diff/)" ]
	kill -KILL $pid
	wait $pid || true
	if grep -F " $STORE/" /proc/self/mountinfo; then false; fi
	[ -z "$(grep -l -a "$STORE/tmp" /proc/[0-9]*/cmdline 2>/dev/null | grep -v self)" ] || sleep 1
	works gc
	[ -z "$(ls "$STORE/tmp" "$STORE/locks" | grep -v -e : -e '^$')" ]
}
