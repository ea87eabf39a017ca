# What a run costs in system calls, exactly: more than this is a change that somebody has to want.
load harness

# The least of three: what is busy for a moment, as the cgroup of a process that has just ended, is looked at again.
count() {
	for run in 1 2 3; do
		strace -f -qq -o "$BATS_TEST_TMPDIR/trace" "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
		# a call that another process interrupted is shown twice: its second half is no call
		grep -v 'resumed>' "$BATS_TEST_TMPDIR/trace" | grep -c '('
	done | sort -n | head -n 1
}

@test "run of a static true on cgroup v2 takes at most 410 system calls, payload included" {
	only_boxcar
	view v2
	export -f count
	export RUNTIME ROOT BUNDLE ID BATS_TEST_TMPDIR
	if [ "$VIEW" = host ]; then
		calls=$(count)
	else
		calls=$(unshare -m --propagation private bash -c 'mount --bind /sys/fs/cgroup/unified /sys/fs/cgroup && count')
	fi
	local most=410
	! is_pure_v2_host || most=520 # every controller has files of its own, and before 5.12 attributes take more calls
	echo "# $calls system calls" >&3
	[ "$calls" -gt 150 ]
	[ "$calls" -le $most ]
}

@test "state takes at most 100 system calls" {
	only_boxcar
	started
	calls=$(strace -f -qq "$RUNTIME" --root "$ROOT" state "$ID" 2>&1 >/dev/null | grep -c '(')
	echo "# $calls system calls" >&3
	[ "$calls" -gt 20 ]
	[ "$calls" -le 100 ]
}
