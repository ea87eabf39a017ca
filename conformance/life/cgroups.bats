# cgroups: where they are, what is limited, that they go away; on the host as it is and in private v1 and v2 views.
load harness

# The directory in one hierarchy: at CONTROLLER
at() {
	local found
	found=$(cgroup_file "$1" cgroup.procs cgroup.procs) && echo "${found%/*}"
}

limit_is() {
	local file
	file=$(cgroup_file "$1" "$2" "$3") || { echo "no file $2 or $3"; return 1; }
	case ${file##*/} in
	"$2") [ "$(<"$file")" = "$4" ] || { echo "$file: $(<"$file")"; return 1; } ;;
	*) [ "$(<"$file")" = "${5-$4}" ] || { echo "$file: $(<"$file")"; return 1; } ;;
	esac
}

@test "the process is in the container's cgroup of every hierarchy, and delete removes them all" {
	started
	local line
	while IFS=: read -r _ controllers path; do
		[[ $path == *"$ID"* ]] || { echo "not in $controllers: $path"; return 1; }
	done <"/proc/$PID/cgroup"
	rt delete --force "$ID"
	left_behind "$ID"
}

@test "cgroupsPath is taken as it is, absolute or relative" {
	local path
	for path in "/life-parent-$ID/one" "life-parent-$ID/two"; do
		config '.linux.cgroupsPath = $path' --arg path "$path"
		started
		grep -q "/life-parent-$ID/${path##*/}\$" "/proc/$PID/cgroup"
		rt delete --force "$ID"
		[ -z "$(cgroups_of "${path##*/}" | grep "life-parent-$ID" || true)" ]
	done
	find /sys/fs/cgroup -depth -type d -name "life-parent-$ID" -exec rmdir {} +
}

@test "a cgroupsPath cannot climb" {
	config '.linux.cgroupsPath = "/../../life-climb-\($id)/../x"' --arg id "$ID"
	try rt create --bundle "$BUNDLE" "$ID"
	[ ! -e "/sys/fs/life-climb-$ID" ]
	[ ! -e /sys/x ]
	is_boxcar && [ "$status" = 1 ] || rt delete -f "$ID"
	find /sys/fs/cgroup -depth -type d \( -name "*life-climb-$ID" -o -name x \) -exec rmdir {} + 2>/dev/null || true
}

@test "memory and pids limits" {
	config '.linux.resources.memory = {"limit":67108864,"reservation":33554432} | .linux.resources.pids = {"limit":20}'
	started
	limit_is memory memory.max memory.limit_in_bytes 67108864
	limit_is memory memory.low memory.soft_limit_in_bytes 33554432
	limit_is pids pids.max pids.max 20
}

@test "the pids limit holds" {
	config '.linux.resources.pids = {"limit":10}'
	args /probe fork 50
	output=$(rt run --bundle "$BUNDLE" "$ID" </dev/null)
	[ "$output" -lt 10 ]
	[ "$output" -ge 5 ]
	left_behind "$ID"
}

@test "the memory limit holds, and a payload within it runs" {
	config '.linux.resources.memory = {"limit":33554432,"swap":33554432}'
	in_container /probe memory 8
	gave 0 "touched 8"
	in_container /probe memory 200
	gave 137
	left_behind "$ID"
}

@test "cpu shares, quota and period" {
	config '.linux.resources.cpu = {"shares":512,"quota":50000,"period":100000}'
	started
	if is_pure_v2_host; then
		limit_is cpu cpu.max - "50000 100000"
		limit_is cpu cpu.weight - 59 # on the curve through 2:1, 1024:100 and 262144:10000
	else
		limit_is cpu - cpu.shares - 512
		limit_is cpu - cpu.cfs_quota_us - 50000
		limit_is cpu - cpu.cfs_period_us - 100000
	fi
}

@test "cpuset" {
	config '.linux.resources.cpu = {"cpus":"0","mems":"0"}'
	look
	saw .cpus '[0]'
}

@test "limits that do not exist or cannot be are errors that name them" {
	config '.linux.resources.cpu = {"cpus":"99999"}'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	[[ $output == *cpuset* ]]
	config '.linux.resources = {"unified":{"no.such":"1"}}'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	config '.linux.resources = {"unified":{"../x":"1"}}'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	left_behind "$ID"
	[ -z "$(ls -A "$ROOT")" ]
}

@test "a cgroup that already holds a process is refused" {
	only_boxcar
	local other=/sys/fs/cgroup/pids/life-taken-$ID
	is_pure_v2_host && other=/sys/fs/cgroup/life-taken-$ID
	mkdir "$other"
	sleep 600 3>&- &
	echo $! >"$other/cgroup.procs"
	config '.linux.cgroupsPath = $path' --arg path "/life-taken-$ID"
	try rt create --bundle "$BUNDLE" "$ID"
	kill $!
	wait $! || true
	rmdir "$other"
	[ "$status" = 1 ]
	left_behind "$ID"
}

@test "another state directory's container in the same cgroup outlives kill --all and delete of one that has stopped" {
	only_boxcar
	local other="$ROOT.other" pid view
	for view in host v2; do
		! is_pure_v2_host || [ "$view" = host ] || continue
		VIEW=$view
		config '.linux.cgroupsPath = $path | .process.args = ["/probe", "sleep", "600"]' --arg path "/life-shared-$ID"
		rt create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&-
		rt kill "$ID" KILL
		eventually has_status stopped
		rt --root "$other" run --detach --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&-
		pid=$(rt --root "$other" state "$ID" | jq .pid)
		run rt kill --all "$ID" KILL
		run rt delete --force "$ID"
		gave 0 "cgroup /life-shared-$ID stays as it is: process $pid of another container is in it"
		[ ! -e "$ROOT/$ID" ]
		[ "$(rt --root "$other" state "$ID" | jq -r .status)" = running ]
		rt --root "$other" delete --force "$ID"
		left_behind "life-shared-$ID"
		[ -z "$(ls -A "$other")" ]
	done
}

@test "delete removes cgroups that the payload made below its own" {
	started
	local directory
	directory=$(at pids)
	mkdir -p "$directory/below/deeper"
	rt delete --force "$ID"
	left_behind "$ID"
}

@test "--cgroup-manager disabled makes none" {
	only_boxcar
	args /probe json
	"$RUNTIME" --root "$ROOT" --cgroup-manager disabled run --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/seen"
	saw '[.cgroups[] | select(contains("'"$ID"'"))] | length' 0
}

# systemd.bats has what is where there is one.
@test "without a systemd to make the cgroup the error names its sockets and the other way" {
	only_boxcar
	[ ! -e /run/systemd/private ] || skip "this host has a systemd"
	for word in --systemd-cgroup --cgroup-manager=systemd; do
		run "$RUNTIME" --root "$ROOT" "$word" run --bundle "$BUNDLE" "$ID"
		gave 1 "reach systemd at /run/systemd/private or its bus: No such file or directory"
		[[ $output == *"--cgroup-manager cgroupfs"* ]]
	done
	run "$RUNTIME" --root "$ROOT" --rootless true --systemd-cgroup run --bundle "$BUNDLE" "$ID"
	gave 1 "reach the user's systemd by DBUS_SESSION_BUS_ADDRESS or XDG_RUNTIME_DIR"
	[[ $output == *"enable-linger"* ]]
	[ ! -e "$ROOT/$ID" ]
	left_behind "$ID"
}

@test "boxcar-systemd that is not installed, or gone, is an error that names it" {
	only_boxcar
	local at=$BATS_TEST_TMPDIR/alone
	mkdir "$at"
	cp "$RUNTIME" "$at/boxcar"
	run "$at/boxcar" --root "$ROOT" --systemd-cgroup run --bundle "$BUNDLE" "$ID"
	gave 1 "find boxcar-systemd in $at"
	printf '#!/bin/sh\nexit 1\n' >"$at/boxcar-systemd"
	chmod +x "$at/boxcar-systemd"
	run "$at/boxcar" --root "$ROOT" --systemd-cgroup run --bundle "$BUNDLE" "$ID"
	gave 1 "boxcar-systemd died, or is not of this release"
	printf '#!/bin/sh\nkill -KILL $$\n' >"$at/boxcar-systemd"
	run "$at/boxcar" --root "$ROOT" --systemd-cgroup run --bundle "$BUNDLE" "$ID"
	gave 1 "boxcar-systemd died, or is not of this release"
	[ ! -e "$ROOT/$ID" ]
	left_behind "$ID"
}

# --- the private views ---

@test "v1 view: the whole life, with limits" {
	view v1
	config '.linux.resources.memory = {"limit":67108864} | .linux.resources.pids = {"limit":20}'
	started
	limit_is memory - memory.limit_in_bytes - 67108864
	[ -z "$(grep '^0::' "/proc/$PID/cgroup" | grep "$ID" || true)" ]
	run rt exec "$ID" /probe echo in v1
	gave 0 "in v1"
	rt kill "$ID" KILL
	eventually has_status stopped
	rt delete "$ID"
	left_behind "$ID"
}

@test "v2 view: the whole life, with the device list" {
	view v2
	config '.linux.resources = {"devices":[{"allow":false,"access":"rwm"},{"allow":true,"type":"c","major":1,"minor":3,"access":"rw"}]}'
	mknod "$BUNDLE/rootfs/other" c 240 77
	started
	grep -q "^0::.*$ID" "/proc/$PID/cgroup"
	run rt exec "$ID" /probe call open /other 0
	gave 0 EPERM
	run rt exec "$ID" /bin/sh -c 'echo x >/dev/null && echo written'
	gave 0 written
	rt kill "$ID" KILL
	eventually has_status stopped
	rt delete "$ID"
	left_behind "$ID"
}

@test "v2 view: run, and delete --force with children" {
	view v2
	in_container /probe echo in v2
	gave 0 "in v2"
	started /probe fork 5
	rt delete --force "$ID"
	left_behind "$ID"
}

# As before 5.14, from now on: the file cannot be written where the runtime looks.
without_cgroup_kill() {
	REAL=$RUNTIME RUNTIME=$BATS_TEST_TMPDIR/boxcar
	cat >"$RUNTIME" <<-END
		#!/bin/sh
		exec unshare --mount --propagation private sh -c '
			for file in \$(find /sys/fs/cgroup -path "*$ID*" -name cgroup.kill); do
				mount --bind "\$file" "\$file" && mount -o remount,bind,ro "\$file" && echo "\$file" >>$BATS_TEST_TMPDIR/covered || exit 1
			done
			exec "\$@"' sh $REAL "\$@"
	END
	chmod +x "$RUNTIME"
}

@test "v2 view: delete --force ends what shares the host's pid namespace, also without cgroup.kill" {
	view v2
	config '.linux.namespaces |= map(select(.type != "pid"))'
	local procs members member way
	has_members() { mapfile -t members <"$procs" && [ ${#members[@]} = 4 ]; }
	for way in with without; do
		started /bin/sh -c '/probe orphan 3; exec /probe sleep 600'
		procs=$(cgroup_file none cgroup.procs -)
		eventually has_members
		[ $way = with ] || without_cgroup_kill
		rt delete --force "$ID"
		for member in "${members[@]}"; do
			eventually is_gone "$member"
		done
		left_behind "$ID"
	done
	! has_kernel 5.14 || [ -s "$BATS_TEST_TMPDIR/covered" ]
}

@test "v2 view: the cgroup mount is a cgroup2" {
	view v2
	config '.linux.namespaces |= (map(select(.type != "cgroup")) + [{"type":"cgroup"}])'
	look
	mount_at /sys/fs/cgroup .type cgroup2
}

@test "v2 view: a frozen container is deleted" {
	view v2
	started
	local directory=/sys/fs/cgroup/unified
	[ -d $directory ] || directory=/sys/fs/cgroup
	directory=$(find $directory -type d -name "*$ID*" | head -n 1)
	echo 1 >"$directory/cgroup.freeze"
	timeout 10 env "$RUNTIME" --version >/dev/null
	rt delete --force "$ID"
	left_behind "$ID"
}

@test "a frozen v1 container is deleted" {
	view v1
	started
	echo FROZEN >"$(at freezer)/freezer.state"
	rt delete --force "$ID"
	left_behind "$ID"
}

@test "a limit that cannot be written is told with its place" {
	only_boxcar
	config '.linux.resources = {"cpu":{"cpus":"8000"}}'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	[[ $output == */linux/resources/cpu/cpus*config.json:*:* ]]
	left_behind "$ID"
}
