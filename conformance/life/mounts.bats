# Mounts: the default ones, binds and their options, mount points made inside the root, propagation, read-only roots.
load harness

add_mount() {
	config ".mounts += [$1]"
}

@test "the default mounts are there, in order, of the right type" {
	look
	mount_at /proc .type proc
	mount_at /dev .type tmpfs
	mount_at /dev/pts .type devpts
	mount_at /dev/shm .type tmpfs
	mount_at /dev/mqueue .type mqueue
	mount_at /sys .type sysfs
	saw '[.mounts[].destination | select(. == "/dev" or . == "/dev/pts" or . == "/dev/shm")]' '["/dev","/dev/pts","/dev/shm"]'
}

@test "options become mount flags and file system options" {
	look
	mount_at /dev '.options | split(",") | contains(["nosuid","strictatime"]) or contains(["nosuid"])' true
	mount_at /dev '.superOptions | contains("size=65536k") and contains("mode=755")' true
	mount_at /dev/pts '.superOptions | contains("gid=5,mode=620,ptmxmode=666")' true
	mount_at /dev/shm '.options | split(",") | contains(["nosuid","nodev","noexec"])' true
	mount_at /sys '.options | split(",") | contains(["ro","nosuid","nodev","noexec"])' true
}

@test "nothing of the host's mounts is visible" {
	look
	saw '[.mounts[].destination | select(startswith("/proc/sys/fs") or startswith("/run") or startswith("/home"))]' '[]'
	saw '[.mounts[] | select(.destination == "/")] | length' 1
}

@test "a tmpfs takes size and mode, and its contents are gone afterwards" {
	add_mount '{"destination":"/data","type":"tmpfs","source":"tmpfs","options":["size=1m","mode=0711","nr_inodes=100"]}'
	look
	mount_at /data '.superOptions | contains("size=1024k") and contains("mode=711")' true
	in_container /bin/sh -c 'echo x >/data/file'
	gave 0
	[ -z "$(ls -A "$BUNDLE/rootfs/data")" ]
}

@test "a bind shows a host directory, read-write or read-only" {
	mkdir "$BATS_TEST_TMPDIR/host"
	echo content >"$BATS_TEST_TMPDIR/host/file"
	add_mount "{\"destination\":\"/data\",\"type\":\"bind\",\"source\":\"$BATS_TEST_TMPDIR/host\",\"options\":[\"bind\"]}"
	in_container /probe read /data/file
	gave 0 content
	tries write /data/new
	[ "$output" = OK ]
	[ -e "$BATS_TEST_TMPDIR/host/new" ]
	config '.mounts[-1].options = ["bind", "ro"]'
	tries write /data/new
	[ "$output" = EROFS ]
	look
	mount_at /data '.options | split(",") | index("ro") != null' true
}

@test "a bind of a file, with a relative source, makes its mount point" {
	echo content >"$BUNDLE/one-file"
	add_mount '{"destination":"/a/b/file","source":"one-file","options":["bind","ro"]}'
	cd /
	in_container /probe read /a/b/file
	gave 0 content
	[ -f "$BUNDLE/rootfs/a/b/file" ]
}

@test "options without bind make it a bind all the same when the type says so" {
	mkdir "$BATS_TEST_TMPDIR/host"
	add_mount "{\"destination\":\"/data\",\"type\":\"bind\",\"source\":\"$BATS_TEST_TMPDIR/host\",\"options\":[\"nosuid\",\"nodev\",\"noexec\",\"rbind\"]}"
	look
	mount_at /data '.options | split(",") | contains(["nosuid","nodev","noexec"])' true
}

@test "rbind carries the mounts below, bind does not" {
	mkdir -p "$BATS_TEST_TMPDIR/host/below"
	mount -t tmpfs tmpfs "$BATS_TEST_TMPDIR/host/below"
	touch "$BATS_TEST_TMPDIR/host/below/file"
	add_mount "{\"destination\":\"/data\",\"type\":\"none\",\"source\":\"$BATS_TEST_TMPDIR/host\",\"options\":[\"rbind\",\"ro\"]}"
	in_container busybox ls /data/below
	gave 0 file
	tries write /data/below/new
	[ "$output" = OK ]
	config '.mounts[-1].options = ["bind"]'
	in_container busybox ls /data/below
	gave 0
	[ -z "$output" ]
	umount "$BATS_TEST_TMPDIR/host/below"
}

@test "rro makes all mounts of an rbind read-only" {
	mkdir -p "$BATS_TEST_TMPDIR/host/below"
	mount -t tmpfs tmpfs "$BATS_TEST_TMPDIR/host/below"
	add_mount "{\"destination\":\"/data\",\"type\":\"none\",\"source\":\"$BATS_TEST_TMPDIR/host\",\"options\":[\"rbind\",\"rro\"]}"
	tries write /data/below/new
	umount "$BATS_TEST_TMPDIR/host/below"
	[ "$output" = EROFS ]
}

@test "without mount_setattr id-mapped mounts are errors that say so" {
	only_boxcar
	mkdir "$BATS_TEST_TMPDIR/host"
	add_mount "{\"destination\":\"/data\",\"source\":\"$BATS_TEST_TMPDIR/host\",\"options\":[\"bind\"],
		\"uidMappings\":[{\"containerID\":1000,\"hostID\":2000,\"size\":10}],
		\"gidMappings\":[{\"containerID\":1000,\"hostID\":2000,\"size\":10}]}"
	run "$PROBE" without ENOSYS mount_setattr "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID"
	gave 1 "id-mapped mounts need Linux 5.12"
	left_behind "$ID"
}

@test "atime, exec and device options reach a bind" {
	mkdir "$BATS_TEST_TMPDIR/host"
	cp "$PROBE" "$BATS_TEST_TMPDIR/host/probe"
	add_mount "{\"destination\":\"/data\",\"source\":\"$BATS_TEST_TMPDIR/host\",\"options\":[\"bind\",\"noatime\",\"noexec\"]}"
	look
	mount_at /data '.options | split(",") | contains(["noatime","noexec"])' true
	in_container /data/probe true
	[ "$status" -ne 0 ]
	[[ $output == *"permission denied"* ]]
	config '.mounts[-1].options = ["bind", "noexec", "exec", "strictatime"]'
	in_container /data/probe true
	gave 0
}

@test "a bind keeps the locked options of its source's mount when only ro is asked for" {
	only_boxcar # runc 1.1 clears them
	mkdir "$BATS_TEST_TMPDIR/host"
	mount -t tmpfs -o nosuid,nodev,noexec tmpfs "$BATS_TEST_TMPDIR/host"
	add_mount "{\"destination\":\"/data\",\"source\":\"$BATS_TEST_TMPDIR/host\",\"options\":[\"bind\",\"ro\"]}"
	look
	umount "$BATS_TEST_TMPDIR/host"
	mount_at /data '.options | split(",") | contains(["ro","nosuid","nodev","noexec"])' true
}

@test "a missing bind source is an error that names it" {
	add_mount '{"destination":"/data","source":"/no/such/place","options":["bind"]}'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "no such file or directory"
	[[ $output == */no/such/place* ]]
	left_behind "$ID"
}

@test "mounts below mounts are made in the order of the config" {
	add_mount '{"destination":"/a","type":"tmpfs","source":"first"}'
	add_mount '{"destination":"/a/b/c","type":"tmpfs","source":"second"}'
	add_mount '{"destination":"/a/b/c/d","type":"tmpfs","source":"third"}'
	look
	saw '[.mounts[].source | select(. == "first" or . == "second" or . == "third")]' '["first","second","third"]'
	[ -z "$(ls -A "$BUNDLE/rootfs/a")" ]
}

@test "mount points with spaces, dots and unicode" {
	add_mount '{"destination":"/with space/ünï/../point","type":"tmpfs","source":"odd"}'
	look
	mount_at "/with space/point" .source odd
}

@test "a relative destination is one below the root, with a warning" {
	config '.mounts += [{"destination":"a/b","type":"tmpfs","source":"tmpfs","options":["mode=711"]}]'
	look
	mount_at /a/b .type tmpfs
	! is_boxcar || grep -q "/mounts/[0-9]*/destination: relative destinations are deprecated" "$BATS_TEST_TMPDIR/errors"
	config '.mounts[-1].destination = "../../a/b"'
	look
	mount_at /a/b .type tmpfs
}

@test "a symlink in a mount's destination stays inside the root" {
	ln -s /etc "$BUNDLE/rootfs/link"
	ln -s ../../../../../../tmp "$BUNDLE/rootfs/up"
	add_mount '{"destination":"/link/point","type":"tmpfs","source":"one"}'
	add_mount '{"destination":"/up/point","type":"tmpfs","source":"two"}'
	local before=$(ls /etc /tmp | grep -c '^point$')
	look
	mount_at /etc/point .source one
	mount_at /tmp/point .source two
	[ "$(ls /etc /tmp | grep -c '^point$')" = "$before" ]
	[ -d "$BUNDLE/rootfs/etc/point" ]
}

@test "an unknown mount option or file system is an error" {
	add_mount '{"destination":"/data","type":"tmpfs","source":"tmpfs","options":["no-such-option"]}'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	config '.mounts[-1] = {"destination":"/data","type":"no-such-fs","source":"x"}'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "no such device"
	left_behind "$ID"
}

@test "tmpcopyup fills a tmpfs with what was below" {
	mkdir "$BUNDLE/rootfs/filled"
	echo kept >"$BUNDLE/rootfs/filled/file"
	add_mount '{"destination":"/filled","type":"tmpfs","source":"tmpfs","options":["tmpcopyup"]}'
	in_container /probe read /filled/file
	gave 0 kept
	tries write /filled/new
	[ "$output" = OK ]
	[ "$(ls -A "$BUNDLE/rootfs/filled")" = file ]
	config '.mounts[-1].options += ["ro"]'
	in_container /probe read /filled/file
	gave 0 kept
	tries write /filled/new
	[ "$output" = EROFS ]
}

# What a directory holds, but sockets, and without the sizes of directories.
LISTING='busybox find . ! -type s -exec busybox stat -c "%N %F %a %u %g %t:%T %Y" {} + | busybox sort
	busybox find . -type f -exec busybox md5sum {} + | busybox sort'

fill() {
	mkdir -p "$BUNDLE/rootfs/filled"
	add_mount '{"destination":"/filled","type":"tmpfs","source":"tmpfs","options":["tmpcopyup"]}'
	cd "$BUNDLE/rootfs/filled"
}

@test "tmpcopyup keeps kinds, modes, owners, times and attributes" {
	only_boxcar # runc 1.1 knows no devices and no FIFOs
	fill
	mkdir -m 1777 open && mkdir -p a/b/c && mkdir -m 0 none
	head -c 3000000 /dev/urandom >a/b/big
	touch empty a/b/c/.hidden $'new\nline' && ln empty again
	ln -s ../../.././etc/shadow a/link && ln -s loop loop && ln -s nowhere open/gone
	mknod null c 1 3 && mknod disk b 7 300 && mkfifo -m 620 pipe
	printf '%s\n' {1..300} | xargs touch
	chown 1000:2000 a a/b/big && chown -h 5:6 a/link null pipe
	chmod 6751 a/b/big && chmod 0 empty
	setcap cap_net_raw+ep 7
	touch -h -d @1000000000 a/link null pipe a/b/big empty a/b a .
	chmod 2750 . && chown 8:9 .
	local original=$(eval "$LISTING")
	started
	cd "/proc/$PID/root/filled"
	diff <(echo "$original") <(eval "$LISTING")
	[[ $(getcap 7) == *cap_net_raw* ]]
}

@test "tmpcopyup follows nothing and waits for nothing, whatever the image holds" {
	only_boxcar # as above
	fill
	echo canary >"$BATS_TEST_TMPDIR/secret"
	ln -s "$BATS_TEST_TMPDIR/secret" absolute && ln -s "../../../../../../../../..$BATS_TEST_TMPDIR" up
	ln -s /proc/self/root/etc magic && mkfifo pipe && mknod tty c 5 0
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
	in_container /bin/sh -c 'cd /filled && busybox ls && busybox readlink magic; busybox cat absolute up/secret'
	gave 1 $'absolute\nmagic\npipe\ntty\nup\n/proc/self/root/etc'
	[[ $output != *canary* ]]
	mv "$BUNDLE/rootfs/filled" "$BUNDLE/rootfs/moved" # the directory itself may be a link: inside it leads nowhere
	ln -s "$BATS_TEST_TMPDIR" "$BUNDLE/rootfs/filled"
	in_container busybox find / -xdev -name secret -type f
	gave 0
	[ -z "$output" ]
	[ "$(<"$BATS_TEST_TMPDIR/secret")" = canary ]
	left_behind "$ID"
}

@test "tmpcopyup says when it is too deep or the tmpfs too small" {
	only_boxcar # in its own words
	fill
	local path=$(printf 'd/%.0s' {1..64})
	mkdir -p "$path"
	touch "$path/bottom"
	in_container busybox find /filled -name bottom
	gave 0 "$path"
	mkdir "$path/d"
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "64 directories deep"
	[[ $output == *"/filled"* && $output == *"/mounts/"* ]]
	rm -r d
	head -c 1000000 /dev/zero >big
	config '.mounts[-1].options += ["size=64k"]'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "no space left on device"
	[[ $output == *"copy what is below /filled into its tmpfs"* ]]
	config '.mounts[-1] |= (.type = "bind" | .source = "/tmp")'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "tmpcopyup is for a new tmpfs only"
	[ ! -e "$ROOT/$ID" ]
	left_behind "$ID"
}

@test "tmpcopyup in a user namespace keeps the ids it has, and leaves devices out" {
	only_boxcar
	user_namespace
	fill
	echo mine >mine && echo odd >odd
	chown 100007:100008 mine && chmod 4755 mine
	chown 55:100008 odd && chmod 4755 odd # 55 is nobody there
	mknod null c 1 3 && mkfifo pipe
	in_container /bin/sh -c 'cd /filled; busybox stat -c "%n %a %u %g" mine odd pipe; ls null'
	[[ $output == *$'mine 4755 7 8\nodd 755 0 8\npipe 644 0 0\n'*"No such file"* ]]
}

# Of where the tests' files lie: a tmpfs can be id-mapped since 6.3.
needs_idmap() {
	needs_kernel 5.12
	[ "$(stat -f -c %T "$BATS_TEST_TMPDIR")" != tmpfs ] || needs_kernel 6.3
}

@test "idmap shows a bind's owners by its own mappings, and writes them back" {
	only_boxcar # runc 1.1 has none
	needs_idmap
	mkdir -m 777 "$BATS_TEST_TMPDIR/host"
	touch "$BATS_TEST_TMPDIR/host/file" && chown 1001:3002 "$BATS_TEST_TMPDIR/host" "$BATS_TEST_TMPDIR/host/file"
	add_mount "{\"destination\":\"/data\",\"source\":\"$BATS_TEST_TMPDIR/host\",\"options\":[\"bind\",\"idmap\"],
		\"uidMappings\":[{\"containerID\":1000,\"hostID\":2000,\"size\":10}],\"gidMappings\":[{\"containerID\":3000,\"hostID\":4000,\"size\":10}]}"
	config '.process.user = {"uid": 2003, "gid": 4004}'
	in_container /bin/sh -c 'busybox stat -c %u:%g /data/file; echo x >/data/new'
	gave 0 2001:4002
	[ "$(stat -c %u:%g "$BATS_TEST_TMPDIR/host/new")" = 1003:3004 ]
	config '.mounts[-1].options = ["bind"]' # mappings alone are as good
	in_container busybox stat -c %u:%g /data/file
	gave 0 2001:4002
}

@test "idmap in a user namespace takes its mappings, also when it is joined" {
	only_boxcar
	needs_idmap
	user_namespace
	mkdir "$BUNDLE/rootfs/data" "$BATS_TEST_TMPDIR/host" && touch "$BATS_TEST_TMPDIR/host/file"
	add_mount "{\"destination\":\"/data\",\"source\":\"$BATS_TEST_TMPDIR/host\",\"options\":[\"bind\",\"idmap\"]}"
	in_container /bin/sh -c 'busybox stat -c %u:%g /data/file; echo x >/data/new'
	gave 0 0:0
	[ "$(stat -c %u:%g "$BATS_TEST_TMPDIR/host/new")" = 0:0 ]
	unshare --user sleep 60 3>&- &
	local holder=$!
	eventually grep -q sleep "/proc/$holder/comm"
	echo 0 100000 5000 >"/proc/$holder/uid_map" && echo 0 100000 5000 >"/proc/$holder/gid_map"
	config '(.linux.namespaces[] | select(.type == "user")).path = $path | del(.linux.uidMappings, .linux.gidMappings)' \
		--arg path "/proc/$holder/ns/user"
	in_container busybox stat -c %u:%g /data/file
	kill "$holder"
	gave 0 0:0
}

@test "ridmap maps the mounts below, idmap does not" {
	only_boxcar
	needs_idmap
	mkdir -p "$BATS_TEST_TMPDIR"/{host/below,other}
	touch "$BATS_TEST_TMPDIR/other/file" && chown 1001:1001 "$BATS_TEST_TMPDIR/other/file"
	mount --bind "$BATS_TEST_TMPDIR/other" "$BATS_TEST_TMPDIR/host/below"
	add_mount "{\"destination\":\"/data\",\"source\":\"$BATS_TEST_TMPDIR/host\",\"options\":[\"rbind\",\"idmap\"],
		\"uidMappings\":[{\"containerID\":1000,\"hostID\":2000,\"size\":10}],\"gidMappings\":[{\"containerID\":1000,\"hostID\":2000,\"size\":10}]}"
	in_container busybox stat -c %u:%g /data/below/file
	gave 0 1001:1001
	config '.mounts[-1].options = ["rbind", "ridmap"]'
	in_container busybox stat -c %u:%g /data/below/file
	gave 0 2001:2001
}

@test "idmap of what cannot be mapped is an error that says so" {
	only_boxcar
	needs_kernel 5.12
	user_namespace
	add_mount '{"destination":"/data","source":"/proc/sys","options":["bind","idmap"]}'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "cannot be id-mapped"
	[[ $output == *"/mounts/"* && $output == *"/proc/sys"* ]]
	config '.mounts[-1] = {"destination":"/data","type":"tmpfs","source":"tmpfs","options":["idmap"]}'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "only a bind mount can be id-mapped"
	left_behind "$ID"
}

@test "the root is read-only when the config says so, and its mounts are not" {
	config '.root.readonly = true'
	tries write /new
	[ "$output" = EROFS ]
	tries write /dev/new
	[ "$output" = OK ]
	look
	mount_at / '.options | split(",") | index("ro") != null' true
	[ ! -e "$BUNDLE/rootfs/new" ]
}

@test "the root is writable otherwise" {
	config '.root.readonly = false'
	tries write /new
	[ "$output" = OK ]
	[ -e "$BUNDLE/rootfs/new" ]
}

@test "mount points are made in a root that will be read-only" {
	config '.root.readonly = true'
	add_mount '{"destination":"/made/here","type":"tmpfs","source":"tmpfs"}'
	look
	mount_at /made/here .type tmpfs
}

@test "an absolute and a relative root path, and one that is a symlink" {
	mv "$BUNDLE/rootfs" "$BATS_TEST_TMPDIR/elsewhere"
	config '.root.path = $path' --arg path "$BATS_TEST_TMPDIR/elsewhere"
	in_container /probe echo absolute
	gave 0 absolute
	is_boxcar || return 0 # runc wants no symlink here
	ln -s "$BATS_TEST_TMPDIR/elsewhere" "$BUNDLE/link"
	config '.root.path = "link"'
	in_container /probe echo linked
	gave 0 linked
}

@test "--no-pivot gives the same container" {
	args /probe json
	rt run --no-pivot --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/seen"
	mount_at /proc .type proc
	saw '[.root[].path | select(. == "/probe")] | length' 1
}

@test "the propagation of the root is private by default and as the config says" {
	look
	saw '[.mounts[].propagation | select(contains("shared"))]' '[]'
	local word
	for word in shared unbindable private; do
		config '.linux.rootfsPropagation = $word' --arg word $word
		look
		case $word in
		shared) mount_at / '.propagation | contains("shared:")' true ;;
		unbindable) mount_at / .propagation unbindable ;;
		private) mount_at / .propagation "" ;;
		esac
	done
}

@test "a mount made on the host after start is seen only with slave propagation" {
	mkdir -p "$BATS_TEST_TMPDIR/shared/late"
	mount --bind "$BATS_TEST_TMPDIR/shared" "$BATS_TEST_TMPDIR/shared"
	mount --make-shared "$BATS_TEST_TMPDIR/shared"
	config '.linux.rootfsPropagation = "rslave"'
	add_mount "{\"destination\":\"/data\",\"source\":\"$BATS_TEST_TMPDIR/shared\",\"options\":[\"rbind\",\"rslave\"]}"
	add_mount "{\"destination\":\"/alone\",\"source\":\"$BATS_TEST_TMPDIR/shared\",\"options\":[\"rbind\",\"rprivate\"]}"
	started
	mount -t tmpfs late "$BATS_TEST_TMPDIR/shared/late"
	local seen=$(awk '{ print $5, $(NF-1) }' "/proc/$PID/mountinfo")
	umount "$BATS_TEST_TMPDIR/shared/late"
	umount "$BATS_TEST_TMPDIR/shared"
	[[ $seen == *"/data/late late"* ]]
	[[ $seen != *"/alone/late late"* ]]
}

@test "a mount made in the container does not reach the host" {
	config '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"] | unique)'
	in_container /bin/sh -c 'busybox mount -t tmpfs inside-'"$ID"' /tmp && busybox mount'
	gave 0 "inside-$ID"
	not grep -q "inside-$ID" /proc/self/mountinfo
}

@test "a cgroup mount shows the container's cgroup read-only" {
	look
	saw '[.mounts[] | select(.destination | startswith("/sys/fs/cgroup"))] | length > 0' true
	saw '[.mounts[] | select(.type == "cgroup" or .type == "cgroup2") | .options | split(",") | index("ro")] | all(. != null)' true
	! is_boxcar || mount_at /sys/fs/cgroup '.options | split(",") | index("ro") != null' true
	is_pure_v2_host || mount_at /sys/fs/cgroup/memory .type cgroup
	tries write "$(jq -r '[.mounts[] | select(.type | startswith("cgroup"))][0].destination' "$BATS_TEST_TMPDIR/seen")/cgroup.procs" 1
	[ "$output" = EROFS ]
}

@test "what the container mounts does not reach a host whose mounts are shared" {
	add_mount '{"destination":"/tmp","type":"tmpfs","source":"inside"}'
	args /probe true
	# a namespace of our own stands for the host
	unshare -m --propagation shared sh -c 'mount --bind "$1" "$1" && shift && "$@" && cat /proc/self/mountinfo' sh \
		"$BUNDLE" "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/after"
	grep -q "$BUNDLE " "$BATS_TEST_TMPDIR/after"
	not grep -q "$BUNDLE/rootfs" "$BATS_TEST_TMPDIR/after"
	not grep -q ' inside ' "$BATS_TEST_TMPDIR/after"
}

@test "a thousand mounts" {
	config '.mounts += [range(1000) | {"destination": "/many/\(.)", "type": "tmpfs", "source": "m"}]'
	look
	saw '[.mounts[] | select(.source == "m")] | length' 1000
	left_behind "$ID"
}
