# events: runc's JSON of what a container uses, and of its memory running out.
load harness

# Every key path of a line, lists without their places: paths_of < JSON
paths_of() {
	jq -r '[paths | map(if type == "number" then "[]" else . end) | join(".")] | unique[]'
}

@test "one statistic with runc's names" {
	config '.linux.resources.memory = {"limit":67108864} | .linux.resources.pids = {"limit":20}'
	started
	run rt events --stats "$ID"
	gave 0
	[ "${#lines[@]}" = 1 ]
	[ "$(jq -r '.type + " " + .id' <<<"$output")" = "stats $ID" ]
	local path
	for path in cpu.usage.total cpu.usage.kernel cpu.usage.user memory.usage.limit memory.usage.usage memory.usage.failcnt \
		memory.swap.limit memory.kernel.failcnt memory.raw pids.current pids.limit blkio hugetlb network_interfaces; do
		paths_of <<<"$output" | grep -qx "data.$path" || { echo "no $path"; return 1; }
	done
	if cgroup_file memory - memory.kmem.tcp.limit_in_bytes >/dev/null; then # what v1 counts beside
		for path in cpu.usage.percpu cpu.usage.percpu_kernel cpu.usage.percpu_user memory.kernel.max memory.kernelTCP.limit \
			$(cgroup_file memory - memory.memsw.failcnt >/dev/null && echo memory.swap.max); do
			paths_of <<<"$output" | grep -qx "data.$path" || { echo "no $path"; return 1; }
		done
	fi
	[ "$(jq '.data.memory.usage.limit == 67108864 and .data.pids.limit == 20 and .data.cpu.usage.total > 0' <<<"$output")" = true ]
}

@test "statistics again and again, until the container ends" {
	started
	rt events --interval 20ms "$ID" >"$BATS_TEST_TMPDIR/events" 3>&- &
	local watcher=$!
	has_three() { [ "$(wc -l <"$BATS_TEST_TMPDIR/events")" -ge 3 ]; }
	eventually has_three
	rt kill "$ID" KILL
	wait "$watcher"
	[ "$(jq -s 'map(.type) | unique | join(",")' "$BATS_TEST_TMPDIR/events")" = '"stats"' ]
}

@test "memory that runs out is told at once" {
	config '.linux.resources.memory = {"limit":33554432,"swap":33554432}'
	started /bin/sh -c 'while [ ! -e /proc/1/root/tmp/go ]; do busybox sleep 0.05; done; /probe memory 200; exec /probe sleep 600'
	rt events --interval 1h "$ID" >"$BATS_TEST_TMPDIR/events" 3>&- &
	local watcher=$!
	watches() {
		local pid
		for pid in "$watcher" $(pgrep -P "$watcher"); do
			ls -l "/proc/$pid/fd" 2>/dev/null | grep -qE 'inotify|eventfd' && return
		done
		return 1
	}
	eventually watches
	touch "$BUNDLE/rootfs/tmp/go"
	told() { grep -qx "{\"type\":\"oom\",\"id\":\"$ID\"}" "$BATS_TEST_TMPDIR/events"; }
	eventually told
	has_status running
	rt kill "$ID" KILL
	wait "$watcher"
}

@test "unknown, stopped and paused containers, and garbage" {
	only_boxcar
	run rt events --stats "nobody-$ID"
	gave 1 "does not exist"
	run rt events --interval soon "$ID"
	gave 1 "not a length of time"
	started
	rt pause "$ID"
	run rt events --stats "$ID"
	gave 0 '"type":"stats"'
	rt kill "$ID" KILL
	eventually has_status stopped
	run rt events --stats "$ID"
	gave 1 "container not running"
}

@test "v1 view: statistics" {
	view v1
	started
	run rt events --stats "$ID"
	gave 0
	[ "$(jq '.data.cpu.usage.total > 0 and .data.memory.usage.usage > 0' <<<"$output")" = true ]
}

@test "v2 view: statistics" {
	view v2
	started
	run rt events --stats "$ID"
	gave 0
	[ "$(jq '.data.cpu.usage.total > 0' <<<"$output")" = true ]
}
