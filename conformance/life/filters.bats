# The runtime behind a seccomp filter, as inside a container: a call that is refused, with EPERM or as one that there is not, is
# replaced by another way that is as safe, or it is named.
load harness

# behind ERRNO CALL[,CALL...] ARGUMENT... of the runtime
behind() {
	local command=("$PROBE" without "$1" "$2" "$RUNTIME" --root "$ROOT" "${@:3}")
	case $VIEW in
	host) "${command[@]}" ;;
	v2) unshare -m --propagation private sh -c 'mount --bind /sys/fs/cgroup/unified /sys/fs/cgroup && exec "$@"' sh "${command[@]}" ;;
	esac
}

# clone with any namespace
namespaces=clone:0:0x20000,clone:0:0x02000000,clone:0:0x04000000,clone:0:0x08000000,clone:0:0x10000000,clone:0:0x20000000,clone:0:0x40000000
map='[{containerID: 0, hostID: 0, size: 1000}]'

@test "clone3 refused: clone makes the same namespaces" {
	only_boxcar
	for more in '[]' '[{type: "time"}]' '[{type: "user"}]' '[{type: "user"}, {type: "time"}]'; do
		config ".linux.namespaces = (.linux.namespaces | map(select(.type != \"user\" and .type != \"time\"))) + $more |
			if $more[0].type == \"user\" then .linux.uidMappings = $map | .linux.gidMappings = $map else . end"
		for number in EPERM ENOSYS; do
			args sh -c 'for n in mnt pid net uts ipc cgroup user time; do readlink /proc/self/ns/$n; done'
			run behind $number clone3 run --bundle "$BUNDLE" "$ID"
			gave 0
			[ "$(printf '%s\n' "$output" | grep -v -x -F -f <(for n in mnt pid net uts ipc cgroup user time; do
				readlink /proc/self/ns/$n; done) | wc -l)" = $((6 + $(jq length <<<"${more//type/\"type\"}"))) ]
		done
	done
}

@test "clone3 refused: the process is in its cgroup from the first moment on, on v2, too" {
	only_boxcar
	view v2
	args /probe sleep 600
	for number in EPERM ENOSYS; do
		try behind $number clone3 create --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$ID"
		gave 0
		pid=$(<"$BATS_TEST_TMPDIR/pid")
		grep -q "^0::.*/$ID\$" "/proc/$pid/cgroup"
		behind $number clone3 start "$ID"
		try behind $number clone3 exec --detach --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" /probe sleep 600
		gave 0
		grep -q "^0::.*/$ID\$" "/proc/$(<"$BATS_TEST_TMPDIR/pid")/cgroup"
		behind $number clone3 delete --force "$ID"
	done
}

@test "clone3 refused: hooks and other programs are started" {
	only_boxcar
	config '.hooks.createRuntime = [{path: "/bin/busybox", args: ["busybox", "touch", $file]}] |
		.hooks.createContainer = [{path: "/bin/busybox", args: ["busybox", "true"]}]' --arg file "$BATS_TEST_TMPDIR/hook"
	args /probe true
	run behind ENOSYS clone3 run --bundle "$BUNDLE" "$ID"
	gave 0
	[ -e "$BATS_TEST_TMPDIR/hook" ]
}

@test "calls that another way replaces, in every command" {
	only_boxcar
	config '.mounts += [{destination: "/host", type: "bind", source: "/etc", options: ["rbind", "ro"]}] | .hostname = "here"'
	args /probe sleep 600
	local devices=bpf # where v1 has the devices; on v2 nothing replaces it
	! is_pure_v2_host || devices=
	for call in openat2 fsopen,fsmount,fsconfig mount_setattr pidfd_getfd close_range keyctl statx $devices sched_setattr; do
		for number in EPERM ENOSYS; do
			try behind $number $call create --bundle "$BUNDLE" "$ID"
			[ "$status" = 0 ] || { echo "$call answered $number: $output"; return 1; }
			behind $number $call start "$ID"
			run behind $number $call exec "$ID" sh -c 'hostname; test -e /host/passwd && ! touch /host/x 2>/dev/null && echo fine'
			[ "$output" = "here"$'\n'"fine" ] || { echo "$call answered $number: $output"; return 1; }
			behind $number $call kill "$ID" KILL
			eventually has_status stopped
			behind $number $call delete "$ID"
		done
	done
}

@test "calls that nothing replaces are named, and the filter with them" {
	only_boxcar
	for pair in "clone3,$namespaces=clone init into its namespaces" clone3,clone=clone move_mount=move_mount open_tree=open_tree \
		"memfd_create=memory file" execveat=execveat pivot_root=pivot_root mount=mount umount2=umount2; do
		for number in EPERM ENOSYS; do
			run behind $number "${pair%=*}" run --bundle "$BUNDLE" "$ID"
			[ "$status" = 1 ] && [[ $output == *"${pair#*=}"*"seccomp filter"* ]] || { echo "$pair answered $number: $output"; return 1; }
			[ ! -e "$ROOT/$ID" ]
		done
	done
}

@test "a process that a filter does not let us open is not taken for one that has ended" {
	only_boxcar
	started
	for number in EPERM ENOSYS; do
		for command in state kill delete "exec"; do
			run behind $number pidfd_open $command "$ID" $([ $command != exec ] || echo /probe true)
			[ "$status" != 0 ] && [[ $output == *"open process $PID: "*"seccomp filter"* ]] || { echo "$command: $output"; return 1; }
		done
		run behind $number pidfd_open list
		[[ $output == *running* ]]
		run behind $number pidfd_send_signal kill "$ID" KILL
		[[ $output == *"send signal 9"*"seccomp filter"* ]]
	done
	[ "$(status_of "$ID")" = running ]
	rt delete --force "$ID"
}

@test "an ordinary user behind a filter that refuses user namespaces" {
	only_boxcar
	ordinary=$(mktemp -d /tmp/filters.XXXXXX)
	chmod 755 "$ordinary"
	install -m 755 "$RUNTIME" "$ordinary/boxcar"
	mkdir "$ordinary/b"
	cp -r "$BUNDLE/rootfs" "$ordinary/b"
	chown -R 4711:4711 "$ordinary/b"
	as() { # EPERM CALLS COMMAND...
		(cd "$ordinary/b" && "$PROBE" without "$1" "$2" /usr/bin/setpriv --reuid 4711 --regid 4711 --clear-groups \
			env HOME=/ XDG_RUNTIME_DIR="$ordinary/b" "${@:3}")
	}
	as EPERM clone3 "$ordinary/boxcar" spec --rootless
	sed -i 's/"terminal": true/"terminal": false/; s/"sh"/"\/probe", "true"/' "$ordinary/b/config.json"
	run as EPERM clone3 "$ordinary/boxcar" run "$ID"
	first=$status
	run as EPERM clone3,clone:0:0x10000000 "$ordinary/boxcar" run "$ID"
	rm -rf "$ordinary"
	[ "$first" = 0 ]
	gave 1 "clone init into its namespaces: operation not permitted"
	[[ $output == *"seccomp filter"*"user namespaces"* ]]
}
