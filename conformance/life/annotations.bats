# Annotations of other runtimes that engines set, and what belongs to them.
load harness

hook_saying() {
	printf '#!/bin/sh\necho said by %s\necho complained by %s >&2\n' "$1" "$1" >"$BATS_TEST_TMPDIR/$1"
	chmod +x "$BATS_TEST_TMPDIR/$1"
}

@test "the output of hooks goes where annotations say" {
	only_boxcar # this is crun's
	local hook
	for hook in createRuntime poststart poststop; do
		hook_saying $hook
		config '.hooks[$ARGS.positional[0]] = [{"path": $ARGS.positional[1]}]' --args -- $hook "$BATS_TEST_TMPDIR/$hook"
	done
	config '.annotations = {"run.oci.hooks.stdout": $ARGS.positional[0], "run.oci.hooks.stderr": $ARGS.positional[1]}' \
		--args -- "$BATS_TEST_TMPDIR/hooks-out" "$BATS_TEST_TMPDIR/hooks-err"
	echo before >"$BATS_TEST_TMPDIR/hooks-out"
	started
	rt delete --force "$ID"
	[ "$(<"$BATS_TEST_TMPDIR/hooks-out")" = $'before\nsaid by createRuntime\nsaid by poststart\nsaid by poststop' ]
	[ "$(<"$BATS_TEST_TMPDIR/hooks-err")" = $'complained by createRuntime\ncomplained by poststart\ncomplained by poststop' ]
}

@test "the output of hooks inside goes there, too, long after create has ended" {
	only_boxcar # this is crun's
	hook_saying createContainer
	config '.hooks.createContainer = [{"path": $ARGS.positional[0]}] | .annotations = {"run.oci.hooks.stdout": $ARGS.positional[1],
		"run.oci.hooks.stderr": $ARGS.positional[2]}' \
		--args -- "$BATS_TEST_TMPDIR/createContainer" "$BATS_TEST_TMPDIR/hooks-out" "$BATS_TEST_TMPDIR/hooks-err"
	config '.hooks.startContainer = [{"path": "/bin/sh", "args": ["sh", "-c", "echo said inside; echo complained inside >&2"]},
		{"path": "/probe", "args": ["probe", "json"]}]'
	started /probe json
	[ "$(head -n 2 "$BATS_TEST_TMPDIR/hooks-out")" = $'said by createContainer\nsaid inside' ]
	[ "$(<"$BATS_TEST_TMPDIR/hooks-err")" = $'complained by createContainer\ncomplained inside' ] || { cat "$BATS_TEST_TMPDIR/hooks-err"; return 1; }
	tail -n +3 "$BATS_TEST_TMPDIR/hooks-out" >"$BATS_TEST_TMPDIR/seen"
	saw '.descriptors | keys' '["0","1","2"]'
	not grep -q hooks- "$BATS_TEST_TMPDIR/out" # nor has the payload
	# one that fails: what it wrote is in the file, and the error says how it ended
	rt delete --force "$ID"
	config '.hooks.startContainer = [{"path": "/bin/sh", "args": ["sh", "-c", "echo its reason >&2; exit 7"]}]'
	args /probe true
	rt create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	try rt start "$ID"
	gave 1 "startContainer hook 0"
	gave 1 "ended with code 7"
	grep -x "its reason" "$BATS_TEST_TMPDIR/hooks-err"
}

@test "a file for the output of hooks that cannot be opened is an error" {
	only_boxcar
	local hook
	for hook in createRuntime createContainer startContainer; do
		hook_saying $hook
		config '.hooks = {($ARGS.positional[0]): [{"path": $ARGS.positional[1]}]} | .annotations = {"run.oci.hooks.stdout": "/no/such/file"}' \
			--args -- $hook "$BATS_TEST_TMPDIR/$hook"
		try rt create --bundle "$BUNDLE" "$ID"
		gave 1 "open /no/such/file for the output of hooks: no such file or directory"
		[[ $output == *"/annotations/run.oci.hooks.stdout"* ]]
		[ ! -e "$ROOT/$ID" ]
	done
}

@test "the caller's groups are kept when an annotation says so" {
	only_boxcar # this is crun's
	config '.annotations = {"run.oci.keep_original_groups": "1"}'
	args /probe json
	setpriv --groups 4321,4322 "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/seen"
	saw '.groups | sort' '[4321,4322]'
	config '.process.user.additionalGids = [8]'
	run setpriv --groups 4321 "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	gave 0 "not set: the annotation run.oci.keep_original_groups"
	# exec keeps those of its own caller; and only the value 1 says so
	started
	setpriv --groups 77 "$RUNTIME" --root "$ROOT" exec "$ID" /probe json </dev/null >"$BATS_TEST_TMPDIR/seen" 2>/dev/null
	saw '.groups | sort' '[77]'
	rt delete --force "$ID"
	for annotations in '{}' '{"run.oci.keep_original_groups": "0"}'; do
		config '.annotations = $ARGS.positional[0]' --jsonargs -- "$annotations"
		args /probe json
		setpriv --groups 4321 "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/seen"
		saw '.groups | sort' '[8]'
	done
}

# The container's v2 cgroup, as the host sees it.
own_cgroup() {
	find /sys/fs/cgroup/unified /sys/fs/cgroup -maxdepth 8 -type d -name "$ID" -path "*/${1:-}*" 2>/dev/null | head -n 1
}

@test "a cgroup below is handed out: the container begins in it, owns it, and may divide it" {
	only_boxcar # this is crun's
	view v2
	local at inner
	config '.linux.cgroupsPath = $ARGS.positional[0] | .annotations = {"run.oci.delegate-cgroup": "payload"} |
		.linux.uidMappings = [{"containerID": 0, "hostID": 100000, "size": 65536}] | .linux.gidMappings = .linux.uidMappings |
		.linux.namespaces += [{"type": "user"}] |
		.mounts = [.mounts[] | select(.type != "cgroup" and .type != "sysfs")] +
			[{"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["nosuid", "noexec", "nodev", "rw"]}]' \
		--args -- "/$ID"
	chmod -R a+rX "$BATS_TEST_TMPDIR"
	chmod a+x "$BATS_RUN_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "$BATS_TEST_TMPDIR"
	mkdir -p "$BUNDLE/rootfs/sys/fs/cgroup"
	started /bin/sh -c 'cat /proc/self/cgroup >&2; mkdir /sys/fs/cgroup/payload/leaf && echo $$ >/sys/fs/cgroup/payload/leaf/cgroup.procs &&
		for c in $(cat /sys/fs/cgroup/payload/cgroup.controllers); do echo +$c >/sys/fs/cgroup/payload/cgroup.subtree_control || exit 9; done;
		echo done >&2; exec /probe sleep 600'
	eventually grep -q done "$BATS_TEST_TMPDIR/out"
	grep -x 0::/payload "$BATS_TEST_TMPDIR/out"
	at=$(own_cgroup) inner=$at/payload
	[ "$(stat -c %u "$inner" "$inner/cgroup.procs" "$inner/cgroup.subtree_control" | sort -u)" = 100000 ]
	[ "$(<"$at/cgroup.subtree_control")" = "$(<"$at/cgroup.controllers")" ]
	[ "$(<"$inner/leaf/cgroup.procs")" = "$PID" ]
	[ -z "$(<"$at/cgroup.procs")" ]
	# exec goes where the container's process is; pause, stats and the end reach all of it
	rt exec "$ID" /bin/sh -c 'cat /proc/self/cgroup' </dev/null >"$BATS_TEST_TMPDIR/exec"
	grep -x 0::/payload/leaf "$BATS_TEST_TMPDIR/exec"
	rt pause "$ID"
	has_status paused
	grep -x "frozen 1" "$inner/leaf/cgroup.events"
	rt resume "$ID"
	rt delete --force "$ID"
	[ ! -e "$at" ]
	is_gone "$PID"
}

@test "a cgroup to hand out that lies elsewhere, or on v1, is refused" {
	only_boxcar
	local bad
	for bad in .. ../x a/../../b /a a// ""; do
		config '.annotations = {"run.oci.delegate-cgroup": $ARGS.positional[0]}' --args -- "$bad"
		try rt create --bundle "$BUNDLE" "$ID"
		gave 1 "/annotations/run.oci.delegate-cgroup: must be a relative path"
	done
	config '.annotations = {"run.oci.delegate-cgroup": "payload"}'
	if ! is_pure_v2_host; then
		try rt create --bundle "$BUNDLE" "$ID"
		gave 1 "only cgroup v2 can be handed out"
	fi
	left_behind "$ID"
	rt features | jq -e '.annotations["org.boxcar.annotations"] | split(",") | index("run.oci.delegate-cgroup")'
}

@test "create hands out the pidfd: by annotation, and by option" {
	only_boxcar
	local way options=()
	for way in annotation option; do
		if [ $way = annotation ]; then
			config '.annotations = {"run.oci.pidfd_receiver": $ARGS.positional[0]}' --args -- "$BATS_TEST_TMPDIR/annotation"
		else
			config 'del(.annotations)'
			options=(--pidfd-socket "$BATS_TEST_TMPDIR/option")
		fi
		python3 "$BATS_TEST_DIRNAME/receive.py" "$BATS_TEST_TMPDIR/$way" >"$BATS_TEST_TMPDIR/received" 3>&- &
		eventually grep -q listening "$BATS_TEST_TMPDIR/received"
		rt create --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "${options[@]}" "$ID" </dev/null >/dev/null 2>&1
		wait $!
		grep -x "received standard pid $(<"$BATS_TEST_TMPDIR/pid")" "$BATS_TEST_TMPDIR/received"
		rt delete --force "$ID"
	done
}

@test "a pidfd that nobody takes makes create fail, and leaves nothing" {
	only_boxcar
	try rt create --bundle "$BUNDLE" --pidfd-socket "$BATS_TEST_TMPDIR/nobody" "$ID"
	gave 1 "hand the pidfd to its socket"
	[ ! -e "$ROOT/$ID" ]
	left_behind "$ID"
}

@test "annotations that are not carried out are told; those that are, are listed" {
	only_boxcar
	config '.annotations = {"run.oci.seccomp_bpf_data": "AAAA", "org.example.mine": "x"}'
	in_container /probe true
	gave 0 "/annotations/run.oci.seccomp_bpf_data"
	[[ $output != *org.example* ]]
	rt features | jq -e '.annotations["org.boxcar.annotations"] | split(",") | index("run.oci.pidfd_receiver")'
	rt features | jq -e '.potentiallyUnsafeConfigAnnotations | index("run.oci.")'
}
