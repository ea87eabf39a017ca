# Intel RDT: classes of cache and memory bandwidth in resctrl. Where there is none, asking for one is an error.
load harness

resctrl() {
	awk '$3 == "resctrl" { print $2; exit }' /proc/mounts
}

@test "without a mounted resctrl it is an error, and nothing is left" {
	[ -z "$(resctrl)" ] || skip "this host has a mounted resctrl"
	config '.linux.intelRdt = {"closID":"gold","l3CacheSchema":"L3:0=f"}'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	if is_boxcar; then gave 1 "/linux/intelRdt: no resctrl file system is mounted"; fi
	left_behind "$ID"
	[ -z "$(ls -A "$ROOT" 2>/dev/null)" ]
}

@test "a class's name cannot lead elsewhere" {
	only_boxcar
	for name in ../x a/b . .. info mon_groups ""; do
		config '.linux.intelRdt = {"closID":$name}' --arg name "$name"
		try rt create --bundle "$BUNDLE" "$ID"
		gave 1 "/linux/intelRdt/closID"
	done
}

@test "update of a container without a class says so, and changes nothing" {
	only_boxcar
	config '.linux.resources.pids = {"limit":20}'
	started
	run rt update --pids-limit 30 --l3-cache-schema "L3:0=f" "$ID"
	gave 1 "it was created without intelRdt"
	[ "$(<"$(cgroup_file pids pids.max pids.max)")" = 20 ]
}

@test "a class of the container's own comes and goes with it" {
	local at
	at=$(resctrl)
	[ -n "$at" ] || return 0 # the first test has told
	config '.linux.intelRdt = {"enableMonitoring":true}'
	started
	grep -qx "$PID" "$at/$ID/tasks"
	[ -d "$at/$ID/mon_groups/$ID" ]
	rt delete --force "$ID"
	[ ! -e "$at/$ID" ]
}
