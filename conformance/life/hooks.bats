# Hooks: each kind at its time, in its namespaces, told what it should be; what fails leaves nothing.
load harness

# Every hook is this one script, outside and inside: WORD TRACE-FILE. It appends the word and keeps its stdin beside.
hooks_setup() {
	T=$BATS_TEST_TMPDIR/t
	mkdir -p "$T" "$BUNDLE/rootfs/t"
	cat >"$T/hook" <<-'END'
		#!/bin/sh
		echo "$1" >>"$2/trace"
		cat >"$2/stdin.$1"
		readlink /proc/self/ns/mnt >"$2/ns.$1"
	END
	chmod 755 "$T/hook"
	cp "$T/hook" "$BUNDLE/rootfs/t/hook"
	config '.mounts += [{"destination": "/t", "type": "bind", "source": $t, "options": ["bind"]}]' --arg t "$T"
	cp /bin/busybox "$T/busybox"
}

# hook KIND PATH ARG...
hook() {
	local kind=$1 path=$2
	shift 2
	config '.hooks[$kind] += [{"path": $path, "args": $ARGS.positional, "env": ["PATH=/bin:/usr/bin"]}]' \
		--arg kind "$kind" --arg path "$path" --args -- "$@"
}

# The last hook of a kind gets this: with_last KIND FILTER
with_last() {
	config ".hooks.$1[-1] |= ($2)"
}

all_kinds() {
	local kind
	config '.root.readonly = false'
	for kind in poststop poststart createContainer createRuntime prestart; do
		hook $kind "$T/hook" hook $kind "$T"
	done
	config '.mounts |= map(select(.destination != "/proc")) + [{"destination": "/proc", "type": "proc", "source": "proc"}]'
	hook startContainer /bin/sh sh -c 'echo startContainer >>/t/trace; cat >/t/stdin.startContainer'
}

trace() {
	paste -sd' ' "$T/trace"
}

told() {
	local found
	found=$(jq -r -c "$2" "$T/stdin.$1")
	[ "$found" = "$3" ] || { echo "$1: $2: expected $3, was told $found"; return 1; }
}

nothing_left() {
	[ ! -e "$ROOT/$ID" ]
	left_behind "$ID"
}

@test "every kind runs in the order of the specification" {
	only_boxcar # runc 1.1 runs poststart hooks in create, and says created
	hooks_setup
	all_kinds
	started
	[ "$(trace)" = "prestart createRuntime createContainer startContainer poststart" ]
	rt kill "$ID" KILL
	eventually has_status stopped
	rt delete "$ID"
	[ "$(trace)" = "prestart createRuntime createContainer startContainer poststart poststop" ]
	nothing_left
}

@test "create runs the first three kinds, start the next two" {
	only_boxcar # runc 1.1 runs poststart hooks in create, and says created
	hooks_setup
	all_kinds
	args /probe sleep 600
	rt create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	[ "$(trace)" = "prestart createRuntime createContainer" ]
	rt start "$ID"
	[ "$(trace)" = "prestart createRuntime createContainer startContainer poststart" ]
	rt delete --force "$ID"
	[ "$(trace)" = "prestart createRuntime createContainer startContainer poststart poststop" ]
}

@test "run in the foreground runs them all" {
	only_boxcar # runc 1.1 runs poststart hooks in create, and says created
	hooks_setup
	all_kinds
	in_container /probe true
	gave 0
	[ "$(trace)" = "prestart createRuntime createContainer startContainer poststart poststop" ]
}

@test "the hooks of one kind run in the listed order" {
	hooks_setup
	for word in a b c; do hook createRuntime "$T/hook" hook $word "$T"; done
	for word in d e; do hook createContainer "$T/hook" hook $word "$T"; done
	for word in x y z; do hook poststop "$T/hook" hook $word "$T"; done
	in_container /probe true
	gave 0
	[ "$(trace)" = "a b c d e x y z" ]
}

@test "stdin tells the state: status, pid, bundle, annotations" {
	only_boxcar # runc 1.1 runs poststart hooks in create, and says created
	hooks_setup
	all_kinds
	config '.annotations = {"one": "1 \"quoted\"", "two": ""}'
	started
	rt delete --force "$ID"
	for kind in prestart createRuntime createContainer startContainer; do
		told $kind .status created
	done
	told poststart .status running
	told poststop .status stopped
	for kind in prestart createRuntime poststart; do
		told $kind .pid "$PID"
	done
	for kind in prestart createRuntime createContainer startContainer poststart poststop; do
		told $kind .id "$ID"
		told $kind .bundle "$BUNDLE"
		told $kind .annotations.one '1 "quoted"'
	done
}

@test "hooks inside are told the pid that the container sees" {
	hooks_setup
	all_kinds
	started
	told createContainer .pid 1
	told startContainer .pid 1
	rt delete --force "$ID"
	rm -f "$T"/trace "$T"/stdin*
	config '.linux.namespaces |= map(select(.type != "pid"))'
	started
	told createContainer .pid "$PID"
	told startContainer .pid "$PID"
}

@test "a state of more than a pipe's size arrives whole" {
	hooks_setup
	all_kinds
	head -c 300000 /dev/zero | tr '\0' x >"$T/large"
	config '.annotations.large = $large' --rawfile large "$T/large"
	started
	for kind in prestart createContainer startContainer poststart; do
		told $kind '.annotations.large | length' 300000
	done
}

@test "hooks outside have the runtime's namespaces, createContainer the container's mounts before the pivot" {
	hooks_setup
	all_kinds
	config '.hooks.createContainer += [{"path": "/bin/sh", "args": ["sh", "-c", "grep -c \"$2/proc \" /proc/self/mountinfo >$1/seen; readlink /proc/self/ns/uts >>$1/seen", "sh", $t, $r],
		"env": ["PATH=/bin:/usr/bin"]}]' --arg t "$T" --arg r "$BUNDLE/rootfs"
	args /bin/sh -c 'readlink /proc/self/ns/uts; readlink /proc/self/ns/mnt'
	ln -sf busybox "$BUNDLE/rootfs/bin/readlink"
	output=$(rt run --bundle "$BUNDLE" "$ID")
	for kind in prestart createRuntime poststart poststop; do
		[ "$(<"$T/ns.$kind")" = "$(readlink /proc/self/ns/mnt)" ]
	done
	[ "$(<"$T/ns.createContainer")" != "$(readlink /proc/self/ns/mnt)" ]
	[ "$(sed -n 1p "$T/seen")" = 1 ]
	[ "$(sed -n 2p "$T/seen")" = "${lines[0]-$(head -n 1 <<<"$output")}" ]
}

@test "what createContainer mounts in the root is there for the payload" {
	hooks_setup
	mkdir -p "$BUNDLE/rootfs/from-hook" "$T/shown"
	echo shown >"$T/shown/file"
	hook createContainer /bin/sh sh -c "mount --bind $T/shown $BUNDLE/rootfs/from-hook"
	in_container /bin/busybox cat /from-hook/file
	gave 0 shown
	nothing_left
	[ ! -e "$BUNDLE/rootfs/from-hook/file" ]
}

@test "args and env are the configuration's, nothing more" {
	only_boxcar # runc passes its own environment on where there is none
	hooks_setup
	config '.hooks.createRuntime = [{"path": $p, "args": ["a name", "two words", ""], "env": ["A=1", "B=two words"]}]' --arg p "$T/show"
	config '.hooks.createContainer = [{"path": $p}]' --arg p "$T/show"
	cat >"$T/show" <<-END
		#!/bin/busybox sh
		/bin/busybox tr '\\0' '\\n' </proc/\$\$/environ >$T/env.\$#
		/bin/busybox tr '\\0' '\\n' </proc/\$\$/cmdline | /bin/busybox tail -n +4 >$T/args.\$#
	END
	chmod 755 "$T/show"
	in_container /probe true
	gave 0
	[ "$(<"$T/env.2")" = $'A=1\nB=two words' ]
	[ "$(<"$T/args.2")" = "two words" ]
	[ ! -s "$T/env.0" ]
}

@test "hooks inherit no descriptor" {
	only_boxcar # a shell's own are told by what it lists
	hooks_setup
	local list="ls -l /proc/self/fd | awk '{ print \$9 }' | grep -v '^\$' | sort -n | paste -sd' ' -"
	hook createRuntime /bin/sh sh -c "$list >$T/fds.createRuntime"
	hook createContainer /bin/sh sh -c "$list >$T/fds.createContainer"
	hook poststop /bin/sh sh -c "$list >$T/fds.poststop"
	hook startContainer /bin/sh sh -c "busybox ls /proc/self/fd | paste -sd' ' - >/t/fds.startContainer"
	ln -sf busybox "$BUNDLE/rootfs/bin/paste"
	args /probe true
	rt run --bundle "$BUNDLE" --preserve-fds 2 "$ID" 3</dev/null 4</dev/null
	for kind in createRuntime createContainer startContainer poststop; do
		[ "$(<"$T/fds.$kind")" = "0 1 2 3" ] || { echo "$kind: $(<"$T/fds.$kind")"; return 1; } # 3: ls's own
	done
}

# --- failures ---------------------------------------------------------------------------------------------------------

@test "a failing hook of create: an error, nothing left, poststop runs, the payload does not" {
	hooks_setup
	for kind in prestart createRuntime createContainer; do
		rm -f "$T"/trace "$T"/ran
		config 'del(.hooks)'
		hook $kind /bin/sh sh -c 'exit 0'
		hook $kind /bin/sh sh -c 'echo it went wrong >&2; exit 3'
		hook $kind "$T/hook" hook never "$T"
		hook poststop "$T/hook" hook poststop "$T"
		args /bin/sh -c 'echo >/t/ran'
		try rt create --bundle "$BUNDLE" "$ID"
		[ "$status" -ne 0 ]
		[[ $output == *"it went wrong"* ]]
		if is_boxcar; then
			[[ $output == *"$kind hook 1 [\"sh\", \"-c\""*"ended with code 3 after 0."*"/hooks/$kind/1"* ]] || { echo "$output"; return 1; }
			[ "$(trace)" = poststop ]
		fi
		nothing_left
		[ ! -e "$T/ran" ]
	done
}

@test "a failing startContainer hook: start fails, nothing is left, poststop runs" {
	only_boxcar # runc's start does not see it
	hooks_setup
	hook startContainer /bin/sh sh -c 'echo it went wrong >&2; exit 3'
	hook poststop "$T/hook" hook poststop "$T"
	args /bin/sh -c 'echo >/t/ran'
	rt create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	try rt start "$ID"
	[ "$status" -ne 0 ]
	[[ $output == *"it went wrong"* ]]
	[ ! -e "$T/ran" ]
	is_boxcar || return 0 # runc leaves the stopped container
	[[ $output == *"startContainer hook 0 [\"sh\", "*"ended with code 3 after 0."*"/hooks/startContainer/0"* ]] || { echo "$output"; return 1; }
	[ "$(trace)" = poststop ]
	nothing_left
}

@test "a failing poststart hook: start fails, nothing is left, poststop runs" {
	only_boxcar # runc 1.1 runs poststart hooks in create, and says created
	hooks_setup
	hook poststart /bin/sh sh -c 'echo it went wrong >&2; exit 3'
	hook poststop "$T/hook" hook poststop "$T"
	args /probe sleep 600
	rt create --bundle "$BUNDLE" --pid-file "$T/pid" "$ID" </dev/null >/dev/null 2>&1
	try rt start "$ID"
	[ "$status" -ne 0 ]
	[[ $output == *"it went wrong"* ]]
	eventually is_gone "$(<"$T/pid")"
	[ "$(trace)" = poststop ]
	nothing_left
}

@test "run with a failing hook of any kind before the end fails and leaves nothing" {
	only_boxcar # runc's start does not see startContainer fail
	hooks_setup
	for kind in prestart createRuntime createContainer startContainer poststart; do
		for detach in "" --detach; do
			rm -f "$T/trace"
			config 'del(.hooks)'
			hook $kind /bin/sh sh -c 'exit 3'
			hook poststop "$T/hook" hook poststop "$T"
			args /probe sleep 600
			try rt run $detach --bundle "$BUNDLE" "$ID"
			[ "$status" -ne 0 ]
			is_boxcar || continue
			nothing_left
			[ "$(trace)" = poststop ] || { echo "$kind $detach: $(trace)"; return 1; }
		done
	done
}

@test "a failing poststop hook is a warning, and the next one runs" {
	only_boxcar # runc runs no further one
	hooks_setup
	hook poststop /bin/sh sh -c 'echo it went wrong >&2; exit 3'
	hook poststop "$T/hook" hook poststop "$T"
	started
	rt kill "$ID" KILL
	eventually has_status stopped
	try rt delete "$ID"
	[ "$status" = 0 ]
	[[ $output == *"it went wrong"* ]]
	[ "$(trace)" = poststop ]
	nothing_left
}

@test "a hook that a signal ends" {
	hooks_setup
	for kind in createRuntime createContainer startContainer; do
		config 'del(.hooks)'
		hook $kind /bin/sh sh -c 'kill -TERM $$'
		in_container /probe true
		[ "$status" -ne 0 ]
		is_boxcar && gave 1 "ended by signal 15"
		nothing_left
	done
}

@test "a hook that is missing, not executable, or a directory" {
	hooks_setup
	printf '#!/bin/sh\n' >"$T/plain"
	chmod 644 "$T/plain"
	for kind in createRuntime createContainer; do
		for path in /no/such "$T/plain" "$T"; do
			config 'del(.hooks)'
			hook $kind "$path" name
			in_container /probe true
			[ "$status" -ne 0 ]
			[ "$path" = /no/such ] && gave "$status" "no such file or directory" || gave "$status" "permission denied"
			is_boxcar && gave 1 "$kind hook 0 [\"name\"] cannot be executed"
			nothing_left
		done
	done
	config 'del(.hooks)'
	hook startContainer /no/such name
	in_container /probe true
	[ "$status" -ne 0 ]
	gave "$status" "no such file or directory"
	nothing_left
}

@test "a hook that is too slow is killed with its children" {
	only_boxcar # runc waits for the children
	hooks_setup
	for kind in createRuntime createContainer poststart startContainer; do
		config 'del(.hooks)'
		if [ $kind = startContainer ]; then
			hook $kind /bin/busybox sh -c 'busybox sleep 654 & echo slow >&2; wait'
		else
			hook $kind /bin/sh sh -c 'sleep 654 & echo slow >&2; wait'
		fi
		with_last $kind '.timeout = 1'
		args /probe sleep 600
		SECONDS=0
		try rt run --detach --bundle "$BUNDLE" "$ID"
		[ "$status" -ne 0 ]
		[ $SECONDS -lt 5 ]
		if is_boxcar; then
			gave 1 "was killed after 1."
			gave 1 "timeout: slow"
			eventually eval '! pgrep -f "sleep 654"'
			nothing_left
		fi
		rt delete --force "$ID" 2>/dev/null || true
	done
}

@test "the timeout is told from a hook that is quick enough" {
	only_boxcar # runc 1.1 runs poststart hooks in create, and says created
	hooks_setup
	all_kinds
	config '.hooks |= map_values(map(.timeout = 30))'
	in_container /probe true
	gave 0
	[ "$(trace)" = "prestart createRuntime createContainer startContainer poststart poststop" ]
}

@test "megabytes of output block nothing, and the end of stderr is told" {
	hooks_setup
	local noise='dd if=/dev/zero bs=1000 count=3000 2>/dev/null; dd if=/dev/zero bs=1000 count=3000 2>/dev/null | tr "\0" "e" >&2'
	for kind in prestart createContainer startContainer; do
		config 'del(.hooks)'
		[ $kind = startContainer ] && noise=$(sed 's/dd if/busybox dd if/g; s/tr "/busybox tr "/' <<<"$noise")
		hook $kind /bin/sh sh -c "$noise"
		in_container /probe echo payload
		gave 0 payload
		[ "$output" = payload ]
		is_boxcar || continue
		config 'del(.hooks)'
		hook $kind /bin/sh sh -c "$noise; echo the end >&2; exit 1"
		in_container /probe echo payload
		gave 1 "eeee"
		gave 1 "the end"
		[ ${#output} -lt 4500 ]
		nothing_left
	done
}

@test "a background process with the hook's stdout holds up nothing" {
	only_boxcar # runc waits for the pipe's end
	hooks_setup
	hook createRuntime /bin/sh sh -c 'sleep 5 & exit 0'
	hook createContainer /bin/sh sh -c 'sleep 5 & exit 0'
	SECONDS=0
	in_container /probe true
	gave 0
	[ $SECONDS -lt 4 ]
}

# --- ends -------------------------------------------------------------------------------------------------------------

@test "delete -f runs poststop hooks, of a created and of a running container" {
	hooks_setup
	hook poststop "$T/hook" hook poststop "$T"
	args /probe sleep 600
	rt create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	rt delete --force "$ID"
	[ "$(trace)" = poststop ]
	started
	rt delete --force "$ID"
	[ "$(trace)" = "poststop poststop" ]
}

@test "poststop hooks are those of create, whatever config.json says by now" {
	hooks_setup
	hook poststop "$T/hook" hook then "$T"
	started
	config 'del(.hooks)'
	hook poststop "$T/hook" hook now "$T"
	rt delete --force "$ID"
	[ "$(trace)" = "then" ]
}

@test "a damaged copy of the configuration: delete -f warns and deletes" {
	only_boxcar
	hooks_setup
	hook poststop "$T/hook" hook poststop "$T"
	started
	echo '{' >"$ROOT/$ID/config.json"
	try rt delete --force "$ID"
	[ "$status" = 0 ]
	[[ $output == *"whether there are poststop hooks is not known"* ]]
	nothing_left
}

@test "create killed while a hook runs: delete -f cleans up and runs poststop" {
	only_boxcar # runc leaks
	hooks_setup
	hook poststop "$T/hook" hook poststop "$T"
	for kind in createRuntime createContainer; do
		rm -f "$T"/trace "$T"/here
		config "del(.hooks.createRuntime, .hooks.createContainer)"
		hook $kind /bin/sh sh -c "echo \$\$ >$T/here; exec sleep 20"
		args /probe sleep 600
		"$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 &
		local runtime=$!
		eventually test -s "$T/here"
		kill -KILL $runtime
		wait $runtime || true
		try rt delete --force "$ID"
		[ "$status" = 0 ] || { echo "$output"; return 1; }
		is_boxcar && [ "$(trace)" = poststop ]
		nothing_left
		[ $kind = createContainer ] || eventually is_gone "$(<"$T/here")" # the other one ended with init; its pid is not ours
	done
}

@test "delete killed while a poststop hook runs: the hook ends, and delete again runs it again" {
	only_boxcar # runc forgets it
	hooks_setup
	hook poststop /bin/sh sh -c "echo \$\$ >$T/here; [ -e $T/quick ] || exec sleep 600"
	hook poststop "$T/hook" hook second "$T"
	for force in "" --force; do
		rm -f "$T"/trace "$T"/here "$T"/quick
		started
		rt kill "$ID" KILL
		eventually has_status stopped
		"$RUNTIME" --root "$ROOT" delete $force "$ID" </dev/null >/dev/null 2>&1 &
		local runtime=$!
		eventually test -s "$T/here"
		kill -KILL $runtime
		wait $runtime || true
		eventually is_gone "$(<"$T/here")"
		[ ! -e "$T/trace" ]
		has_status stopped
		: >"$T/quick"
		rt delete $force "$ID"
		[ "$(trace)" = second ]
		nothing_left
	done
}

@test "a hook has default signals, all of them" {
	only_boxcar # runc's are those of its own runtime
	hooks_setup
	for kind in createRuntime createContainer; do
		hook $kind /bin/sh sh -c "grep -E '^Sig(Ign|Blk)' /proc/self/status >$T/signals.$kind"
	done
	in_container /probe true
	gave 0
	for kind in createRuntime createContainer; do
		[ "$(grep -c '0000000000000000$' "$T/signals.$kind")" = 2 ] || { cat "$T/signals.$kind"; return 1; }
	done
}

@test "a container is creating while a hook of create runs, and state says so" {
	only_boxcar
	hooks_setup
	hook createRuntime /bin/sh sh -c "echo >$T/here; while [ ! -e $T/go ]; do sleep 0.05; done"
	args /probe sleep 600
	rt create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 &
	eventually test -e "$T/here"
	has_status creating
	: >"$T/go"
	wait $!
	has_status created
}

@test "hooks in a user namespace" {
	only_boxcar # runc 1.1 runs poststart hooks in create, and says created
	hooks_setup
	chmod 711 "$BATS_TEST_TMPDIR" "$T"
	chmod 777 "$T"
	all_kinds
	config '.linux.namespaces += [{"type": "user"}] | .linux.uidMappings = [{"containerID": 0, "hostID": 0, "size": 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	in_container /probe true
	gave 0
	[ "$(trace)" = "prestart createRuntime createContainer startContainer poststart poststop" ]
}

@test "the startContainer hook has the payload's user, the createContainer hook is root" {
	only_boxcar
	hooks_setup
	chmod 777 "$T"
	config '.process.user = {"uid": 1000, "gid": 1000}'
	ln -sf busybox "$BUNDLE/rootfs/bin/id"
	hook createContainer /bin/sh sh -c "id -u >$T/create"
	hook startContainer /bin/sh sh -c "id -u >/t/start"
	in_container /probe true
	gave 0
	[ "$(<"$T/create")" = 0 ]
	[ "$(<"$T/start")" = 1000 ]
}

@test "explain shows every hook with its place" {
	only_boxcar
	hooks_setup
	all_kinds
	run rt explain --bundle "$BUNDLE"
	for kind in prestart createRuntime poststart poststop; do
		[[ $output == *"outside  hook when=$kind number=0 "*"# /hooks/$kind/0"* ]]
	done
	for kind in createContainer startContainer; do
		[[ $output == *"inside   hook_inside when=$kind number=0 "*"# /hooks/$kind/0"* ]]
	done
}
