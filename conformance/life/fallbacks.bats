# Where a kernel or a filter lacks a call, another way gives the same container: seen by comparing all that the probe tells with and
# without the call. Which fallbacks there are, and which test shows each, stands in conformance/fallbacks.txt.
load harness

# without ERRNO CALL,...: from now on the runtime runs where these calls answer that.
without() {
	REAL=${REAL:-$RUNTIME}
	RUNTIME=$BATS_TEST_TMPDIR/boxcar
	printf '#!/bin/sh\nexec %q without %q %q %q "$@"\n' "$PROBE" "$1" "$2" "$REAL" >"$RUNTIME"
	chmod +x "$RUNTIME"
}

# A bundle that takes most ways: paths of the image with links in them, mounts of all kinds, attributes of one mount and of many.
all_ways() {
	local host=$BATS_TEST_TMPDIR/host
	mkdir -p "$host"/{tree/"a b"/"c	d",plain,later} "$BUNDLE"/rootfs/{real/place,copied/dir,kept,hidden,hidden2,var}
	mount -t tmpfs -o noexec,noatime tmpfs "$host/tree/a b"
	mkdir "$host/tree/a b/c	d"
	mount -t tmpfs -o nosuid tmpfs "$host/tree/a b/c	d"
	mount -t tmpfs later "$host/later"
	mount -t tmpfs -o noatime,nodev,noexec plain "$host/plain"
	ln -s /../real/./place "$BUNDLE/rootfs/link"
	ln -s ../../../../link "$BUNDLE/rootfs/var/loop"
	echo content | tee "$BUNDLE/rootfs/copied/file" "$BUNDLE/rootfs/secret" >"$BUNDLE/rootfs/copied/dir/other"
	config '.root.readonly = true | .linux.rootfsPropagation = "private" | .process.cwd = "/real" |
		.process.user = {"uid":1000,"gid":1000,"additionalGids":[5]} |
		.linux.sysctl = {"kernel.domainname":"here","net.ipv4.ip_default_ttl":"77"} |
		.linux.maskedPaths += ["/hidden","/hidden2","/secret","/missing"] | .linux.readonlyPaths += ["/kept","/missing"] | .mounts += [
		{"destination":"/var/loop/deep/er","type":"bind","source":"\($host)/tree","options":["rbind","rro","rnosuid"]},
		{"destination":"/real/plain","type":"bind","source":"\($host)/plain","options":["bind","ro","noatime","rprivate"]},
		{"destination":"/kept/tree","type":"bind","source":"\($host)/later","options":["bind","rslave"]},
		{"destination":"/real/again","type":"bind","source":"\($host)/plain","options":["bind","relatime","exec"]},
		{"destination":"/real/tmp","type":"tmpfs","source":"one","options":["size=1m","mode=700","nodev","rshared"]},
		{"destination":"/copied","type":"tmpfs","source":"two","options":["tmpcopyup"]}]' --arg host "$host"
}

# All that the probe sees, without the numbers that change from run to run, into a file.
facts() {
	look net.ipv4.ip_default_ttl kernel.domainname || return 1
	jq -S 'del(.pid, .parent, .group, .session, .namespaces, .descriptors["1", "2"], .keyring, .cgroups, .seccomp) |
		.mounts |= map(del(.id, .parent, .device) | .propagation |= gsub("[0-9]+"; "N") | if .destination | IN($masked[]) then del(.source) else . end)' \
		--argjson masked "$(jq .linux.maskedPaths "$BUNDLE/config.json")" \
		"$BATS_TEST_TMPDIR/seen" >"$1"
}

# same_without CALL,... [ERRNO...]
same_without() {
	local calls=$1 number
	shift
	[ $# -gt 0 ] || set -- ENOSYS EPERM
	facts "$BATS_TEST_TMPDIR/with"
	[ "$(jq '.mounts | length' "$BATS_TEST_TMPDIR/with")" -gt 20 ]
	for number in "$@"; do
		without "$number" "$calls"
		facts "$BATS_TEST_TMPDIR/$number"
		diff "$BATS_TEST_TMPDIR/with" "$BATS_TEST_TMPDIR/$number"
	done
}


@test "every path below the root without openat2" {
	only_boxcar
	all_ways
	same_without openat2
}

@test "attributes of mounts without mount_setattr" {
	only_boxcar
	has_kernel 5.12 || skip "this kernel has no mount_setattr to do without"
	all_ways
	same_without mount_setattr
}

@test "rro and read-only paths hold for the mounts below without mount_setattr, whatever these are called" {
	only_boxcar
	all_ways
	without ENOSYS mount_setattr
	look
	mount_at "/real/place/deep/er/a b/c	d" '.options | split(",") | contains(["ro","nosuid"])' true
	mount_at "/real/place/deep/er/a b" '.options | split(",") | contains(["ro","nosuid","noexec","noatime"])' true
	mount_at /kept/tree '.options | split(",") | index("ro") != null' true
	mount_at /real/tmp '.options | split(",") | index("rw") != null' true
}

@test "a mount that another one covers cannot be made read-only without mount_setattr: an error" {
	only_boxcar
	mkdir -p "$BATS_TEST_TMPDIR/host/below"
	mount -t tmpfs one "$BATS_TEST_TMPDIR/host/below"
	mount -t tmpfs two "$BATS_TEST_TMPDIR/host/below"
	config '.mounts += [{"destination":"/data","type":"bind","source":$at,"options":["rbind","rro"]}]' --arg at "$BATS_TEST_TMPDIR/host"
	without ENOSYS mount_setattr
	run rt run --bundle "$BUNDLE" "$ID"
	gave 1 "need Linux 5.12 where one of these covers another"
}

@test "the host's sysfs is read-only in a user namespace without mount_setattr" {
	only_boxcar
	config '.linux.namespaces |= map(select(.type != "network" and .type != "cgroup")) + [{"type":"user"}] | del(.mounts[] | select(.type == "cgroup")) |
		.linux.uidMappings = [{"containerID":0,"hostID":0,"size":65536}] | .linux.gidMappings = .linux.uidMappings'
	without ENOSYS mount_setattr
	look
	[ "$(jq '[.mounts[] | select(.destination | startswith("/sys/fs/cgroup"))] | length' "$BATS_TEST_TMPDIR/seen")" -ge 1 ]
	saw '[.mounts[] | select(.destination | test("^/sys(/|$)")) | .options | split(",") | contains(["ro","nosuid","nodev","noexec"])] | unique' '[true]'
}

@test "mounts, masks and kernel parameters without fsopen, fsconfig or fsmount" {
	only_boxcar
	all_ways
	config 'del(.mounts[-1])' # what is copied needs a mount that nobody sees yet
	local call
	for call in fsopen fsconfig fsmount; do
		RUNTIME=${REAL:-$RUNTIME}
		same_without $call
	done
}

@test "kernel parameters without a procfs of one's own: the one at /proc, when it is one" {
	only_boxcar
	config '.mounts[0] = {"destination":"/proc","type":"bind","source":"/proc","options":["rbind"]} | .linux.maskedPaths = [] |
		.linux.readonlyPaths = [] | .linux.sysctl = {"net.ipv4.ip_default_ttl":"77"}'
	without EPERM fsopen
	in_container busybox cat /proc/sys/net/ipv4/ip_default_ttl
	gave 0 77
	mkdir -p "$BATS_TEST_TMPDIR/trap/sys/net/ipv4"
	: >"$BATS_TEST_TMPDIR/trap/sys/net/ipv4/ip_default_ttl"
	config '.mounts[0].source = $trap' --arg trap "$BATS_TEST_TMPDIR/trap"
	in_container /probe true
	gave 1 /linux/sysctl
	[ ! -s "$BATS_TEST_TMPDIR/trap/sys/net/ipv4/ip_default_ttl" ]
}

@test "files are copied without sendfile" {
	only_boxcar
	all_ways
	local number
	for number in ENOSYS EPERM EINVAL; do
		without $number sendfile
		in_container busybox cat /copied/file /copied/dir/other
		gave 0 $'content\ncontent'
	done
}

@test "nothing is inherited where there is no close_range" {
	only_boxcar
	all_ways
	without ENOSYS close_range
	exec 9</dev/null 300</dev/null # init itself looks at the lower ones only
	look
	exec 9<&- 300<&-
	saw '.descriptors | keys | map(tonumber) | sort | map(select(. > 2)) | length' 0
}

@test "hooks inherit nothing where there is no close_range" {
	only_boxcar
	config '.root.readonly = false | .hooks = {
		"createRuntime":[{"path":$probe,"args":["probe","descriptors"]}],
		"startContainer":[{"path":"/probe","args":["probe","descriptors"]}]}' --arg probe "$PROBE"
	args /probe sleep 600
	local number
	for number in ENOSYS EPERM; do
		without $number close_range
		rt create --bundle "$BUNDLE" --preserve-fds 2 "$ID" </dev/null 3</dev/null 4</dev/null 9</dev/null \
			>"$BATS_TEST_TMPDIR/out" 2>&1 # 3 and 4 are the payload's only
		rt start "$ID" 9</dev/null
		rt delete --force "$ID"
	done
}

@test "who waits for start holds the same descriptors where there is no close_range" {
	only_boxcar
	held() {
		rt create --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1
		find "/proc/$(<"$BATS_TEST_TMPDIR/pid")/fd" -mindepth 1 -printf '%f %l\n' | sed 's/:\[[0-9]*\]//; s/pipe.*/pipe/' | sort -n
		rt delete --force "$ID"
	}
	local with
	with=$(held)
	# its streams, the socket and the lock: nothing of the host's, though slots for more lie free
	[ "$(tail -n +4 <<<"$with" | cut -d ' ' -f 2)" = "socket"$'\n'"$ROOT/$ID/created" ] || { echo "$with"; return 1; }
	without ENOSYS close_range
	[ "$(held)" = "$with" ] || { echo "$with"; held; return 1; }
}

@test "exec without close_range" {
	only_boxcar
	without EPERM close_range
	started
	exec 9</dev/null 300</dev/null
	run rt exec "$ID" /probe json
	gave 0
	exec 9<&- 300<&-
	[ "$(jq -c '[.descriptors | keys[] | tonumber | select(. > 2)]' <<<"$output")" = '[]' ]
}

@test "the executable is found without faccessat2" {
	only_boxcar
	config '.process.args = ["busybox", "id", "-u"] | .process.env = ["PATH=/nowhere:/etc:/bin"] | .process.user = {"uid":1000,"gid":1000}'
	touch "$BUNDLE/rootfs/etc/busybox" # no x: on to the next
	local number
	for number in ENOSYS EPERM; do
		without $number faccessat2
		run rt run --bundle "$BUNDLE" "$ID"
		gave 0 1000
	done
}

@test "without keyrings the container keeps its caller's" {
	only_boxcar
	local number
	for number in ENOSYS EPERM EACCES; do
		without $number keyctl
		in_container /probe echo fine
		gave 0 fine
	done
}

@test "memory files without MFD_EXEC" {
	only_boxcar
	without EINVAL memfd_create:1:0x10
	in_container /probe echo fine
	gave 0 fine
}

@test "the loopback interface without IPv4" {
	only_boxcar
	without EAFNOSUPPORT socket:0:2
	in_container busybox ip link show lo
	gave 0 LOOPBACK,UP
}

@test "devices that may not be made are bound" {
	only_boxcar
	in_container /probe stat /dev/full
	without EPERM mknodat
	in_container /bin/sh -c 'busybox stat -c %t:%T /dev/full /dev/zero; busybox grep -c " /dev/full " /proc/mounts'
	gave 0 $'1:7\n1:5\n1'
}

@test "standard streams whose owner cannot be changed stay as they are" {
	only_boxcar
	config '.process.user = {"uid":1000,"gid":1000}'
	local number
	for number in EINVAL EPERM EROFS ENOSYS EBADF; do
		without $number fchown
		in_container /probe echo fine
		gave 0 fine
	done
	without EIO fchown
	in_container /probe true
	gave 1 fchown
}

@test "the pid file on a file system without unnamed files" {
	only_boxcar
	without EOPNOTSUPP openat:2:0x410000
	started
	[ "$(rt state "$ID" | jq .pid)" = "$PID" ]
	[ -z "$(find "$BATS_TEST_TMPDIR" -maxdepth 1 -name 'pid.*')" ]
}

@test "how a process ended that is nobody's child is told as unknown where pidfds do not tell" {
	only_boxcar
	started /probe exit 3
	without ENOTTY ioctl:1:0xc000ff0b
	run rt wait "$ID"
	gave 1 "it is told to who waits while it runs, from Linux 6.15 on"
}

@test "WAIT_KILLABLE_RECV before 5.19 is an error that says so" {
	only_boxcar
	config '.linux.seccomp = {"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"],
		"listenerPath":"/no/such/agent",
		"syscalls":[{"names":["unshare"],"action":"SCMP_ACT_NOTIFY"}]}'
	without EINVAL seccomp:1:0x20
	in_container /probe true
	gave 1 "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV came with Linux 5.19"
}

@test "features tells which flags of seccomp this kernel has, and which boxcar knows" {
	only_boxcar
	local known='["SECCOMP_FILTER_FLAG_TSYNC","SECCOMP_FILTER_FLAG_LOG","SECCOMP_FILTER_FLAG_SPEC_ALLOW","SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]'
	local supported=$known
	has_kernel 5.19 || supported=${known%,*}]
	[ "$(rt features | jq -c '.linux.seccomp | .knownFlags, .supportedFlags')" = "$known"$'\n'"$supported" ]
	without EINVAL seccomp:1:0x20
	[ "$(rt features | jq -c '.linux.seccomp | .knownFlags, .supportedFlags')" = "$known"$'\n'"${known%,*}]" ]
	RUNTIME=$REAL
	without EINVAL seccomp:1:0x4
	[ "$(rt features | jq -c '.linux.seccomp.supportedFlags | index("SECCOMP_FILTER_FLAG_SPEC_ALLOW")')" = null ]
}

@test "the cgroup is given to its owner without the kernel's list" {
	only_boxcar
	view v2
	chmod -R go+rX "$BATS_TEST_TMPDIR" && chmod go+x "$BATS_TEST_TMPDIR/.." "$BATS_RUN_TMPDIR"
	chown -R 100000:100000 "$BUNDLE/rootfs"
	# what covers a part of the host's sysfs denies the container one
	config '.linux.namespaces += [{"type":"user"}] | (.mounts[] | select(.type == "cgroup")).options = ["rw"] | del(.mounts[] | select(.type == "sysfs")) |
		.linux.uidMappings = [{"containerID":0,"hostID":100000,"size":65536}] | .linux.gidMappings = .linux.uidMappings'
	REAL=$RUNTIME RUNTIME=$BATS_TEST_TMPDIR/boxcar
	printf '#!/bin/sh\nexec unshare --mount sh -c "mount -t tmpfs none /sys/kernel/cgroup && exec \\"\\$@\\"" sh %q "$@"\n' "$REAL" >"$RUNTIME"
	chmod +x "$RUNTIME"
	started
	local name cgroup=$(dirname "$(cgroup_file none cgroup.procs -)")
	for name in . cgroup.procs cgroup.threads cgroup.subtree_control; do
		[ "$(stat -c %u "$cgroup/$name")" = 100000 ] || { echo "$name"; return 1; }
	done
	[ "$(stat -c %u "$cgroup/cgroup.max.depth")" = 0 ]
}

@test "a device program is loaded where locked memory is bounded" {
	only_boxcar
	view v2
	ulimit -S -l 0
	in_container /probe call openat -100 /dev/zero 0
	gave 0 '"result":3'
}

@test "all fallbacks are listed with a test each" {
	local what kernel file tests test suite name missing=0 list=$BATS_TEST_DIRNAME/../fallbacks.txt root=$BATS_TEST_DIRNAME/../..
	while IFS='|' read -r what kernel file tests; do
		file=${file// /}
		[ -e "$root/runtime/$file" ] || { echo "$what: there is no runtime/$file"; missing=1; }
		IFS=';' read -ra tests <<<"$tests"
		for test in "${tests[@]}"; do
			suite=${test%%:*} name=${test#*: }
			suite=${suite// /} name=${name%"${name##*[! ]}"}
			grep -qF -e "@test \"$name" -e "void $name(" "$root/$suite" || { echo "$what: $suite has no test $name"; missing=1; }
		done
	done < <(grep -v -e '^#' -e '^$' "$list")
	while read -r file; do
		grep -q "| $file *|" "$list" || { echo "$file asks for ENOSYS and is not in fallbacks.txt"; missing=1; }
	done < <(cd "$root/runtime" && grep -rl --include='*.c' -e '[-= ]ENOSYS\b' . | sed 's/^\.\///' | grep -v _test.c)
	[ $missing = 0 ]
}
