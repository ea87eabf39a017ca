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
