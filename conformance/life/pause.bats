# pause, resume and ps.
load harness

# The state letter of a process: is_state LETTERS
state_of() {
	sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status"
}

# Counts as fast as it can into a file: does it still?
counter() {
	started /bin/sh -c 'i=0; while :; do i=$((i+1)); echo $i >/tmp/count; done'
	has_counted() { [ -s "$BUNDLE/rootfs/tmp/count" ]; }
	eventually has_counted
}

counts() {
	local before
	before=$(<"$BUNDLE/rootfs/tmp/count")
	changed() { [ "$(<"$BUNDLE/rootfs/tmp/count")" != "$before" ]; }
	eventually changed
}

frozen_at() {
	local path
	for path in "$(cgroup_file freezer cgroup.events freezer.state)"; do
		grep -qE '^(FROZEN|frozen 1)$' "$path"
	done
}

whole_life() {
	config '.root.readonly = false'
	counter
	run rt pause "$ID"
	gave 0 ""
	has_status paused
	frozen_at
	run rt pause "$ID"
	gave 1 "container not running"
	run rt exec "$ID" /probe true
	gave 255 "cannot exec in a paused container"
	run rt start "$ID"
	gave 1 "cannot start a paused container"
	run rt delete "$ID"
	gave 1 "not stopped: paused"
	rt kill "$ID" TERM
	run rt resume "$ID"
	gave 0 ""
	has_status running
	counts
	run rt resume "$ID"
	gave 1 "container not paused"
}

@test "pause, resume, and what is refused in between" {
	only_boxcar
	whole_life
}

@test "v1 view: pause and resume" {
	only_boxcar
	view v1
	whole_life
}

@test "v2 view: pause and resume" {
	only_boxcar
	view v2
	whole_life
}

killed() {
	started
	rt pause "$ID"
	run timeout 20 "$RUNTIME" --root "$ROOT" kill "$ID" KILL
	gave 0
	eventually has_status stopped
	rt delete "$ID"
	started
	rt pause "$ID"
	run timeout 20 "$RUNTIME" --root "$ROOT" kill --all "$ID" KILL
	gave 0
	eventually has_status stopped
	rt delete "$ID"
	started
	rt pause "$ID"
	run timeout 20 "$RUNTIME" --root "$ROOT" delete --force "$ID"
	gave 0
	left_behind "$ID"
}

@test "a paused container can be killed and deleted" {
	killed
}

@test "v1 view: a paused container can be killed and deleted" {
	view v1
	rt() { unshare -m --propagation private sh -c 'umount /sys/fs/cgroup/unified && exec "$@"' sh "$RUNTIME" --root "$ROOT" "$@"; }
	killed
}

@test "two at once: one pauses, one is refused; nothing hangs" {
	only_boxcar
	started
	local n failed=0 pids=()
	for n in 1 2 3 4; do
		rt pause "$ID" >/dev/null 2>&1 3>&- &
		pids+=($!)
	done
	for n in "${pids[@]}"; do
		wait "$n" || failed=$((failed + 1))
	done
	[ "$failed" = 3 ]
	has_status paused
	rt resume "$ID"
}

@test "unknown, created, stopped and killed containers" {
	for command in pause resume ps; do
		run rt "$command" "nobody-$ID"
		gave 1 "does not exist"
	done
	args /probe true
	rt create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	run rt resume "$ID"
	gave 1 "not paused"
	run rt pause "$ID"
	gave 0
	has_status paused
	rt resume "$ID"
	if is_boxcar; then has_status created; fi
	rt start "$ID"
	eventually has_status stopped
	run rt pause "$ID"
	gave 1 "not running"
	run rt resume "$ID"
	gave 1 "not paused"
	rt delete "$ID"
	started
	kill -9 "$PID"
	eventually has_status stopped
	run rt pause "$ID"
	gave 1 "not running"
}

# --- under a frozen parent ---

frozen_parent() {
	config '.linux.cgroupsPath = $path' --arg path "/life-frost-$ID/$ID"
	started
	local file on off
	file=$(cgroup_file freezer cgroup.freeze freezer.state) # the parent's: its name holds the id, too
	[[ $file == */life-frost-$ID/* ]]
	on=FROZEN off=THAWED
	[ "${file##*/}" = freezer.state ] || { on=1 off=0; }
	echo $on >"$file"
	eventually has_status paused
	run timeout 20 "$RUNTIME" --root "$ROOT" resume "$ID"
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"its parent is"* ]]
	run timeout 20 "$RUNTIME" --root "$ROOT" exec "$ID" /probe true
	[ "$status" = 255 ]
	run timeout 20 "$RUNTIME" --root "$ROOT" pause "$ID"
	[ "$status" = 1 ]
	echo $off >"$file"
	eventually has_status running
	rt delete --force "$ID"
	find /sys/fs/cgroup -depth -type d -name "life-frost-$ID" -exec rmdir {} +
}

@test "a frozen parent is told, and hangs nobody" {
	only_boxcar
	frozen_parent
}

# --- ps ---

@test "ps shows the container's processes and no others" {
	started /bin/sh -c '/probe sleep 600 & exec /probe sleep 601'
	two() { [ "$(rt ps "$ID" | grep -c 'probe sleep 60[01]')" = 2 ]; }
	eventually two
	run rt ps "$ID"
	gave 0 "PID"
	[ "${#lines[@]}" = 3 ]
	run rt ps "$ID" -o pid,args
	gave 0 "probe sleep 601"
	[ "${#lines[@]}" = 3 ]
	[[ ${lines[0]} =~ ^' '*PID' '+COMMAND$ ]]
}

@test "ps as JSON is a list of pids of the host" {
	started
	run rt ps --format json "$ID"
	gave 0
	[ "$(jq -c . <<<"$output")" = "[$PID]" ]
	run rt ps -f json "$ID"
	[ "$(jq -c . <<<"$output")" = "[$PID]" ]
	rt pause "$ID"
	run rt ps -f json "$ID"
	[ "$(jq -c . <<<"$output")" = "[$PID]" ]
	rt kill "$ID" KILL
	eventually has_status stopped
	run rt ps -f json "$ID"
	gave 0 null
}

@test "ps: bad options are told in ps's own words" {
	started
	run rt ps "$ID" --no-such-option
	[ "$status" = 1 ]
	run rt ps "$ID" -o comm
	[ "$status" = 1 ]
	[[ $output == *PID* ]]
	run rt ps --format xml "$ID"
	[ "$status" = 1 ]
}
