# Where messages go: --log in its forms, --log-level, and a stderr that nobody reads.
load harness

# Wait for one datagram, and write it down: listen SOCKET FILE
listen() {
	python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("listening", flush=True)
s.settimeout(20)
sys.stdout.write(s.recv(65536).decode() + "\n")' "$1" >"$2" 2>&1 3>&- &
	eventually grep -q listening "$2"
}

@test "--log journald: and syslog: go to the daemons" {
	only_boxcar
	mkdir "$BATS_TEST_TMPDIR/journal"
	listen "$BATS_TEST_TMPDIR/journal/socket" "$BATS_TEST_TMPDIR/got-journal"
	local journal=$!
	run unshare -m --propagation private sh -c 'mkdir -p /run/systemd/journal; mount --bind "$1" /run/systemd/journal; shift; exec "$@"' sh \
		"$BATS_TEST_TMPDIR/journal" "$RUNTIME" --root "$ROOT" --log journald:me state no-such
	gave 1 "does not exist"
	wait $journal
	grep -x PRIORITY=3 "$BATS_TEST_TMPDIR/got-journal"
	grep -x SYSLOG_IDENTIFIER=me "$BATS_TEST_TMPDIR/got-journal"
	grep '^MESSAGE=state no-such: container does not exist' "$BATS_TEST_TMPDIR/got-journal"
	mkdir "$BATS_TEST_TMPDIR/dev"
	listen "$BATS_TEST_TMPDIR/dev/log" "$BATS_TEST_TMPDIR/got-syslog"
	local syslog=$!
	run unshare -m --propagation private sh -c 'for n in null zero; do touch "$1/$n"; mount --bind "/dev/$n" "$1/$n"; done
		mount --rbind "$1" /dev; shift; exec "$@"' sh \
		"$BATS_TEST_TMPDIR/dev" "$RUNTIME" --root "$ROOT" --log syslog:me state no-such
	gave 1 "does not exist"
	wait $syslog
	grep -E '^<11>me\[[0-9]+\]: state no-such: container does not exist' "$BATS_TEST_TMPDIR/got-syslog"
}

@test "a daemon that is not there is an error that says so" {
	only_boxcar
	[ ! -e /run/systemd/journal/socket ] || skip "this host has journald"
	run rt --log journald:me list
	gave 1 "connect to /run/systemd/journal/socket for the log"
}

@test "--log file:PATH is a file" {
	only_boxcar
	run rt --log "file:$BATS_TEST_TMPDIR/log" --log-format json state no-such
	gave 1
	jq -e '.level == "error"' "$BATS_TEST_TMPDIR/log"
}

@test "--log-level says how much" {
	only_boxcar
	config '.unheardOf = 1'
	in_container /probe true
	gave 0 unheardOf
	args /probe true
	run rt --log-level error run --bundle "$BUNDLE" "$ID"
	gave 0
	[[ $output != *unheardOf* ]]
	run rt --log-level loud list
	gave 1 "takes warning|error|info|debug"
}

@test "what --debug tells goes to the log, and not to what the payload writes to" {
	only_boxcar
	config '.linux.seccomp = {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["no_such_call"],"action":"SCMP_ACT_ERRNO"}]} | .unheardOf = 1'
	args /bin/sh -c 'echo out; echo err >&2'
	run rt --debug --log "$BATS_TEST_TMPDIR/log" --log-format json run --bundle "$BUNDLE" "$ID"
	gave 0
	[ "$output" = $'out\nerr' ]
	jq -s -e 'map(.level) == ["debug", "warning"] and (.[0].msg | test("no_such_call"))' "$BATS_TEST_TMPDIR/log"
	run rt --log-level debug run --bundle "$BUNDLE" "$ID"
	gave 0 "boxcar: debug: seccomp: libseccomp does not know the system call no_such_call"
	# without it neither has them
	run rt --log "$BATS_TEST_TMPDIR/quiet" --log-format json run --bundle "$BUNDLE" "$ID"
	jq -s -e 'map(.level) == ["warning"]' "$BATS_TEST_TMPDIR/quiet"
}

@test "what runc and crun take before the command" {
	only_boxcar
	run rt --rootless auto --cgroup-manager cgroupfs --debug --log-format=text list
	gave 0
	[[ $output != *warning* ]]
	run rt --criu /usr/sbin/criu list
	gave 0 "warning: --criu has no effect"
	run rt --rootless maybe list
	gave 1 "takes auto|true|false"
}

@test "a stderr that is full and never read stops no command" {
	only_boxcar
	local before=$SECONDS
	# the reader opens the pipe and sleeps; the writer fills it first
	run timeout 60 bash -c 'exec 8> >(exec sleep 60); python3 -c "
import os, fcntl
fcntl.fcntl(8, fcntl.F_SETFL, os.O_NONBLOCK | os.O_WRONLY)
try:
    while True: os.write(8, b\"x\" * 4096)
except BlockingIOError: pass
fcntl.fcntl(8, fcntl.F_SETFL, os.O_WRONLY)"
		"$@" 2>&8 8>&-' bash "$RUNTIME" --root "$ROOT" state no-such
	[ "$status" = 1 ]
}
