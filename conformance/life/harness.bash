# What the life tests share. Black box: a runtime's command line, its exit codes, and what the probe sees inside. RUNTIME
# chooses the program, so that the tests themselves can be tried with another runtime:
#
#     RUNTIME=/usr/sbin/runc bats conformance/life/mounts.bats
#
# A test makes a bundle, changes its config.json with jq, and runs it. Everything lives below the test's own directory and is
# taken away after it; whatever a container left behind (cgroup, mount, process, state) makes the test fail.

: "${BUILD:=build}"
TOOLS=$(realpath "$BATS_TEST_DIRNAME/../../$BUILD/conformance")
RUNTIME=$(realpath "${RUNTIME:-$BATS_TEST_DIRNAME/../../$BUILD/boxcar}")
PROBE=$TOOLS/probe
: "${VIEW:=host}"

setup() {
	BUNDLE=$BATS_TEST_TMPDIR/bundle
	ROOT=$BATS_TEST_TMPDIR/state
	ID=life-$$-$BATS_TEST_NUMBER
	bundle "$BUNDLE"
}

teardown() {
	local id left=0
	for id in "$ROOT"/*; do
		[ -d "$id" ] && rt delete --force "${id##*/}" >/dev/null 2>&1
	done
	left_behind "$ID" || left=1
	# never walk into a mount when the directory is removed
	while read -r mount; do
		umount -l "$(printf %b "$mount")" # mountinfo writes spaces as octal digits
	done < <(awk -v at="$BATS_TEST_TMPDIR/" 'index($5, at) == 1 { print $5 }' /proc/self/mountinfo | sort -r)
	return $left
}

# --- bundles ----------------------------------------------------------------------------------------------------------

# A bundle with the probe and busybox in it, and the runtime's own default config.json, without a terminal.
bundle() {
	mkdir -p "$1"/rootfs/{proc,sys,dev,tmp,bin,etc}
	cp --reflink=auto "$PROBE" "$1/rootfs/probe" # no links: what a test does to them must not reach the original
	cp --reflink=auto /bin/busybox "$1/rootfs/bin/busybox"
	ln -sf busybox "$1/rootfs/bin/sh"
	printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n' >"$1/rootfs/etc/passwd"
	"$RUNTIME" spec --bundle "$1"
	BUNDLE=$1 config '.process.terminal = false | .process.args = ["/probe", "true"]'
}

# Change config.json: config FILTER [JQ-OPTIONS...]
config() {
	local filter=$1
	shift
	jq "$filter" "$BUNDLE/config.json" "$@" >"$BUNDLE/config.new" && mv "$BUNDLE/config.new" "$BUNDLE/config.json"
}

# The payload: args WORD...
args() {
	config '.process.args = $ARGS.positional' --args -- "$@"
}

# --- the runtime ------------------------------------------------------------------------------------------------------

# One command of the runtime, in the chosen view of the cgroups: host (as it is), v1 or v2 (private, the host's is untouched).
rt() {
	case $VIEW in
	host) "$RUNTIME" --root "$ROOT" "$@" ;;
	v1) unshare -m --propagation private sh -c 'umount /sys/fs/cgroup/unified && exec "$@"' sh \
		"$RUNTIME" --root "$ROOT" "$@" ;;
	v2) unshare -m --propagation private sh -c 'mount --bind /sys/fs/cgroup/unified /sys/fs/cgroup && exec "$@"' sh \
		"$RUNTIME" --root "$ROOT" "$@" ;;
	esac
}

# The file system type says what the host has.
is_pure_v2_host() {
	[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]
}

# has_kernel VERSION: this one or a newer one
has_kernel() {
	[ "$(printf '%s\n' "$1" "$(uname -r)" | sort -V | head -n 1)" = "$1" ]
}

needs_kernel() {
	has_kernel "$1" || skip "this kernel is older than $1"
}

# Use a view of the cgroups for the rest of the test; skips where the host has only v2 (skips.txt has these marked so).
view() {
	VIEW=$1
	if is_pure_v2_host; then
		[ "$1" = v2 ] || skip "this host has only cgroup v2"
		VIEW=host
	fi
}

is_boxcar() {
	[[ ${RUNTIME##*/} == boxcar* ]]
}

# For what other runtimes do not promise.
only_boxcar() {
	is_boxcar || skip "only boxcar promises this"
}

# As bats' `run`, for commands that leave a container behind: that one would hold `run`'s pipe open.
try() {
	status=0
	"$@" </dev/null >"$BATS_TEST_TMPDIR/tried" 2>&1 || status=$?
	output=$(<"$BATS_TEST_TMPDIR/tried")
	mapfile -t lines <"$BATS_TEST_TMPDIR/tried"
}

# A detached container whose payload waits; its pid in $PID.
started() {
	[ $# -gt 0 ] || set -- /probe sleep 600
	args "$@"
	rt create --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 ||
		{ cat "$BATS_TEST_TMPDIR/out"; return 1; }
	rt start "$ID"
	PID=$(<"$BATS_TEST_TMPDIR/pid")
}

status_of() {
	rt state "$1" | jq -r .status
}

# Root of the container is 100000 outside, and may reach its root file system.
user_namespace() {
	config '.linux.namespaces += [{"type":"user"}] | .linux.uidMappings = [{"containerID":0,"hostID":100000,"size":5000}] |
		.linux.gidMappings = .linux.uidMappings'
	chmod -R a+rX "$BATS_TEST_TMPDIR"
	chmod a+x "$BATS_RUN_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
}

# `! COMMAND` alone fails no test.
not() {
	! "$@"
}

# Wait up to ten seconds: eventually COMMAND...
eventually() {
	local try
	for try in {1..200}; do
		"$@" && return 0
		sleep 0.05
	done
	echo "never came true: $*"
	return 1
}

has_status() {
	[ "$(status_of "$ID")" = "$1" ]
}

# A process is gone, or dead and waiting for its parent to notice.
is_gone() {
	! grep -q '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status" 2>/dev/null
}

# --- looking ----------------------------------------------------------------------------------------------------------

# Run the probe in the bundle and keep what it saw: look [SYSCTL...]; then `saw FILTER EXPECTED...`.
look() {
	local status=0
	args /probe json "$@"
	rt run --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/seen" 2>"$BATS_TEST_TMPDIR/errors" || status=$?
	cat "$BATS_TEST_TMPDIR/errors"
	[ "$status" = 0 ] || { cat "$BATS_TEST_TMPDIR/seen"; return 1; }
}

# A jq filter over what the probe saw gives just this text.
saw() {
	local found
	found=$(jq -r -c "$1" "$BATS_TEST_TMPDIR/seen") || return 1
	[ "$found" = "$2" ] || {
		printf '%s: expected %s, saw %s\n' "$1" "$2" "$found"
		return 1
	}
}

# The mount that is seen at a path (the last one made): mount_at PATH FILTER EXPECTED
mount_at() {
	saw "[.mounts[] | select(.destination == \"$1\")] | last | $2" "$3"
}

# Run one payload in a fresh container and keep status and output as `run` does: in_container WORD...
in_container() {
	args "$@"
	run rt run --bundle "$BUNDLE" "$ID"
}

# The same for a probe call's errno: "OK" when it worked. tries NAME ARG...
tries() {
	in_container /probe "$@"
	[ "$status" = 0 ] || { echo "status $status: $output"; return 1; }
	output=$(jq -r '.errno // "OK"' <<<"$output")
}

# The last `run` gave this: gave STATUS [TEXT-IN-OUTPUT]
gave() {
	[ "$status" = "$1" ] && [[ $output == *"${2-}"* ]] || {
		printf 'expected %s and "%s", got %s and:\n%s\n' "$1" "${2-}" "$status" "$output"
		return 1
	}
}

# The cgroup directories whose name holds the text, in every hierarchy.
cgroups_of() {
	find /sys/fs/cgroup -type d -name "*$1*" 2>/dev/null
}

# Nothing of a container is left: no cgroup, no mount, no process in a cgroup of its name.
left_behind() {
	local found
	found=$(cgroups_of "$1"; awk -v id="$1" 'index($5, "/" id "/") { print "mount " $5 }' /proc/self/mountinfo)
	[ -z "$found" ] || {
		printf 'left behind:\n%s\n' "$found"
		find /sys/fs/cgroup -depth -type d -name "*$1*" -exec rmdir {} + 2>/dev/null
		return 1
	}
}

# A file of the container's cgroup on v2, or its equal on v1: cgroup_file CONTROLLER V2-NAME V1-NAME
cgroup_file() {
	local path
	for path in "/sys/fs/cgroup/$1" /sys/fs/cgroup/unified /sys/fs/cgroup; do
		[ -d "$path" ] || continue
		path=$(find "$path" -type d -name "*$ID*" 2>/dev/null | head -n 1)
		[ -n "$path" ] && [ -e "$path/$3" ] && { echo "$path/$3"; return; }
		[ -n "$path" ] && [ -e "$path/$2" ] && { echo "$path/$2"; return; }
	done
	return 1
}
