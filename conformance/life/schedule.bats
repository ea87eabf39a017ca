# How the kernel treats the process: scheduling policy, I/O priority, CPUs, memory nodes, execution domain.
load harness

# The same process for exec, as an engine writes it, with more members: exec_process JSON
exec_process() {
	jq --argjson more "$1" '.process | .args = ["/probe", "json"] | . + $more' "$BUNDLE/config.json" >"$BATS_TEST_TMPDIR/process.json"
	rt exec --process "$BATS_TEST_TMPDIR/process.json" "$ID" </dev/null >"$BATS_TEST_TMPDIR/seen"
}

# create gives this message, with a place in config.json, and leaves nothing: refused FILTER TEXT...
refused() {
	cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/kept"
	config "$1"
	try rt create --bundle "$BUNDLE" "$ID"
	mv "$BATS_TEST_TMPDIR/kept" "$BUNDLE/config.json"
	[ "$status" = 1 ] || { echo "accepted: $1"; return 1; }
	shift
	local text
	for text in "$@" config.json:; do
		[[ $output == *"$text"* ]] || { printf 'not said: %s\n%s\n' "$text" "$output"; return 1; }
	done
	left_behind "$ID"
}

# Field 40 of stat.
realtime_priority_of() {
	sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f38
}

@test "the policies without real time, with their nice values" {
	only_boxcar # runc 1.1 does not know it
	local policy number
	while read -r policy number; do
		config ".process.scheduler = {\"policy\":\"$policy\",\"nice\":5}"
		look
		saw '[.scheduler, .nice]' "[$number,5]"
	done <<<$'SCHED_OTHER 0\nSCHED_BATCH 3'
	config '.process.scheduler = {"policy":"SCHED_OTHER","nice":-7}'
	look
	saw .nice -7
	config '.process.scheduler = {"policy":"SCHED_IDLE"}'
	look
	saw .scheduler 5
}

# On cgroup v1 a cpu cgroup has no time for these policies unless it is given some; on v2 all have.
@test "the policies of real time, and their flags" {
	only_boxcar
	view v2
	local policy number
	while read -r policy number; do
		config ".process.scheduler = {\"policy\":\"$policy\",\"priority\":11}"
		look
		saw .scheduler "$number"
	done <<<$'SCHED_FIFO 1\nSCHED_RR 2'
	config '.process.scheduler = {"policy":"SCHED_FIFO","priority":11,"flags":["SCHED_FLAG_RESET_ON_FORK"]}'
	look
	saw .scheduler $((1 | 0x40000000))
	started
	[ "$(realtime_priority_of "$PID")" = 11 ]
}

@test "a deadline" {
	only_boxcar
	config '.process.scheduler = {"policy":"SCHED_DEADLINE","runtime":1000000,"deadline":10000000,"period":20000000}'
	look
	saw .scheduler 6
}

@test "hooks in the container and a deadline: only where the hooks go without it" {
	only_boxcar
	config '.process.scheduler = {"policy":"SCHED_DEADLINE","runtime":1000000,"deadline":10000000,"period":20000000} |
		.hooks = {"createContainer":[{"path":$probe,"args":["probe","true"]}]}' --arg probe "$PROBE"
	look
	saw .scheduler 6
	config '.hooks.startContainer = [{"path":"/probe","args":["probe","true"]}]'
	refused . /hooks/startContainer "SCHED_FLAG_RESET_ON_FORK"
	config '.process.scheduler.flags = ["SCHED_FLAG_RESET_ON_FORK"]'
	look
	saw .scheduler $((6 | 0x40000000))
}

@test "scheduling works in a user namespace, where the process itself may not" {
	only_boxcar # runc 1.1 does not know it
	config '.process.scheduler = {"policy":"SCHED_OTHER","nice":-3} | .process.ioPriority = {"class":"IOPRIO_CLASS_RT","priority":2} |
		.linux.namespaces += [{"type":"user"}] | .linux.uidMappings = [{"containerID":0,"hostID":100000,"size":65536}] |
		.linux.gidMappings = [{"containerID":0,"hostID":100000,"size":65536}]'
	chmod -R a+rX "$BATS_TEST_TMPDIR"
	chmod a+x "$BATS_RUN_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
	look
	saw '[.nice, .ioPriority]' "[-3,$((1 << 13 | 2))]"
}

@test "what does not go together is refused with its place" {
	only_boxcar
	refused '.process.scheduler = {"policy":"SCHED_ISO"}' /process/scheduler/policy "Linux has no SCHED_ISO"
	refused '.process.scheduler = {"policy":"SCHED_FIFO"}' /process/scheduler/priority "is missing"
	refused '.process.scheduler = {"policy":"SCHED_RR","priority":100}' /process/scheduler/priority
	refused '.process.scheduler = {"policy":"SCHED_OTHER","priority":1}' /process/scheduler/priority "only SCHED_FIFO"
	refused '.process.scheduler = {"policy":"SCHED_OTHER","nice":20}' /process/scheduler/nice
	refused '.process.scheduler = {"policy":"SCHED_BATCH","runtime":1}' /process/scheduler/runtime "only SCHED_DEADLINE"
	refused '.process.scheduler = {"policy":"SCHED_DEADLINE","runtime":9000,"deadline":8000}' /process/scheduler/deadline shorter
	refused '.process.scheduler = {"policy":"SCHED_OTHER","flags":["SCHED_FLAG_NONE"]}' /process/scheduler/flags/0
	refused '.process.scheduler = {"policy":"SCHED_NONE"}' /process/scheduler/policy
	refused '.process.scheduler = {}' /process/scheduler/policy "is missing"
	refused '.process.ioPriority = {"class":"IOPRIO_CLASS_BE","priority":8}' /process/ioPriority/priority
	refused '.process.ioPriority = {"class":"IOPRIO_CLASS_NONE"}' /process/ioPriority/class
	refused '.process.execCPUAffinity = {"initial":"1-0"}' /process/execCPUAffinity/initial
	refused '.process.execCPUAffinity = {"final":"all"}' /process/execCPUAffinity/final
	refused '.linux.personality = {"domain":"LINUX31"}' /linux/personality/domain
	refused '.linux.personality = {"domain":"LINUX","flags":["X"]}' /linux/personality/flags/0
	refused '.linux.memoryPolicy = {"mode":"MPOL_BIND"}' /linux/memoryPolicy/nodes "is missing"
	refused '.linux.memoryPolicy = {"mode":"MPOL_LOCAL","nodes":"0"}' /linux/memoryPolicy/nodes "no nodes"
	refused '.linux.memoryPolicy = {"mode":"MPOL_NONE"}' /linux/memoryPolicy/mode
	refused '.linux.memoryPolicy = {"mode":"MPOL_BIND","nodes":"0","flags":["MPOL_F_STATIC_NODES","MPOL_F_RELATIVE_NODES"]}' \
		/linux/memoryPolicy/flags exclude
}

@test "what the kernel refuses is told with its place and the call" {
	only_boxcar
	refused '.process.scheduler = {"policy":"SCHED_DEADLINE","runtime":2000,"deadline":2000,"period":2000}' \
		/process/scheduler SCHED_DEADLINE sched_setattr
	refused '.linux.memoryPolicy = {"mode":"MPOL_BIND","nodes":"900"}' /linux/memoryPolicy set_mempolicy "memory nodes 900"
}

@test "I/O priority" {
	only_boxcar # runc 1.1 does not know it
	local class number
	while read -r class number; do
		config ".process.ioPriority = {\"class\":\"$class\",\"priority\":6}"
		look
		saw .ioPriority $((number << 13 | 6))
	done <<<$'IOPRIO_CLASS_RT 1\nIOPRIO_CLASS_BE 2\nIOPRIO_CLASS_IDLE 3'
}

@test "exec is scheduled as the container, or as its own process says" {
	only_boxcar # runc 1.1 does not know it
	config '.process.scheduler = {"policy":"SCHED_BATCH","nice":4} | .process.ioPriority = {"class":"IOPRIO_CLASS_BE","priority":7}'
	started
	rt exec "$ID" /probe json </dev/null >"$BATS_TEST_TMPDIR/seen"
	saw '[.scheduler, .nice, .ioPriority]' "[3,4,$((2 << 13 | 7))]"
	exec_process '{"scheduler":null,"ioPriority":null}'
	saw '[.scheduler, .nice, .ioPriority]' "[3,4,$((2 << 13 | 7))]"
	exec_process '{"scheduler":{"policy":"SCHED_OTHER","nice":9},"ioPriority":{"class":"IOPRIO_CLASS_IDLE"}}'
	saw '[.scheduler, .nice, .ioPriority]' "[0,9,$((3 << 13))]"
}

@test "CPUs of exec: the first ones last, unless others are said" {
	only_boxcar # runc 1.1 does not know them
	[ "$(nproc)" -ge 2 ] || skip "one CPU is no choice"
	config '.process.execCPUAffinity = {"initial":"1"}'
	look
	saw '.cpus | length' "$(nproc)" # it is not for the container's own process
	started
	rt exec "$ID" /probe json </dev/null >"$BATS_TEST_TMPDIR/seen"
	saw .cpus '[1]'
	exec_process '{"execCPUAffinity":{"initial":"1","final":"0"}}'
	saw .cpus '[0]'
	exec_process '{"execCPUAffinity":{"final":"0-1"}}'
	saw .cpus '[0,1]'
	exec_process '{"execCPUAffinity":{"initial":"","final":""}}'
	saw '.cpus | length' "$(nproc)"
	try exec_process '{"execCPUAffinity":{"final":"8000"}}'
	[ "$status" = 255 ]
	[[ $output == *"the CPUs 8000"*/execCPUAffinity/final*process.json:*cpuset* ]]
	has_status running
}

@test "the execution domain" {
	only_boxcar # runc 1.1 does not know it
	config '.linux.personality = {"domain":"LINUX32"}'
	look
	saw .personality 8
	started
	rt exec "$ID" /probe json </dev/null >"$BATS_TEST_TMPDIR/seen"
	saw .personality 8
	rt delete -f "$ID"
	config '.linux.personality = {"domain":"LINUX"}'
	args /probe json
	setarch --addr-no-randomize "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/seen"
	saw .personality 0
}

# The policy of a process' memory is in the second word of its numa_maps.
policy_seen() {
	args busybox cat /proc/self/numa_maps
	output=$(rt "$@" </dev/null | awk '{ print $2 }' | sort -u)
}

@test "memory policies, for the container and for exec" {
	only_boxcar # runc 1.1 does not know them
	[ -e /proc/self/numa_maps ] || skip "this kernel has no memory policies"
	local mode flags nodes seen
	while read -r mode flags nodes seen; do
		config ".linux.memoryPolicy = {\"mode\":\"MPOL_$mode\",\"flags\":$flags,\"nodes\":\"${nodes#-}\"}"
		policy_seen run --bundle "$BUNDLE" "$ID"
		[ "$output" = "$seen" ] || { printf '%s: %s\n' "$mode" "$output"; return 1; }
	done <<-'END'
		DEFAULT [] - default
		BIND [] 0 bind:0
		INTERLEAVE [] 0 interleave:0
		PREFERRED [] 0 prefer:0
		PREFERRED [] - local
		LOCAL [] - local
		BIND ["MPOL_F_STATIC_NODES"] 0 bind=static:0
		BIND ["MPOL_F_RELATIVE_NODES"] 0-3 bind=relative:0
	END
	config '.linux.memoryPolicy = {"mode":"MPOL_BIND","nodes":"0"}'
	started
	[ "$(rt exec "$ID" busybox cat /proc/self/numa_maps </dev/null | awk '{ print $2 }' | sort -u)" = bind:0 ]
}
