# Namespaces: new ones, none, and those of others joined by path; host name, domain name, sysctl.
load harness

own() {
	readlink "/proc/self/ns/$1"
}

@test "the default namespaces are new, all others are the host's" {
	look
	for name in ipc mnt net pid uts; do
		[ "$(jq -r ".namespaces.$name" "$BATS_TEST_TMPDIR/seen")" != "$(own $name)" ]
	done
	saw .namespaces.user "$(own user)"
	saw .namespaces.time "$(own time)"
}

@test "a namespace that is not listed is the host's" {
	config '.linux.namespaces = [{"type":"mount"}] | del(.hostname)'
	config '.mounts |= map(select(.type != "sysfs" and .type != "mqueue"))'
	look
	for name in cgroup ipc net pid user uts; do
		saw .namespaces.$name "$(own $name)"
	done
	[ "$(jq -r .namespaces.mnt "$BATS_TEST_TMPDIR/seen")" != "$(own mnt)" ]
}

@test "a cgroup namespace shows the container's cgroup as the root" {
	config '.linux.namespaces |= (map(select(.type != "cgroup")) + [{"type":"cgroup"}])'
	look
	[ "$(jq -r .namespaces.cgroup "$BATS_TEST_TMPDIR/seen")" != "$(own cgroup)" ]
	saw '[.cgroups[] | split(":")[2]] | unique' '["/"]'
}

@test "namespaces of another container are joined by their paths" {
	started
	local names
	for names in ipc net uts pid; do
		local type=$names
		[ $names = net ] && type=network
		cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/kept"
		config '.linux.namespaces |= map(if .type == $type then .path = $path else . end) | del(.hostname)' \
			--arg type $type --arg path "/proc/$PID/ns/$names"
		ID=$ID-second look
		saw .namespaces.$names "$(readlink "/proc/$PID/ns/$names")"
		mv "$BATS_TEST_TMPDIR/kept" "$BUNDLE/config.json"
	done
	has_status running
}

@test "a joined namespace of the wrong kind, or no namespace at all, is an error" {
	config '.linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/uts" else . end)'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	config '.linux.namespaces |= map(if .type == "network" then .path = "/etc/passwd" else . end)'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	config '.linux.namespaces |= map(if .type == "network" then .path = "/no/such" else . end)'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	left_behind "$ID"
}

@test "host name and domain name are set" {
	config '.hostname = "ship" | .domainname = "sea.example"'
	look
	saw .hostname ship
	is_boxcar && saw .domainname sea.example # runc 1.1 does not know it
	[ "$(hostname)" != ship ]
}

@test "a host name without a uts namespace is an error" {
	config '.linux.namespaces |= map(select(.type != "uts")) | .hostname = "ship"'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	[[ $output == *hostname* ]]
	[ "$(hostname)" != ship ]
	left_behind "$ID"
}

@test "sysctls of the container's own namespaces are set" {
	local before=$(</proc/sys/net/ipv4/ip_forward)
	config '.linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.msgmax": "8193", "net.ipv4.ping_group_range": "0 0"}'
	look net.ipv4.ip_forward kernel.msgmax
	saw '.sysctl["net.ipv4.ip_forward"]' 1
	saw '.sysctl["kernel.msgmax"]' 8193
	[ "$(</proc/sys/net/ipv4/ip_forward)" = "$before" ]
}

@test "sysctls that belong to the host, or to no namespace of the container, are refused" {
	local refused before=$(</proc/sys/kernel/pid_max)
	for refused in kernel.pid_max vm.overcommit_memory fs.file-max ../kernel/pid_max kernel/../vm/swappiness; do
		config '.linux.sysctl = {($name): "1"}' --arg name "$refused"
		try rt create --bundle "$BUNDLE" "$ID"
		[ "$status" = 1 ] || { echo "accepted: $refused"; return 1; }
	done
	config '.linux.sysctl = {"net.ipv4.ip_forward": "1"} | .linux.namespaces |= map(select(.type != "network"))'
	config '.mounts |= map(select(.type != "sysfs"))'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	[ "$(</proc/sys/kernel/pid_max)" = "$before" ]
	left_behind "$ID"
}

@test "the loopback interface of a new network namespace is up" {
	in_container busybox ip addr show lo
	gave 0 "127.0.0.1/8"
	[[ $output == *UP* ]]
}

@test "a user namespace maps ids as the config says" {
	config '.linux.namespaces += [{"type":"user"}] | .linux.uidMappings = [{"containerID":0,"hostID":100000,"size":65536}] |
		.linux.gidMappings = [{"containerID":0,"hostID":200000,"size":65536}]'
	chmod -R a+rX "$BATS_TEST_TMPDIR"
	chmod a+x "$BATS_RUN_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
	look
	saw .uid.real 0
	[ "$(jq -r .namespaces.user "$BATS_TEST_TMPDIR/seen")" != "$(own user)" ]
	saw '[.dev[] | select(.path == "/dev/mqueue")] | last | [.uid, .gid, .mode]' '[0,0,"1777"]'
	in_container busybox cat /proc/self/uid_map
	[ "$(tr -s ' ' <<<"$output")" = " 0 100000 65536" ]
	in_container busybox cat /proc/self/gid_map
	[ "$(tr -s ' ' <<<"$output")" = " 0 200000 65536" ]
}

@test "stdio on the host's /dev/null keeps its owner in a user namespace" {
	config '.linux.namespaces += [{"type":"user"}] | .linux.uidMappings = [{"containerID":0,"hostID":100000,"size":65536}] |
		.linux.gidMappings = [{"containerID":0,"hostID":100000,"size":65536}]'
	chmod -R a+rX "$BATS_TEST_TMPDIR"
	chmod a+x "$BATS_RUN_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
	local before=$(stat -c %u:%g /dev/null)
	args /probe true
	rt run --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>/dev/null
	[ "$(stat -c %u:%g /dev/null)" = "$before" ]
}

# --- clocks -----------------------------------------------------------------------------------------------------------

# Whole seconds of a clock's offset as the namespace of a process has them.
offsets_of() {
	awk '{ print $1, $2, $3 }' "/proc/$1/timens_offsets"
}

with_clocks() {
	only_boxcar # runc 1.1 does not know them
	[ -e /proc/self/ns/time ] || skip "this kernel has no time namespaces"
	config '.linux.namespaces += [{"type":"time"}]'
	[ $# -eq 0 ] || config ".linux.timeOffsets = $1"
}

in_user_namespace() {
	config '.linux.namespaces += [{"type":"user"}] | .linux.uidMappings = [{"containerID":0,"hostID":100000,"size":65536}] |
		.linux.gidMappings = [{"containerID":0,"hostID":100000,"size":65536}]'
	chmod -R a+rX "$BATS_TEST_TMPDIR"
	chmod a+x "$BATS_RUN_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
}

uptime_of() {
	cut -d. -f1 /proc/uptime
}

@test "a new time namespace has the clocks of the host" {
	with_clocks
	started
	[ "$(readlink "/proc/$PID/ns/time")" != "$(own time)" ]
	[ "$(offsets_of "$PID")" = $'monotonic 0 0\nboottime 0 0' ]
}

@test "clocks of a new time namespace, for the container and for exec" {
	with_clocks '{"monotonic":{"secs":86400,"nanosecs":5},"boottime":{"secs":1000000}}'
	started
	[ "$(offsets_of "$PID")" = $'monotonic 86400 5\nboottime 1000000 0' ]
	[ "$(readlink "/proc/$PID/ns/time")" != "$(own time)" ]
	[ "$(readlink "/proc/$PID/ns/time")" = "$(readlink "/proc/$PID/ns/time_for_children")" ]
	run rt exec "$ID" busybox cut -d. -f1 /proc/uptime
	[ "$output" -ge "$(($(uptime_of) + 1000000 - 60))" ]
	[ "$(uptime_of)" -lt 1000000 ] || [ "$output" -ge 2000000 ]
	rt exec "$ID" /probe json </dev/null >"$BATS_TEST_TMPDIR/seen"
	saw .namespaces.time "$(readlink "/proc/$PID/ns/time")"
	has_status running
}

@test "one clock alone, and back in time" {
	with_clocks '{"boottime":{"secs":-1,"nanosecs":500000000}}'
	started
	[ "$(offsets_of "$PID")" = $'monotonic 0 0\nboottime -1 500000000' ]
}

@test "clocks in a user namespace belong to it" {
	with_clocks '{"monotonic":{"secs":7},"boottime":{"secs":8}}'
	in_user_namespace
	started
	[ "$(offsets_of "$PID")" = $'monotonic 7 0\nboottime 8 0' ]
	[ "$(readlink "/proc/$PID/ns/user")" != "$(own user)" ]
	[ "$(readlink "/proc/$PID/ns/time")" != "$(own time)" ]
	run rt exec "$ID" busybox cat /proc/self/uid_map
	[ "$(tr -s ' ' <<<"$output")" = " 0 100000 65536" ]
	# the user namespace owns it: its own root may enter it again
	nsenter --user="/proc/$PID/ns/user" --preserve-credentials --time="/proc/$PID/ns/time" true
}

@test "an ordinary user's container has clocks too" {
	with_clocks '{"boottime":{"secs":7000000}}'
	local home=$(mktemp -d /tmp/life-user.XXXXXX)
	config '(.linux.uidMappings, .linux.gidMappings) = [{"containerID":0,"hostID":1000,"size":1}] |
		.linux.namespaces |= map(select(.type != "cgroup")) + [{"type":"user"}] | del(.linux.resources) |
		.mounts |= map(select(.type != "cgroup")) | (.mounts[] | select(.type == "devpts")).options -= ["gid=5"]'
	args busybox cat /proc/self/timens_offsets
	cp "$RUNTIME" "$home/boxcar"
	mv "$BUNDLE" "$home/bundle"
	chown -R 1000:1000 "$home"
	run setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all "$home/boxcar" --root "$home/state" \
		run --bundle "$home/bundle" "$ID"
	rm -rf "$home"
	gave 0 boottime
	[ "$(awk '$1 == "boottime" { print $2 }' <<<"$output")" = 7000000 ]
}

@test "hooks of the runtime keep the host's clocks" {
	with_clocks '{"boottime":{"secs":1000000000}}'
	config '.hooks = {"createRuntime":[{"path":"/bin/sh","args":["sh","-c","readlink /proc/self/ns/time >$0","'"$BATS_TEST_TMPDIR/ns"'"]}]}'
	started
	[ "$(<"$BATS_TEST_TMPDIR/ns")" = "$(own time)" ]
}

@test "clocks that go too far are refused with their place" {
	with_clocks '{"monotonic":{"secs":-100000000000}}'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	[[ $output == *timens_offsets*/linux/timeOffsets*config.json:* ]]
	config '.linux.timeOffsets = {"monotonic":{"nanosecs":1000000000}}'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	[[ $output == */linux/timeOffsets/monotonic/nanosecs* ]]
	left_behind "$ID"
}

@test "clocks without a new time namespace are refused" {
	only_boxcar
	config '.linux.timeOffsets = {"monotonic":{"secs":1}}'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	[[ $output == *"no time namespace"* ]]
	config '.linux.namespaces += [{"type":"time","path":"/proc/self/ns/time"}]'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	[[ $output == *"joined"* ]]
	left_behind "$ID"
}

# --- joined -----------------------------------------------------------------------------------------------------------

@test "the time namespace of another container is joined by its path" {
	with_clocks '{"boottime":{"secs":5}}'
	started
	config '.linux.namespaces |= map(if .type == "time" then .path = $path else . end) | del(.linux.timeOffsets)' \
		--arg path "/proc/$PID/ns/time"
	ID=$ID-second look
	saw .namespaces.time "$(readlink "/proc/$PID/ns/time")"
	in_user_namespace
	ID=$ID-third look
	saw .namespaces.time "$(readlink "/proc/$PID/ns/time")"
}

@test "the user namespace of another container is joined by its path, with and without its others" {
	only_boxcar
	with_clocks '{"boottime":{"secs":5}}'
	in_user_namespace
	started
	config '.linux.namespaces |= map(if .type == "user" then .path = $path else . end) | del(.linux.timeOffsets)' \
		--arg path "/proc/$PID/ns/user"
	ID=$ID-second look
	saw .namespaces.user "$(readlink "/proc/$PID/ns/user")"
	saw .uid.real 0
	config '.linux.timeOffsets = {"boottime":{"secs":6}}'
	ID=$ID-third look
	saw .namespaces.user "$(readlink "/proc/$PID/ns/user")"
	config 'del(.linux.timeOffsets, .hostname) | .linux.namespaces |= map(
		({network: "net", ipc: "ipc", uts: "uts", time: "time", pid: "pid"}[.type]) as $name |
		if $name then .path = $path + $name else . end)' --arg path "/proc/$PID/ns/"
	ID=$ID-fourth look
	local name
	for name in user net ipc uts time pid; do
		saw .namespaces.$name "$(readlink "/proc/$PID/ns/$name")"
	done
	has_status running
}
