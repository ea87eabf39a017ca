# What images and configurations have done to runtimes before: one test for each published hole of this field that a black box can
# show. Outside the root file system lies a canary directory; whatever the container is, it must stay as it was. A container that
# is refused is as good as one that is safe. The number behind each test is the CVE's.
load harness

# A directory of the host that nothing may touch, and a snapshot of it.
canary() {
	CANARY=$BATS_TEST_TMPDIR/canary
	mkdir -p "$CANARY"
	echo secret >"$CANARY/file"
	ln -s nowhere "$CANARY/ptmx"
	BEFORE=$(snapshot)
}

snapshot() {
	find "$CANARY" -printf '%P %y %m %u %g %s %l\n' | sort
	cat "$CANARY/file"
}

# Run a payload; refused or not, the canary is unchanged and nothing is left.
unharmed() {
	local payload=("$@")
	[ $# -gt 0 ] || payload=(/probe true)
	in_container "${payload[@]}"
	[ "$(snapshot)" = "$BEFORE" ] || { diff <(echo "$BEFORE") <(snapshot); return 1; }
	left_behind "$ID"
}

# As many levels up as it takes, and then the canary.
up_to_canary() {
	printf '../../../../../../../../../../..%s' "$CANARY${1-}"
}

without_mounts() {
	config '.mounts |= map(select(.destination | startswith($at) | not))' --arg at "$1"
}

@test "a user given as a number is that number, whatever passwd calls so (2016-3697)" {
	echo '1000:x:0:0:root:/root:/bin/sh' >"$BUNDLE/rootfs/etc/passwd"
	started
	run rt exec --user 1000 "$ID" /probe json
	gave 0
	[ "$(jq .uid.effective <<<"$output")" = 1000 ]
}

@test "/proc or /sys of the image is a symlink (2019-19921, 2023-27561, 2025-54867)" {
	canary
	local name
	for name in proc sys; do
		rmdir "$BUNDLE/rootfs/$name"
		ln -s "$(up_to_canary)" "$BUNDLE/rootfs/$name"
		unharmed
		rm "$BUNDLE/rootfs/$name"
		ln -s tmp "$BUNDLE/rootfs/$name"
		in_container /probe json
		if [ "$status" = 0 ]; then
			echo "$output" >"$BATS_TEST_TMPDIR/seen"
			saw "[.mounts[] | select(.destination == \"/tmp\")] | length" 0
		fi
		rm "$BUNDLE/rootfs/$name"
		mkdir "$BUNDLE/rootfs/$name"
	done
}

@test "a bind over /proc is refused, or the labels and sysctls behind it are safe (2019-16884)" {
	canary
	mkdir -p "$BUNDLE/rootfs/fake/sys/net/ipv4" "$BUNDLE/rootfs/fake/self/attr"
	ln -s "$(up_to_canary /file)" "$BUNDLE/rootfs/fake/sys/net/ipv4/ip_forward"
	config '.mounts += [{"destination":"/proc","type":"bind","source":$fake,"options":["bind"]}] |
		.linux.sysctl = {"net.ipv4.ip_forward":"1"}' --arg fake "$BUNDLE/rootfs/fake"
	unharmed
}

@test "a sysctl through the image's own /proc (2025-52881)" {
	canary
	without_mounts /proc
	mkdir -p "$BUNDLE/rootfs/proc/sys/net/ipv4"
	ln -s "$(up_to_canary /file)" "$BUNDLE/rootfs/proc/sys/net/ipv4/ip_forward"
	config '.linux.sysctl = {"net.ipv4.ip_forward":"1"} | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
	unharmed
}

@test "a mount point's parents and last component are symlinks out of the root (2019-18837, 2021-30465)" {
	canary
	ln -s "$CANARY" "$BUNDLE/rootfs/absolute"
	ln -s "$(up_to_canary)" "$BUNDLE/rootfs/relative"
	ln -s relative "$BUNDLE/rootfs/chain"
	local target
	for target in /absolute /absolute/new /relative /relative/new/deep /chain/new /tmp/../chain/x /relative/../absolute/y; do
		cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/kept"
		config '.mounts += [{"destination":$target,"type":"tmpfs","source":"t"}]' --arg target "$target"
		unharmed
		mv "$BATS_TEST_TMPDIR/kept" "$BUNDLE/config.json"
	done
}

@test "a bind of a file onto a symlink out of the root (2019-18837, 2024-45310)" {
	canary
	ln -s "$CANARY/file" "$BUNDLE/rootfs/link"
	ln -s "$CANARY/new" "$BUNDLE/rootfs/link2"
	echo other >"$BATS_TEST_TMPDIR/source"
	config '.mounts += [{"destination":"/link","source":$s,"options":["bind"]},{"destination":"/link2","source":$s,"options":["bind"]}]' \
		--arg s "$BATS_TEST_TMPDIR/source"
	unharmed
	not grep -q "$CANARY" /proc/self/mountinfo
}

@test "mount points that change while they are made (2021-30465, 2024-45310)" {
	canary
	mkdir -p "$BUNDLE/rootfs/volume/a/b" "$BUNDLE/rootfs/volume/c"
	ln -s "$CANARY" "$BUNDLE/rootfs/volume/x"
	config '.mounts += [range(40) | {"destination":"/volume/a/b\(.)/c","type":"tmpfs","source":"t"}] | .process.args = ["/probe", "true"]'
	"$PROBE" flip "$BUNDLE/rootfs/volume/a" "$BUNDLE/rootfs/volume/x" 4 >/dev/null 3>&- &
	local flip=$! end=$((SECONDS + 3))
	while [ $SECONDS -lt $end ]; do rt run --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 || true; done
	wait $flip
	[ "$(snapshot)" = "$BEFORE" ] || { is_boxcar && return 1; skip "this runtime is breached"; }
}

@test "/dev of the image is a symlink out of the root (2026-41579, 2026-47766)" {
	canary
	local target
	for target in "$CANARY" "$(up_to_canary)"; do
		rmdir "$BUNDLE/rootfs/dev"
		ln -s "$target" "$BUNDLE/rootfs/dev"
		unharmed
		cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/kept"
		without_mounts /dev
		unharmed
		mv "$BATS_TEST_TMPDIR/kept" "$BUNDLE/config.json"
		rm "$BUNDLE/rootfs/dev"
		mkdir "$BUNDLE/rootfs/dev"
	done
}

@test "a masked path is covered by the host's null device, never by what the image calls /dev/null (2025-31133)" {
	canary
	without_mounts /dev
	echo hidden >"$BUNDLE/rootfs/secret"
	config '.linux.maskedPaths = ["/secret"] | .linux.readonlyPaths = [] | .root.readonly = false'
	local kind
	for kind in "ln -s $CANARY/file" "ln -s ../secret" "echo evil >" true; do
		rm -f "$BUNDLE/rootfs/dev/null"
		eval "$kind \"$BUNDLE/rootfs/dev/null\""
		unharmed /probe read /secret
		[ "$status" != 0 ] || [ -z "$output" ] || { echo "with $kind: $output"; return 1; }
		unharmed /bin/sh -c 'echo written >/secret'
	done
	[ "$(<"$BUNDLE/rootfs/secret")" = hidden ]
}

@test "stdio is not replaced by what the image calls /dev/null, and nothing is chowned (2026-88265)" {
	canary
	without_mounts /dev
	ln -s ../caught "$BUNDLE/rootfs/dev/null"
	touch "$BUNDLE/rootfs/caught"
	config '.process.user = {"uid":1000,"gid":1000} | .linux.maskedPaths = [] | .linux.readonlyPaths = [] | .root.readonly = false'
	args /probe echo mine
	rt run --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || true
	[ ! -s "$BUNDLE/rootfs/caught" ]
	[ "$(stat -c %u "$BUNDLE/rootfs/caught")" = 0 ]
	grep -q mine "$BATS_TEST_TMPDIR/out" || [ -s "$BATS_TEST_TMPDIR/err" ]
}

@test "the host's null device keeps owner and mode (runc 3674)" {
	local before=$(stat -c '%u %g %a' /dev/null)
	config '.process.user = {"uid":1000,"gid":1000}'
	args /probe true
	rt run --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>/dev/null
	[ "$(stat -c '%u %g %a' /dev/null)" = "$before" ]
}

@test "/dev/console of the image is a symlink (2025-52565, 2026-88264)" {
	canary
	without_mounts /dev
	config '.process.terminal = true | .linux.maskedPaths = [] | .linux.readonlyPaths = [] | .root.readonly = false'
	mkdir "$BUNDLE/rootfs/dev/pts"
	config '.mounts += [{"destination":"/dev/pts","type":"devpts","source":"devpts","options":["newinstance","ptmxmode=0666"]}]'
	args /probe true
	local target
	for target in "$CANARY/file" "$CANARY/created" "$(up_to_canary /created)" /proc/sys/kernel/core_pattern; do
		rm -f "$BUNDLE/rootfs/dev/console"
		ln -s "$target" "$BUNDLE/rootfs/dev/console"
		"$TOOLS/pty" -- "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" || true
		[ "$(snapshot)" = "$BEFORE" ]
		not grep -q "$CANARY" /proc/self/mountinfo
		left_behind "$ID"
	done
}

@test "the working directory is inside, whatever it is called (2024-21626)" {
	local n
	ln -s /proc/self/fd/7 "$BUNDLE/rootfs/seven"
	exec 6</ 7</sys/fs/cgroup 8<"$BATS_TEST_TMPDIR"
	for n in /proc/self/fd/{3..16} /proc/self/fd/7/../.. /proc/1/fd/7 /proc/self/cwd /seven /proc/self/root /proc/1/root/..; do
		config '.process.cwd = $n' --arg n "$n"
		in_container /probe json
		[ "$status" = 0 ] || continue
		echo "$output" >"$BATS_TEST_TMPDIR/seen"
		saw '.cwd | startswith("/")' true
		in_container busybox ls -d rootfs cgroup.procs unified
		[ "$status" != 0 ]
	done
	config '.process.cwd = "/"'
	started
	for n in /proc/self/fd/{3..16} /seven; do
		run rt exec --cwd "$n" "$ID" busybox ls -d rootfs cgroup.procs unified
		[ "$status" != 0 ]
	done
	exec 6<&- 7<&- 8<&-
}

@test "the image's own /proc cannot undo a read-only root, bind or mask (2026-115521)" {
	canary
	without_mounts /proc
	mkdir -p "$BUNDLE/rootfs/proc/self/fd" "$BUNDLE/rootfs/proc/thread-self" "$BUNDLE/rootfs/bound" "$BUNDLE/rootfs/hidden"
	local n
	for n in {0..30}; do ln -s /tmp "$BUNDLE/rootfs/proc/self/fd/$n"; done
	ln -s ../self/fd "$BUNDLE/rootfs/proc/thread-self/fd"
	echo hidden >"$BUNDLE/rootfs/hidden/file"
	config '.root.readonly = true | .linux.maskedPaths = ["/hidden"] | .linux.readonlyPaths = ["/etc"] |
		.mounts += [{"destination":"/bound","source":$canary,"options":["bind","ro"]}]' --arg canary "$CANARY"
	local path
	for path in /new /bound/new /etc/new /hidden/new; do
		unharmed /probe write $path
		[ "$status" != 0 ] || [[ $output == *EROFS* ]] || { echo "$path: $output"; return 1; }
	done
	unharmed busybox ls /hidden
	[ "$status" != 0 ] || [ -z "$output" ]
}

@test "mount points are not made inside the source of a read-only bind (crun 1.31)" {
	canary
	config '.mounts += [{"destination":"/bound","source":$canary,"options":["bind","ro"]},
		{"destination":"/bound/below/deep","type":"tmpfs","source":"t"}]' --arg canary "$CANARY"
	in_container /probe true
	local after=$(snapshot)
	[ "$after" = "$BEFORE" ] || ! is_boxcar
}

@test "without a mount namespace the host's propagation stays (runc 1.5.3)" {
	local before=$(awk '{ print $5, $7 }' /proc/self/mountinfo | grep -e '^/ ' -e '^/proc ' -e '^/sys ')
	config '.linux.namespaces |= map(select(.type != "mount")) | .mounts = [] | .linux.maskedPaths = [] | .linux.readonlyPaths = [] |
		.root.readonly = false'
	args /probe true
	# in a namespace of our own: a runtime that gets it wrong must not hurt the host
	unshare -m --propagation shared sh -c '"$@" >/dev/null 2>&1; awk "{ print \$5, \$7 }" /proc/self/mountinfo' sh \
		"$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/after"
	grep -q '^/ shared' "$BATS_TEST_TMPDIR/after" || ! is_boxcar
	[ "$(awk '{ print $5, $7 }' /proc/self/mountinfo | grep -e '^/ ' -e '^/proc ' -e '^/sys ')" = "$before" ]
}

@test "a passwd or group that is a FIFO, endless, or huge holds nothing up" {
	config '.process.env = ["PATH=/bin"]'
	local make
	for make in 'mkfifo $f' 'ln -s /dev/zero $f' 'ln -s /proc/self/fd/0 $f' 'truncate -s 4G $f' 'ln -s $f $f' 'mkdir $f' 'mknod $f c 1 5'; do
		rm -rf "$BUNDLE/rootfs/etc/passwd"
		f=$BUNDLE/rootfs/etc/passwd eval "f=$BUNDLE/rootfs/etc/passwd; $make"
		args /probe true
		run timeout -s KILL 10 "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
		if [ "$status" = 137 ]; then
			pkill -KILL -f "$ROOT" || true
			rt delete --force "$ID" || true
			is_boxcar && { echo "hangs: $make"; return 1; }
			skip "this runtime hangs"
		fi
	done
}

@test "long names and many maps do not overflow into each other (2021-43784)" {
	local long
	long=/$(head -c 66000 /dev/zero | tr '\0' a)
	config '.linux.namespaces |= map(if .type == "ipc" then .path = $long else . end)' --arg long "$long"
	unharmed_create
	"$RUNTIME" spec --bundle "$BATS_TEST_TMPDIR" 2>/dev/null && mv "$BATS_TEST_TMPDIR/config.json" "$BUNDLE/config.json"
	config '.linux.namespaces += [{"type":"user"}] | .linux.uidMappings = [range(6000) | {"containerID":.,"hostID":(100000 + .),"size":1}] |
		.linux.gidMappings = .linux.uidMappings | .process.terminal = false'
	unharmed_create
}

unharmed_create() {
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	[ "${#output}" -lt 20000 ]
	left_behind "$ID"
	[ -z "$(ls -A "$ROOT" 2>/dev/null)" ]
}

@test "programs of the image are never run to set it up (2019-14271, 2026-84042)" {
	local name
	for name in ip newuidmap mount sh ld-linux.so modprobe true; do
		printf '#!/bin/sh\necho ran >/ran\n' >"$BUNDLE/rootfs/bin/x-$name"
		chmod 755 "$BUNDLE/rootfs/bin/x-$name"
		cp "$BUNDLE/rootfs/bin/x-$name" "$BUNDLE/rootfs/tmp/$name"
	done
	config '.root.readonly = false | .process.env = ["PATH=/tmp:/bin", "LD_PRELOAD=/tmp/evil.so"]'
	in_container /probe true
	gave 0
	[ ! -e "$BUNDLE/rootfs/ran" ]
}

@test "a setuid program gains nothing under noNewPrivileges" {
	cp "$PROBE" "$BUNDLE/rootfs/suid"
	chmod 4755 "$BUNDLE/rootfs/suid"
	config '.process.user = {"uid":1000,"gid":1000} | .process.noNewPrivileges = true'
	in_container /suid json
	[ "$(jq .uid.effective <<<"$output")" = 1000 ]
}

@test "the runtime's program and memory file are not reachable as /proc/self/exe (2019-5736)" {
	cp "$RUNTIME" "$BATS_TEST_TMPDIR/copy"
	local before=$(sha256sum <"$BATS_TEST_TMPDIR/copy")
	ln -s /proc/self/exe "$BUNDLE/rootfs/self"
	RUNTIME=$BATS_TEST_TMPDIR/copy in_container /self json
	[[ $output != *"$BATS_TEST_TMPDIR/copy"* ]]
	printf '#!/proc/self/exe\n' >"$BUNDLE/rootfs/script"
	chmod 755 "$BUNDLE/rootfs/script"
	RUNTIME=$BATS_TEST_TMPDIR/copy in_container /script
	[ "$(sha256sum <"$BATS_TEST_TMPDIR/copy")" = "$before" ]
}

@test "the exec of a container does not reach through a swapped root (2019-19921)" {
	started
	canary
	mv "$BUNDLE/rootfs" "$BUNDLE/old"
	ln -s "$CANARY" "$BUNDLE/rootfs"
	run rt exec "$ID" /probe echo inside
	gave 0 inside
	rm "$BUNDLE/rootfs"
	mv "$BUNDLE/old" "$BUNDLE/rootfs"
	[ "$(snapshot)" = "$BEFORE" ]
}

@test "copy-symlink, src-nofollow and dest-nofollow make and cover nothing outside (2019-18837, 2025-24965)" {
	only_boxcar # crun's options
	canary
	ln -s "$CANARY" "$BUNDLE/rootfs/absolute"
	ln -s "$(up_to_canary)" "$BUNDLE/rootfs/relative"
	ln -s "$CANARY/file" "$BUNDLE/rootfs/last"
	ln -s "$(up_to_canary /file)" "$BATS_TEST_TMPDIR/source"
	local target options
	for target in /absolute/ptmx /absolute/new /relative/file /relative/deep/er /last; do
		for options in '["bind","copy-symlink"]' '["bind","src-nofollow"]' '["bind","src-nofollow","dest-nofollow"]' \
			'["bind","copy-symlink","dest-nofollow"]'; do
			cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/kept"
			config ".mounts += [{\"destination\":\"$target\",\"source\":\"$BATS_TEST_TMPDIR/source\",\"options\":$options}]"
			unharmed
			mv "$BATS_TEST_TMPDIR/kept" "$BUNDLE/config.json"
		done
	done
	not grep -q "$CANARY" /proc/self/mountinfo
}

@test "in a user namespace the image's /dev and /sys lead nowhere, and the host's cgroups cannot be written (2026-41579, 2023-25809)" {
	only_boxcar # runc 1.1 has no /sys there
	canary
	config '.linux.namespaces |= map(select(.type != "network" and .type != "cgroup")) + [{"type":"user"}] |
		.linux.uidMappings = [{"containerID":0,"hostID":0,"size":65536}] | .linux.gidMappings = .linux.uidMappings'
	in_container /bin/sh -c 'for f in $(busybox find /sys/fs/cgroup -maxdepth 3 -name cgroup.procs); do echo 0 >$f && echo "wrote $f"; done; exit 0'
	gave 0 # its root is the host's, and only the mount stands in the way
	[[ $output != *wrote* ]]
	config 'del(.mounts[] | select(.type == "cgroup"))'
	in_container /bin/sh -c 'for f in $(busybox find /sys/fs/cgroup -maxdepth 3 -name cgroup.procs); do echo 0 >$f && echo "wrote $f"; done; exit 0'
	gave 0
	[[ $output == *"Read-only"* && $output != *wrote* ]]
	local name
	for name in sys dev; do
		rmdir "$BUNDLE/rootfs/$name"
		ln -s "$(up_to_canary)" "$BUNDLE/rootfs/$name"
		cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/kept"
		unharmed
		[ $name = sys ] || without_mounts /dev
		unharmed
		mv "$BATS_TEST_TMPDIR/kept" "$BUNDLE/config.json"
		rm "$BUNDLE/rootfs/$name"
		mkdir "$BUNDLE/rootfs/$name"
	done
}

@test "layers of an overlay are not looked for below the image's /proc (2026-115521)" {
	only_boxcar
	canary
	without_mounts /proc
	rmdir "$BUNDLE/rootfs/proc"
	mkdir -p "$BUNDLE/rootfs/proc/self/fd"
	local n
	for n in {3..400}; do ln -s "$CANARY" "$BUNDLE/rootfs/proc/self/fd/$n"; done
	mkdir -p "$BATS_TEST_TMPDIR"/l/{1..300}
	config '.linux.maskedPaths = [] | .linux.readonlyPaths = [] | .mounts += [{"destination":"/data","type":"overlay","source":"overlay",
		"options":["lowerdir=" + ([range(1; 301) | "\($at)/l/\(.)"] | join(":"))]}]' --arg at "$BATS_TEST_TMPDIR"
	args /bin/sh -c 'busybox ls /data'
	run strace -f -qq -o /dev/null -e trace=fsopen -e inject=fsopen:error=ENOSYS "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	gave 1 "no such device" # what is no procfs is refused
	unharmed
	[[ $output != *ptmx* ]]
}

@test "the program that moves network devices takes nothing from the environment (2019-14271)" {
	only_boxcar
	config '.linux.netDevices = {"no-such-device": {}}'
	mkdir "$BATS_TEST_TMPDIR/evil"
	printf '#!/bin/sh\ntouch %s/ran\n' "$BATS_TEST_TMPDIR" >"$BATS_TEST_TMPDIR/evil/boxcar-netdev"
	chmod +x "$BATS_TEST_TMPDIR/evil/boxcar-netdev"
	args /probe true
	run env -C "$BATS_TEST_TMPDIR/evil" PATH="$BATS_TEST_TMPDIR/evil:$PATH" LD_LIBRARY_PATH="$BATS_TEST_TMPDIR/evil" \
		strace -f -v -s 4096 -o "$BATS_TEST_TMPDIR/trace" -e trace=execve "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	gave 1 "find the network device no-such-device"
	[ ! -e "$BATS_TEST_TMPDIR/ran" ]
	grep -q 'execve(".*/boxcar-netdev", \["boxcar-netdev"\], \[\])' "$BATS_TEST_TMPDIR/trace"
}
