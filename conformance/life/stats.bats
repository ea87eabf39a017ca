# stats: what containers use, for people and as JSON lines.
load harness

# A figure of the last JSON line: figure FILTER
figure() {
	jq -s -r "last | $1" <<<"$output"
}

@test "one JSON line a container, with its figures and their units in the keys" {
	only_boxcar
	started
	run rt stats --json "$ID"
	gave 0
	[ "${#lines[@]}" = 1 ]
	[ "$(figure .id)" = "$ID" ]
	[ "$(figure .status)" = running ]
	[ "$(figure .pid)" = "$PID" ]
	[ "$(figure '.cpu.usage_us > 0')" = true ]
	[ "$(figure '.monotonic_us > 0')" = true ]
	# numbers only, but for what names something
	[ "$(figure '[paths(scalars) as $p | select(getpath($p) | type != "number") | $p[-1]] | unique - ["cgroup","id","name","page_size","status","time"] | length')" = 0 ]
}

@test "figures are those of the cgroup's files" {
	only_boxcar
	config '.linux.resources.memory = {"limit":67108864} | .linux.resources.pids = {"limit":20} | .linux.resources.cpu = {"quota":50000,"period":100000}'
	started
	run rt stats --json "$ID"
	gave 0
	[ "$(figure .memory.limit_bytes)" = 67108864 ]
	[ "$(figure '.memory.usage_bytes > 0')" = true ]
	if [ -n "$(cgroup_file memory memory.peak memory.max_usage_in_bytes)" ]; then # v2 has it from 5.19 on
		[ "$(figure '.memory.peak_bytes >= .memory.usage_bytes')" = true ]
	else
		[ "$(figure .memory.peak_bytes)" = null ]
	fi
	[ "$(figure .pids.limit)" = 20 ]
	[ "$(figure .pids.count)" = "$(<"$(cgroup_file pids pids.current pids.current)")" ]
	[ "$(figure .cpu.quota_us)" = 50000 ]
	[ "$(figure .cpu.period_us)" = 100000 ]
}

@test "memory that is used, and kills for it, are counted" {
	only_boxcar
	config '.linux.resources.memory = {"limit":33554432,"swap":33554432}'
	started /bin/sh -c '/probe memory 200; /probe sleep 600'
	counts_a_kill() {
		run rt stats --json "$ID"
		[ "$(figure '.memory.oom_kills >= 1')" = true ]
	}
	eventually counts_a_kill
}

@test "several containers and cgroups at once, in the order asked for" {
	only_boxcar
	started
	local first=$ID
	ID=$ID-two
	started
	run rt stats --json "$ID" "$first" --cgroup /
	rt delete --force "$ID"
	ID=$first
	gave 0
	[ "$(jq -r '.id // .cgroup' <<<"$output" | paste -sd ' ')" = "$first-two $first /" ]
}

@test "without names all running containers are shown" {
	only_boxcar
	run rt stats --json
	gave 0 ""
	started
	run rt stats --json
	gave 0
	[ "$(figure .id)" = "$ID" ]
}

@test "--count and --interval repeat it; counters do not fall" {
	only_boxcar
	started /bin/sh -c 'while :; do :; done'
	run rt stats --json --count 3 --interval 10ms "$ID"
	gave 0
	[ "${#lines[@]}" = 3 ]
	[ "$(jq -s '[.[].cpu.usage_us] | . == sort' <<<"$output")" = true ]
	[ "$(jq -s '[.[].monotonic_us] | . == sort and (unique | length) == 3' <<<"$output")" = true ]
}

@test "the watching ends with the last container that was named" {
	only_boxcar
	started
	rt stats --json --interval 20ms "$ID" >"$BATS_TEST_TMPDIR/watched" 3>&- &
	local watcher=$!
	has_line() { [ -s "$BATS_TEST_TMPDIR/watched" ]; }
	eventually has_line
	rt delete --force "$ID"
	wait "$watcher"
	[ "$(jq -s 'map(.id) | unique | length' "$BATS_TEST_TMPDIR/watched")" = 1 ]
}

@test "where descriptors are few, files are opened for each sample; too few are an error that says so" {
	only_boxcar
	started
	local first=$ID all
	ID=$ID-two
	started
	all=$(rt stats --json | jq -c 'paths(scalars) | join(".")' | sort)
	run prlimit --nofile=30:30 "$RUNTIME" --root "$ROOT" stats --json
	gave 0
	[ "$(jq -c 'paths(scalars) | join(".")' <<<"$output" | sort)" = "$all" ]
	run prlimit --nofile=9:9 "$RUNTIME" --root "$ROOT" stats --json
	gave 1 "raise the hard limit (ulimit -Hn)"
	rt delete --force "$ID"
	ID=$first
}

@test "interfaces of a network namespace of its own, but not the host's" {
	only_boxcar
	started
	ip link add "bx$$a" type veth peer name "bx$$b" 2>/dev/null || skip "this host cannot make a veth pair"
	ip link set "bx$$b" netns "$PID" name inside
	ip link set "bx$$a" up
	run rt stats --json "$ID"
	ip link del "bx$$a"
	gave 0
	[ "$(figure '[.network[].name] | join(",")')" = inside ]
	rt delete --force "$ID"
	config '.linux.namespaces |= map(select(.type != "network"))'
	started
	run rt stats --json "$ID"
	[ "$(figure .network)" = null ]
}

@test "a table has a line for each container" {
	only_boxcar
	started
	run rt stats --interval 10ms --count 1 "$ID"
	gave 0 "NAME"
	[ "${#lines[@]}" = 2 ]
	[[ ${lines[1]} == "$ID"*running* ]]
}

@test "on a terminal the table is drawn anew again and again" {
	only_boxcar
	started
	run timeout 20 "$TOOLS/pty" -- "$RUNTIME" --root "$ROOT" stats --interval 50ms --count 3 "$ID"
	gave 0 $'\e[2J'
	[ "$(grep -c $'\e\\[H\e\\[JNAME' <<<"$output")" = 3 ]
	[ "$(grep -c "^$ID .* running " <<<"$output")" = 3 ]
	# JSON is no table, there neither
	run timeout 20 "$TOOLS/pty" -- "$RUNTIME" --root "$ROOT" stats --json --count 1 "$ID"
	gave 0
	jq -e --arg id "$ID" '.id == $id' <<<"$output"
}

@test "a paused container is told as paused; bad input is refused" {
	only_boxcar
	run rt stats nobody
	gave 1 "container does not exist"
	run rt stats --cgroup /no/such
	gave 1 "cgroup /no/such does not exist"
	run rt stats --cgroup /../x
	gave 1 '".."'
	for wrong in 0 -1 x 1x 5d 1e9 '' .5 99999999999999999999; do
		run rt stats --json --interval "$wrong" --count 1
		gave 1 "not a length of time"
	done
	run rt stats --count x
	gave 1
	args /probe true
	rt create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	run rt stats --json "$ID"
	[ "$(figure .status)" = created ]
	rt start "$ID"
	eventually has_status stopped
	run rt stats "$ID"
	gave 1 "container not running"
}

@test "v1 view: figures" {
	only_boxcar
	view v1
	started
	run rt stats --json "$ID"
	gave 0
	[ "$(figure '.cpu.usage_us > 0 and .memory.usage_bytes > 0 and .pids.count > 0')" = true ]
}

@test "v2 view: figures" {
	only_boxcar
	view v2
	started
	run rt stats --json "$ID"
	gave 0
	[ "$(figure '.cpu.usage_us > 0')" = true ]
	[ ! -e /proc/pressure/cpu ] || [ "$(figure '.cpu.pressure.some.total_us >= 0')" = true ]
}
