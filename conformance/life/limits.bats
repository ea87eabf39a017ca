# Limits of block devices, huge pages, RDMA and the network, and who owns the cgroup. What this host has no controller for must be
# an error that names it.
load harness

# A block device of the host, as MAJOR:MINOR; partitions cannot be limited.
block_device() {
	local device
	for device in /sys/block/*/dev; do
		[ -e "$device" ] && [[ $device != */loop* ]] && [[ $device != */ram* ]] && { cat "$device"; return; }
	done
	return 1
}

# Creates, and expects the controller to be named when the host lacks it: created_or_names CONTROLLER...
created_or_names() {
	local name found=
	for name in "$@"; do
		grep -qw "$name" /proc/self/cgroup && found=1
		! is_pure_v2_host && [ -e /sys/fs/cgroup/unified/cgroup.controllers ] &&
			grep -qw "$name" /sys/fs/cgroup/unified/cgroup.controllers && found=1
		is_pure_v2_host && grep -qw "$name" /sys/fs/cgroup/cgroup.controllers && found=1
	done
	try rt create --bundle "$BUNDLE" "$ID"
	if [ -n "$found" ]; then
		[ "$status" = 0 ] || { echo "$output"; return 1; }
		return 0
	fi
	gave 1 "the cgroup controller ${*: -1}, which this host does not have"
	left_behind "$ID"
	return 1
}

@test "throttling by device" {
	local device major minor
	device=$(block_device) || skip "this host has no block device that could be limited"
	major=${device%:*} minor=${device#*:}
	config '.linux.resources.blockIO = {"throttleReadBpsDevice":[{"major":$major,"minor":$minor,"rate":1048576}],
		"throttleWriteIOPSDevice":[{"major":$major,"minor":$minor,"rate":100}]}' \
		--argjson major "$major" --argjson minor "$minor"
	created_or_names blkio io || return 0
	local file
	file=$(cgroup_file blkio io.max blkio.throttle.read_bps_device)
	if [[ $file == */io.max ]]; then
		grep -q "^$device rbps=1048576 wbps=max riops=max wiops=100" "$file"
	else
		[ "$(<"$file")" = "$device 1048576" ]
		[ "$(<"${file%/*}/blkio.throttle.write_iops_device")" = "$device 100" ]
	fi
}

@test "weights: those of BFQ, or of io.weight on its own scale" {
	config '.linux.resources.blockIO = {"weight":300}'
	created_or_names blkio io || return 0
	local file
	if file=$(cgroup_file blkio io.bfq.weight blkio.bfq.weight); then
		[[ $(<"$file") =~ (^|' ')300$ ]]
	else
		file=$(cgroup_file blkio io.weight blkio.weight)
		[[ $(<"$file") == "default 2930" || $(<"$file") == 300 ]]
	fi
}

@test "a device that does not exist is an error with the reason, and nothing is left" {
	config '.linux.resources.blockIO = {"throttleReadBpsDevice":[{"major":4000,"minor":77,"rate":1}]}'
	created_or_names blkio io && { echo "it was created"; return 1; }
	[[ $output == *"no such block device"* || $output == *controller* ]]
	left_behind "$ID"
	[ -z "$(ls -A "$ROOT")" ]
}

@test "huge pages: use and reservation" {
	[ -d /sys/kernel/mm/hugepages/hugepages-2048kB ] || skip "this host has no huge pages of 2 MB"
	config '.linux.resources.hugepageLimits = [{"pageSize":"2MB","limit":4194304}]'
	created_or_names hugetlb || return 0
	[ "$(<"$(cgroup_file hugetlb hugetlb.2MB.max hugetlb.2MB.limit_in_bytes)")" = 4194304 ]
	[ "$(<"$(cgroup_file hugetlb hugetlb.2MB.rsvd.max hugetlb.2MB.rsvd.limit_in_bytes)")" = 4194304 ]
}

@test "a size that the kernel does not have is an error that names the file" {
	config '.linux.resources.hugepageLimits = [{"pageSize":"3MB","limit":0}]'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	[[ $output == *hugetlb* ]]
	left_behind "$ID"
}

@test "RDMA" {
	local device
	config '.linux.resources.rdma = {"nodevice0":{"hcaHandles":3}}'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ] # no host of ours has such a device
	[[ $output == *rdma* ]]
	left_behind "$ID"
	device=$(ls -A /sys/class/infiniband 2>/dev/null | head -n 1)
	[ -n "$device" ] || return 0 # make vm-rdma has one
	config '.linux.resources.rdma = {($device):{"hcaHandles":3,"hcaObjects":10000}}' --arg device "$device"
	created_or_names rdma || return 0
	grep -qx "$device hca_handle=3 hca_object=10000 " "$(cgroup_file rdma rdma.max rdma.max)"
	only_boxcar
	echo "{\"rdma\":{\"$device\":{\"hcaHandles\":2}}}" | rt update --resources - "$ID"
	grep -qx "$device hca_handle=2 hca_object=10000 " "$(cgroup_file rdma rdma.max rdma.max)"
}

@test "network classes and priorities" {
	config '.linux.resources.network = {"classID":1048577}'
	if is_pure_v2_host; then
		try rt create --bundle "$BUNDLE" "$ID"
		gave 1 "cgroup v2 has neither network classes nor priorities"
		return
	fi
	created_or_names net_cls || return 0
	[ "$(<"$(cgroup_file net_cls - net_cls.classid)")" = 1048577 ]
	rt delete --force "$ID"
	config '.linux.resources.network = {"priorities":[{"name":"lo","priority":7}]}'
	created_or_names net_prio || return 0
	grep -qx 'lo 7' "$(cgroup_file net_prio - net_prio.ifpriomap)"
	rt delete --force "$ID"
	config '.linux.resources.network.priorities[0].name = "no-such0"'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 no-such0
	[[ $output == *"/linux/resources/network/priorities/0"* ]]
	left_behind "$ID"
}

@test "v2 view: what only v1 has is an error" {
	only_boxcar
	view v2
	config '.linux.resources.network = {"priorities":[{"name":"lo","priority":1}]}'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "cgroup v2 has neither network classes nor priorities"
	left_behind "$ID"
}

@test "unified: a file of several lines, and one that does not exist" {
	only_boxcar
	view v2
	config '.linux.resources = {"unified":{"cgroup.max.depth":"7\n8\n"}}'
	started
	[ "$(<"$(cgroup_file none cgroup.max.depth -)")" = 8 ] # the kernel takes one line at a time
	rt delete --force "$ID"
	config '.linux.resources = {"unified":{"cgroup.no_such":"7"}}'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "cgroup.no_such"
}

user_namespace() {
	config '.linux.namespaces += [{"type":"user"}] | .linux.uidMappings = [{"containerID":0,"hostID":100000,"size":65536}]
		| .linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod -R go+rX "$BATS_TEST_TMPDIR" && chmod go+x "$BATS_TEST_TMPDIR/.." "$BATS_RUN_TMPDIR"
}

@test "v2 view: a writable cgroup belongs to the container's user, and only the files that may be given away" {
	view v2
	user_namespace
	config '(.mounts[] | select(.destination == "/sys/fs/cgroup") | .options) |= map(select(. != "ro"))'
	started
	local directory name owner
	directory=$(cgroup_file none cgroup.procs -) && directory=${directory%/*}
	[ "$(stat -c %u "$directory")" = 100000 ]
	for file in "$directory"/*; do
		name=${file##*/} owner=0
		grep -qx "$name" /sys/kernel/cgroup/delegate && owner=100000
		[ -d "$file" ] || [ "$(stat -c %u "$file")" = "$owner" ] || { echo "$name: $(stat -c %u "$file")"; return 1; }
	done
	run rt exec "$ID" /bin/sh -c 'busybox mkdir /sys/fs/cgroup/below && echo $$ >/sys/fs/cgroup/below/cgroup.procs && echo moved'
	gave 0 moved
	rt delete --force "$ID"
	left_behind "$ID"
}

@test "v2 view: a read-only one stays root's" {
	view v2
	user_namespace
	started
	[ "$(stat -c %u "$(cgroup_file none cgroup.procs -)")" = 0 ]
}
