# Intel RDT: classes of cache and memory bandwidth in resctrl. Where there is none, asking for one is an error.
load harness

eval "common_$(declare -f teardown)"

# Few machines have resctrl. Here a directory is called one, by a mountinfo of the runtime's own: made_up DIRECTORY [MOUNT-IT-STANDS-FOR]
made_up() {
	REAL=$RUNTIME RUNTIME=$BATS_TEST_TMPDIR/boxcar
	cat >"$RUNTIME" <<-END
		#!/bin/bash
		awk '\$5 != "${2-}"' /proc/self/mountinfo >$BATS_TEST_TMPDIR/mountinfo.\$\$
		echo '999 1 0:99 / $1 rw - resctrl resctrl rw' >>$BATS_TEST_TMPDIR/mountinfo.\$\$
		exec unshare --mount --propagation private sh -c 'mount --bind "\$0" /proc/\$\$/mountinfo && exec "\$@"' \
			$BATS_TEST_TMPDIR/mountinfo.\$\$ $REAL "\$@"
	END
	chmod +x "$RUNTIME"
}

# Its directories, which fill themselves and go with what is in them, are played by those of a hierarchy of cgroup v1.
made_up_of_cgroups() {
	at=/sys/fs/cgroup/pids
	[ -e $at/tasks ] || skip "this host has no cgroup v1 to make one up of"
	[ -z "$(resctrl)" ] || skip "this host has a resctrl of its own"
	made_up $at $at
	GOLD=$at/rdt-$$-$BATS_TEST_NUMBER
	mkdir -p "$GOLD/mon_groups"
}

teardown() {
	local status=0
	common_teardown || status=1
	[ -z "${GOLD-}" ] || rmdir "$GOLD/mon_groups" "$GOLD" # nothing of the container's is in there
	return $status
}

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
	# beside a file, too: that has no property for it
	run rt update --resources - --mem-bw-schema "MB:0=20" "$ID" <<<'{"pids":{"limit":30}}'
	gave 1 "it was created without intelRdt"
	[ "$(<"$(cgroup_file pids pids.max pids.max)")" = 20 ]
}

@test "made up: a class that is there is compared, written and entered, and stays" {
	only_boxcar
	[ -z "$(resctrl)" ] || skip "this host has a resctrl of its own"
	local class=$BATS_TEST_TMPDIR/resctrl/gold
	made_up "$BATS_TEST_TMPDIR/resctrl"
	mkdir -p "$class"
	printf 'L3:0=7f0;1=01f\nMB:0= 20\n' >"$class/schemata"
	: >"$class/tasks"
	config '.linux.intelRdt = {"closID":"gold","l3CacheSchema":"L3:1=1f","memBwSchema":"MB:0=20"}'
	started
	[ "$(<"$class/tasks")" = "$PID" ]
	run rt exec "$ID" /bin/sh -c 'busybox awk "/^NSpid:/ { print \$2 }" /proc/self/status'
	gave 0
	[ "$(<"$class/tasks")" != "$PID" ] # exec's
	rt update --l3-cache-schema "L3:0=0f0;1=00f" "$ID"
	[ "$(head -n 1 "$class/schemata")" = "L3:0=0f0;1=00f" ]
	rt update --mem-bw-schema "MB:0=070;1=0070" "$ID"
	[ "$(head -n 1 "$class/schemata")" = "MB:0=070;1=0070" ]
	rt delete --force "$ID"
	[ -e "$class" ]
	config '.linux.intelRdt = {"closID":"gold","memBwSchema":"MB:0=30"}'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "the class $class exists, and is not MB:0=30"
	[[ $output == *"(/linux/intelRdt"* ]]
	left_behind "$ID"
	config '.linux.intelRdt = {"closID":"gold","schemata":["L2:0=f"]}'
	started
	[ "$(head -n 1 "$class/schemata")" = "L2:0=f" ]
	rt delete --force "$ID"
	config '.linux.intelRdt = {"closID":"none"}'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "find the class $BATS_TEST_TMPDIR/resctrl/none"
	[ ! -e "$BATS_TEST_TMPDIR/resctrl/none" ]
}

@test "made up: a class of the container's own comes and goes with it, and a failed create leaves none" {
	only_boxcar
	made_up_of_cgroups
	config '.linux.intelRdt = {}'
	started
	grep -qx "$PID" "$at/$ID/tasks"
	rt exec --detach --pid-file "$BATS_TEST_TMPDIR/other" "$ID" /probe sleep 600
	grep -qx "$(<"$BATS_TEST_TMPDIR/other")" "$at/$ID/tasks"
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	grep -qx "$PID" "$at/$ID/tasks" # that of the one who was here first
	rt delete --force "$ID"
	[ ! -e "$at/$ID" ]
	mkdir "$at/$ID"
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "somebody else's class has the container's name"
	rmdir "$at/$ID"
	config '.mounts += [{"destination":"/x","type":"bind","source":"/no/such","options":["bind"]}]'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 /no/such
	[ ! -e "$at/$ID" ]
	config 'del(.mounts[-1]) | .linux.intelRdt = {"l3CacheSchema":"L3:0=f"}'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "write L3:0=f to $at/$ID/schemata"
	[ ! -e "$at/$ID" ]
}

@test "made up: monitoring is a group of the container's within its class" {
	only_boxcar
	made_up_of_cgroups
	config '.linux.intelRdt = {"closID":$name,"enableMonitoring":true}' --arg name "${GOLD##*/}"
	started
	grep -qx "$PID" "$GOLD/mon_groups/$ID/tasks"
	rt delete --force "$ID"
	[ ! -e "$GOLD/mon_groups/$ID" ]
	[ -e "$GOLD/tasks" ]
	config '.mounts += [{"destination":"/x","type":"bind","source":"/no/such","options":["bind"]}]'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 /no/such
	[ ! -e "$GOLD/mon_groups/$ID" ]
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
