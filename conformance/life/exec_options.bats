# exec: what its options make of the process, and where it goes.
load harness

exec_look() {
	rt exec "$@" "$ID" /probe json </dev/null >"$BATS_TEST_TMPDIR/seen"
}

@test "additional groups, beside those of the configuration" {
	config '.process.user.additionalGids = [8]'
	started
	exec_look -g 100 -g 4294967294
	saw '.groups | sort' '[8,100,4294967294]'
	exec_look --user 1000 -g 101
	saw '.groups | sort' '[8,101]'
	local group
	for group in 4294967295 -1 staff "" 1,2 ' 1'; do
		run rt exec --additional-gids="$group" "$ID" /probe true
		[ "$status" = 255 ] || { is_boxcar && echo "accepted: $group" && return 1; }
		is_boxcar && [[ $output == *additional-gids* ]]
	done
}

@test "a capability more, for root and for another user" {
	only_boxcar # runc gives another user none
	config '.process.capabilities |= map_values(["CAP_KILL"]) | .process.capabilities.ambient = []'
	started
	exec_look --cap CAP_CHOWN
	saw '[.capabilities.bounding, .capabilities.effective]' '["0000000000000021","0000000000000021"]'
	exec_look --cap CAP_CHOWN -c CAP_NET_RAW --user 1000
	saw .capabilities.effective 0000000000002001
	exec_look --user 1000
	saw .capabilities.effective 0000000000000000
	run rt exec --cap CAP_NOTHING "$ID" /probe true
	gave 255 'there is no such capability'
}

@test "no new privileges, by option" {
	config '.process.noNewPrivileges = false'
	started
	exec_look
	saw .noNewPrivileges false
	exec_look --no-new-privs
	saw .noNewPrivileges true
}

@test "options also change a process from a file" {
	only_boxcar # runc ignores them
	started
	jq -n '{"args":["/probe","json"],"cwd":"/tmp","env":["X=y","Z=z"],"user":{"uid":5,"gid":6}}' >"$BATS_TEST_TMPDIR/process.json"
	rt exec --process "$BATS_TEST_TMPDIR/process.json" --user 7:8 --cwd / --env X=n "$ID" </dev/null >"$BATS_TEST_TMPDIR/seen"
	saw '[.uid.real, .gid.real, .cwd]' '[7,8,"/"]'
	saw '[.env[] | select(startswith("HOME=") | not)] | sort' '["X=n","Z=z"]'
	run rt exec --process "$BATS_TEST_TMPDIR/process.json" "$ID" /probe true
	gave 255 "both a command and --process"
}

@test "a variable that is set again has one value" {
	config '.process.env = ["A=old", "B=keep"]'
	started
	exec_look -e A=1 -e A=2 -e AB=3
	saw '[.env[] | select(startswith("HOME=") | not)] | sort' '["A=2","AB=3","B=keep"]'
	only_boxcar
	local variable
	for variable in "" = =x NAME; do
		run rt exec --env="$variable" "$ID" /probe true
		gave 255 "must be NAME=VALUE"
	done
}

@test "a directory that is not absolute" {
	only_boxcar
	started
	run rt exec --cwd tmp "$ID" /probe true
	gave 255 "must be an absolute path"
}

@test "preserved descriptors, and no other" {
	started
	exec 7<"$BUNDLE/config.json" 8<"$BUNDLE/config.json"
	rt exec --preserve-fds 2 "$ID" /probe json </dev/null 3</dev/null 4</dev/zero >"$BATS_TEST_TMPDIR/seen"
	saw '.descriptors | keys' '["0","1","2","3","4"]'
	saw '.descriptors["4"]' /dev/zero
	exec 7<&- 8<&-
	only_boxcar
	run bash -c 'exec "$@" 3<&- 4<&- 5<&-' bash "$RUNTIME" --root "$ROOT" exec --preserve-fds 1 "$ID" /probe true
	gave 255 "--preserve-fds 1: descriptor 3: bad file descriptor"
}

@test "an AppArmor profile that this host does not know is refused, not forgotten" {
	only_boxcar
	started
	run rt exec --apparmor no-such-profile "$ID" /probe true
	gave 255 apparmor
	has_status running
}

# A cgroup below, that takes processes: on v1 a new cpuset is empty.
make_below() {
	local file
	mkdir "$1/below"
	for file in cpuset.cpus cpuset.mems; do
		[ ! -e "$1/below/$file" ] || cat "$1/$file" >"$1/below/$file"
	done
}

# In a cgroup namespace, whose root is the container's cgroup: is_in CONTROLLER NAME
is_in() {
	saw ".cgroups as \$all | [.cgroups[] | select(test(\"[:,]$1[:,]\"))] | if length == 0 then [\$all[] | select(test(\"^0:\"))] else . end
		| [.[] | split(\"/\") | last] | unique" "[\"$2\"]"
}

@test "a cgroup below the container's" {
	started
	local path directory
	while read -r path; do
		make_below "$path"
	done < <(cgroups_of "$ID")
	exec_look --cgroup below
	is_in memory below
	is_in pids below
	exec_look --cgroup /below/
	is_in memory below
	is_in pids below
	exec_look --cgroup /
	is_in memory ""
	is_in pids ""
	only_boxcar
	for path in ../x below/../.. ./below a//b; do
		run rt exec --cgroup "$path" "$ID" /probe true
		gave 255 "component"
	done
	run rt exec --cgroup missing "$ID" /probe true
	gave 255 "no such file or directory"
	find /sys/fs/cgroup -depth -type d -path "*$ID/below" -exec rmdir {} +
}

@test "a cgroup below the container's, of one controller" {
	view v1
	started
	local path=$(cgroups_of "$ID" | grep /memory/)
	make_below "$path"
	exec_look --cgroup memory:below
	is_in memory below
	is_in pids ""
	rmdir "$path/below"
	only_boxcar
	run rt exec --cgroup nonsense:below "$ID" /probe true
	gave 255 "no cgroup controller nonsense"
}

@test "on cgroup v2 a path has no controllers" {
	only_boxcar
	view v2
	started
	run rt exec --cgroup memory:below "$ID" /probe true
	gave 255 "cgroup v2 has no controllers apart"
}

# As systemd does in a container that it is the first process of.
@test "exec goes where the container has moved itself" {
	only_boxcar
	view v2
	started
	local path
	path=$(cgroups_of "$ID" | grep -m 1 .)
	grep -q . "$path/cgroup.controllers" || grep -q . /sys/fs/cgroup/unified/cgroup.controllers || skip "this host's cgroup v2 has no controllers"
	local word
	word=$(awk '{ print $1 }' /sys/fs/cgroup/unified/cgroup.controllers 2>/dev/null || awk '{ print $1 }' /sys/fs/cgroup/cgroup.controllers)
	grep -q "$word" "${path%/*}/cgroup.subtree_control" || skip "the container's cgroup is given no controllers"
	mkdir "$path/init.scope"
	echo "$PID" >"$path/init.scope/cgroup.procs"
	echo "+$word" >"$path/cgroup.subtree_control"
	exec_look
	saw '.cgroups | map(select(contains("init.scope"))) | length' 1
}

@test "on a hybrid host exec goes where the container has moved itself on v2" {
	only_boxcar
	! is_pure_v2_host || skip "this host has only cgroup v2"
	config '.linux.cgroupsPath = $ARGS.positional[0] | del(.linux.resources)' --args -- "/$ID"
	started
	local at=/sys/fs/cgroup/unified/$ID
	mkdir "$at/moved"
	echo "$PID" >"$at/moved/cgroup.procs"
	# only now the container's own cgroup takes no process
	[ -n "$(<"$at/cgroup.controllers")" ]
	sed 's/[^ ]*/+&/g' "$at/cgroup.controllers" >"$at/cgroup.subtree_control"
	rt exec "$ID" /bin/sh -c 'cat /proc/self/cgroup' </dev/null >"$BATS_TEST_TMPDIR/in"
	grep -x 0::/moved "$BATS_TEST_TMPDIR/in"
	grep -q ':pids:/$' "$BATS_TEST_TMPDIR/in"
	# unless it was told where to go
	run rt exec --cgroup / "$ID" /probe true
	gave 255 "lets a cgroup that gives controllers to others hold no processes"
}

@test "in a paused container exec waits when told so" {
	only_boxcar # runc's process is frozen at once
	started
	local frozen
	frozen=$(cgroups_of "$ID" | grep /freezer/ || true)
	[ -n "$frozen" ] || skip "this host has no v1 freezer"
	echo FROZEN >"$frozen/freezer.state"
	eventually grep -q FROZEN "$frozen/freezer.state"
	run rt exec "$ID" /probe true
	gave 255 "cannot exec in a paused container"
	rt exec --ignore-paused "$ID" /probe echo thawed >"$BATS_TEST_TMPDIR/said" 3>&- &
	local waiting=$!
	[ ! -s "$BATS_TEST_TMPDIR/said" ]
	kill -0 $waiting
	echo THAWED >"$frozen/freezer.state"
	wait $waiting
	grep thawed "$BATS_TEST_TMPDIR/said"
}

@test "exec hands out its process's pidfd" {
	started
	python3 "$BATS_TEST_DIRNAME/receive.py" "$BATS_TEST_TMPDIR/s" >"$BATS_TEST_TMPDIR/received" 3>&- &
	eventually grep -q listening "$BATS_TEST_TMPDIR/received"
	rt exec --detach --pidfd-socket "$BATS_TEST_TMPDIR/s" --pid-file "$BATS_TEST_TMPDIR/exec-pid" "$ID" /probe sleep 600 >/dev/null 2>&1
	wait $!
	grep -x "received setns pid $(<"$BATS_TEST_TMPDIR/exec-pid")" "$BATS_TEST_TMPDIR/received"
	run rt exec --pidfd-socket "$BATS_TEST_TMPDIR/none" "$ID" /probe true
	gave 255 "no such file or directory"
}
