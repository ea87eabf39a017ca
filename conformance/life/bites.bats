# Limits bite: what a limit forbids does not happen. Whether the file holds the value is cgroups.bats' and limits.bats' matter.
load harness

# One number of a file with lines "NAME VALUE": counted CONTROLLER V2-FILE V1-FILE NAME
counted() {
	awk -v name="$4" '$1 == name { print $2 }' "$(cgroup_file "$1" "$2" "$3")"
}

has_counted() {
	local least=$1
	shift
	[ "$(counted "$@")" -ge "$least" ]
}

# A block device of the test's own, as NAME; what it is made of lies in memory.
loop_device() {
	truncate -s 8M "$BATS_TEST_TMPDIR/disk"
	losetup --find --show "$BATS_TEST_TMPDIR/disk"
}

@test "memory: what passes the limit is killed, and the container has stopped" {
	config '.linux.resources.memory = {"limit":33554432,"swap":33554432}'
	config '.root.readonly = false'
	started /bin/sh -c '/probe memory 200; echo $? >/tmp/code; exec /probe sleep 600'
	eventually test -s "$BUNDLE/rootfs/tmp/code"
	[ "$(<"$BUNDLE/rootfs/tmp/code")" = 137 ]
	has_counted 1 memory memory.events memory.oom_control oom_kill
	has_status running
	rt delete --force "$ID"
	started /probe memory 200
	eventually has_status stopped
}

@test "memory: state and the message of run tell what was killed, with limit and peak" {
	only_boxcar
	config '.linux.resources.memory = {"limit":33554432,"swap":33554432}'
	args /probe memory 200
	run rt run --bundle "$BUNDLE" "$ID"
	gave 137 "a process of $ID was killed for memory: the limit is 33554432 bytes"
	[[ $output == *"raise /linux/resources/memory/limit"* ]]
	local peak=null
	started /bin/sh -c '/probe memory 200; /probe memory 200; exec /probe sleep 600'
	eventually has_counted 2 memory memory.events memory.oom_control oom_kill
	[ -z "$(cgroup_file memory memory.peak memory.max_usage_in_bytes)" ] || peak=$(<"$(cgroup_file memory memory.peak memory.max_usage_in_bytes)")
	[ "$(rt state "$ID" | jq -c '[.status, .outOfMemory]')" = '["running",{"kills":2,"limit":33554432,"peak":'$peak'}]' ] ||
		[ "$peak$(rt state "$ID" | jq -c .outOfMemory)" = 'null{"kills":2,"limit":33554432}' ]
	[ "$peak" = null ] || [[ $(rt list --format json | jq -c '.[0].outOfMemory.peak') = "$peak" ]]
	rt delete --force "$ID"
	started /probe memory 200
	eventually has_status stopped
	[ "$(rt state "$ID" | jq -c '[.outOfMemory.kills, .outOfMemory.limit]')" = '[1,33554432]' ]
	rt delete --force "$ID"
	started
	[ "$(rt state "$ID" | jq 'has("outOfMemory")')" = false ] # nobody was
	rt delete --force "$ID"
	args /probe exit 3
	run rt run --bundle "$BUNDLE" "$ID"
	[ "$status:$output" = 3: ]
}

@test "memory: exec tells what was killed, and says nothing of another end" {
	only_boxcar
	config '.linux.resources.memory = {"limit":33554432,"swap":33554432}'
	started
	run rt exec "$ID" /bin/sh -c 'kill -KILL $$'
	[ "$status:$output" = 137: ]
	run rt exec "$ID" /probe memory 200
	gave 137 "a process of $ID was killed for memory: the limit is 33554432 bytes"
	run rt exec "$ID" /probe exit 3
	[ "$status:$output" = 3: ]
}

@test "memory: a limit that is too low for the start says so, with limit and peak" {
	only_boxcar
	config '.linux.resources.memory = {"limit":16384,"swap":16384}'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "memory: the limit is 16384 bytes"
	[[ $output == *"raise /linux/resources/memory/limit"* ]]
	if [ -e /sys/fs/cgroup/memory ] || [ "$(uname -r | cut -d . -f 1)" -ge 6 ]; then # v2's memory.peak came with 5.19
		[[ $output =~ "the peak was "[0-9]{4,5}([^0-9]|$) ]]
	else
		[[ $output != *"the peak was"* ]]
	fi
	left_behind "$ID"
	[ -z "$(ls -A "$ROOT")" ]
}

@test "memory: an exec for which nothing is left says so" {
	only_boxcar
	local swap
	config '.linux.resources.memory = {"limit":33554432,"swap":33554432}'
	started
	rt exec "$ID" /probe sleep 0 # what lies in memory only once
	swap=$(cgroup_file memory memory.swap.max memory.memsw.limit_in_bytes)
	cat "$(cgroup_file memory memory.current memory.usage_in_bytes)" >"$(cgroup_file memory memory.max memory.limit_in_bytes)"
	[ -z "$swap" ] || cat "$(cgroup_file memory memory.max memory.limit_in_bytes)" >"$swap" 2>/dev/null || :
	try rt exec "$ID" /probe memory 1
	[ "$status" != 0 ]
	[[ $output == *"memory"*": the limit is "*"raise /linux/resources/memory/limit"* ]]
}

@test "pids: the kernel refuses more, and counts it" {
	config '.linux.resources.pids = {"limit":5}'
	started /bin/sh -c 'for i in 1 2 3 4 5 6 7 8; do /probe sleep 600 & done; exec /probe sleep 600'
	eventually has_counted 1 pids pids.events pids.events max
	[ "$(<"$(cgroup_file pids pids.current pids.current)")" -le 5 ]
}

@test "cpu: a payload that would use more than its quota is throttled" {
	config '.linux.resources.cpu = {"quota":1000,"period":100000}'
	started /bin/sh -c 'while :; do :; done'
	eventually has_counted 3 cpu cpu.stat cpu.stat nr_throttled
}

@test "cpuset: no other processor can be had" {
	config '.linux.resources.cpu = {"cpus":"0","mems":"0"}'
	started
	grep -qP '^Cpus_allowed_list:\t0$' "/proc/$PID/status"
	run rt exec "$ID" /bin/busybox taskset 2 /probe true
	gave 1 "Invalid argument"
}

# 100 reads inside, 1000 outside: these are over long before those, of which there may be two a second (io.max takes no less).
io_is_slowed() {
	local number major minor
	number=$(lsblk -n -o MAJ:MIN "$1" | tr -d ' ') && major=${number%:*} minor=${number#*:}
	config '.linux.devices = [{"path":"/disk","type":"b","major":$major,"minor":$minor}]
		| .linux.resources = {"devices":[{"allow":false,"access":"rwm"}]}' --argjson major "$major" --argjson minor "$minor"
	in_container /bin/busybox dd if=/disk of=/dev/null bs=4096 count=1
	gave 1 "Operation not permitted" || return 1
	config '.linux.resources.devices += [{"allow":true,"type":"b","major":$major,"minor":$minor,"access":"r"}]' \
		--argjson major "$major" --argjson minor "$minor"
	in_container /bin/busybox dd if=/disk of=/dev/null bs=4096 count=100 iflag=direct
	gave 0 || return 1
	config '.linux.resources.blockIO = {"throttleReadIOPSDevice":[{"major":$major,"minor":$minor,"rate":2}]}' \
		--argjson major "$major" --argjson minor "$minor"
	started /bin/busybox dd if=/disk of=/dev/null bs=4096 count=100 iflag=direct
	dd if="$1" of=/dev/null bs=4096 count=1000 iflag=direct
	has_status running
}

@test "io: reads above the limit wait; a device without a rule is refused" {
	local disk status=0
	disk=$(loop_device) || skip "this host has no loop devices"
	io_is_slowed "$disk" || status=1
	rt delete --force "$ID" || true
	losetup --detach "$disk"
	return $status
}
