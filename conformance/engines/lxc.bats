# The runtime inside an unprivileged container of Debian's LXC: root there is root of a user namespace, behind LXC's seccomp filter, with
# parts of /proc covered, and with cgroups only where they are given.
load harness

setup_file() {
	engine_prepare lxc busybox-static jq || return 1
	local root=$DIR/rootfs name
	chmod 711 "$DIR"
	mkdir -p "$DIR/path" "$root"/{bin,proc,sys,dev,tmp,run,etc,root} "$root"/b/rootfs/{bin,proc,sys,dev}
	cp /bin/busybox "$root/bin/busybox"
	for name in sh cat id sleep sed rm; do
		ln -s busybox "$root/bin/$name"
	done
	cp /bin/busybox "$root/b/rootfs/bin/busybox"
	ln -s busybox "$root/b/rootfs/bin/sh"
	install -m 755 "$RUNTIME" "$root/bin/boxcar"
	(cd "$root/b" && "$RUNTIME" spec && jq '.process.terminal = false | .process.args = ["sh", "-c", "echo nested"]' config.json >whole.json &&
		jq '.mounts |= map(select(.type != "cgroup"))' whole.json >plain.json &&
		jq '.linux.resources.pids.limit = 20' plain.json >limit.json &&
		jq '.process.args = ["busybox", "sleep", "600"]' plain.json >long.json && rm config.json) || return 1
	chown -R 100000:100000 "$root"
	give_processors
}

# LXC from 6 on leaves a cgroup of v1's without processors, and then it takes no process.
give_processors() {
	local at=/sys/fs/cgroup/cpuset file
	[ -e $at/cpuset.cpus ] || return 0
	mkdir "$at/$MARK"
	for file in cpuset.cpus cpuset.mems; do
		cat "$at/$file" >"$at/$MARK/$file"
	done
	echo 1 >"$at/$MARK/cgroup.clone_children"
}

teardown_file() {
	engine_finish
	# LXC makes it, to step aside while it removes the container's, and keeps it
	find /sys/fs/cgroup -maxdepth 2 -name lxc.pivot -exec rmdir {} + 2>/dev/null
	true
}

# inside [LINE-OF-THE-CONFIGURATION...] -- SCRIPT: what it prints. LXC takes newuidmap where it finds it, which root has no ids for.
inside() {
	{
		printf 'lxc.include = /usr/share/lxc/config/%s.conf\n' common userns
		printf 'lxc.uts.name = inside\nlxc.rootfs.path = dir:%s\n' "$DIR/rootfs"
		printf 'lxc.idmap = %s 0 100000 65536\n' u g
		printf 'lxc.net.0.type = empty\nlxc.apparmor.profile = unconfined\nlxc.tty.max = 0\nlxc.console.path = none\n'
		printf 'lxc.cgroup.dir = %s\nlxc.log.file = %s\nlxc.init.cmd = /script\n' "$MARK" "$BATS_TEST_TMPDIR/log"
		while [ "$1" != -- ]; do
			printf '%s\n' "$1"
			shift
		done
	} >"$DIR/config-$BATS_TEST_NUMBER"
	while [ "$1" != -- ]; do shift; done
	printf '#!/bin/sh\nexport PATH=/bin\ncd /b\n%s\n' "$2" >"$DIR/rootfs/script"
	chmod 755 "$DIR/rootfs/script"
	(
		PATH=/nowhere
		/usr/bin/timeout --foreground -k 5 60 /usr/bin/lxc-start --foreground --name "$MARK-$BATS_TEST_NUMBER" --lxcpath "$DIR/path" \
			--rcfile "$DIR/config-$BATS_TEST_NUMBER" </dev/null 2>&1 3>&-
	) || { /usr/bin/tail -n 5 "$BATS_TEST_TMPDIR/log"; return 1; }
}

@test "without cgroups: it works, and what needs one is named" {
	run inside -- 'boxcar run -f plain.json c'
	gave 0 nested
	run inside -- 'boxcar run -f whole.json c || true'
	[[ $output == *"/mounts/6: this host shows no cgroup hierarchy to mount"* ]]
	run inside -- 'boxcar run -f limit.json c || true'
	[[ $output == *"/linux/resources/pids: the limit needs "* ]]
}

@test "with cgroups of its own: limits, too" {
	is_pure_v2_host || dpkg --compare-versions "$(dpkg-query -W -f '${Version}' lxc)" lt 1:6 || skip "LXC from 6 on gives no cgroups of version 1"
	run inside "lxc.mount.auto = cgroup:rw:force" -- 'boxcar run -f whole.json c && boxcar run -f limit.json d'
	gave 0 $'nested\nnested'
}

@test "every command" {
	run inside -- 'boxcar run --detach -f long.json c </dev/null >/dev/null 2>&1; boxcar exec c sh -c "echo in"; boxcar ps --format json c >/dev/null &&
		boxcar kill c KILL; until boxcar state c | busybox grep -q stopped; do :; done; boxcar delete c; boxcar list --quiet; ls -A /run/user/0/boxcar'
	gave 0 in
}

@test "a user namespace of its own: what covers /proc is named, and with nesting.conf it works" {
	script='rm -f config.json; boxcar spec --rootless && sed -i "s/\"terminal\": true/\"terminal\": false/; s/\"sh\"/\"sh\", \"-c\", \"echo nested\"/" config.json
		boxcar run c; rm config.json'
	run inside -- "$script"
	[[ $output == *"mount proc on /proc"*"here mounts cover it: /proc/sys; "*"LXC: nesting.conf"* ]]
	run inside "lxc.include = /usr/share/lxc/config/nesting.conf" -- "$script"
	gave 0 nested
}

@test "a filter of LXC's that refuses what the runtime needs" {
	printf '2\ndenylist\nclone3 errno 38\npivot_root errno 1\n' >"$DIR/refused"
	run inside "lxc.seccomp.profile = $DIR/refused" -- 'boxcar run -f plain.json c || true'
	[[ $output == *"pivot_root: operation not permitted"*"seccomp filter"* ]]
	printf '2\ndenylist\nclone3 errno 38\nopenat2 errno 1\nfsopen errno 1\nmount_setattr errno 38\nkeyctl errno 1\n' >"$DIR/refused"
	run inside "lxc.seccomp.profile = $DIR/refused" -- 'boxcar run -f plain.json c'
	gave 0 nested
}
