# exec: another process in a running container, with the same confinement.
load harness

# What an exec'd probe sees, kept like look's: exec_look [EXEC-OPTIONS...]
exec_look() {
	rt exec "$@" "$ID" /probe json </dev/null >"$BATS_TEST_TMPDIR/seen"
}

@test "exec prints, reads stdin and gives the exit code" {
	started
	run rt exec "$ID" /probe echo inside
	gave 0 inside
	output=$(echo typed | rt exec "$ID" /probe cat)
	[ "$output" = typed ]
	for code in 0 1 42 254; do
		run rt exec "$ID" /probe exit $code
		gave $code
	done
	has_status running
}

@test "exec's exit code is 128 + N when signal N ended it" {
	started
	run rt exec "$ID" /bin/sh -c 'kill -KILL $$'
	gave 137
}

@test "the command's own options stay its own" {
	started
	run rt exec "$ID" /bin/sh -c 'echo "$@"' sh -t -d --env
	gave 0 "-t -d --env"
}

@test "it enters every namespace and cgroup of the container" {
	config '.linux.namespaces |= (map(select(.type != "cgroup")) + [{"type":"cgroup"}])'
	started
	exec_look
	local name
	for name in cgroup ipc mnt net pid uts user; do
		saw .namespaces.$name "$(readlink "/proc/$PID/ns/$name")"
	done
	saw '[.cgroups[] | split(":")[2]] | unique' '["/"]'
	saw '.pid > 1' true
	saw '.root | map(.path) | index("/probe") != null' true
}

@test "the same capabilities, limits, filter, ids and privileges as the container's process" {
	config '.process.noNewPrivileges = true | .process.capabilities |= map_values(["CAP_CHOWN"]) | del(.process.capabilities.ambient)
		| .process.capabilities.inheritable = [] | .process.rlimits = [{"type":"RLIMIT_CORE","soft":77,"hard":99}]
		| .process.user = {"uid":0,"gid":7,"additionalGids":[8]} | .process.oomScoreAdj = 321
		| .linux.seccomp = {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["unshare"],"action":"SCMP_ACT_ERRNO","errnoRet":95}]}'
	started
	exec_look
	saw .capabilities.bounding 0000000000000001
	saw .capabilities.effective 0000000000000001
	saw .capabilities.inheritable 0000000000000000
	saw .capabilities.ambient 0000000000000000
	saw '.rlimits.RLIMIT_CORE | [.soft, .hard]' '[77,99]'
	saw .noNewPrivileges true
	saw .seccomp 2
	saw .gid.real 7
	saw .oomScoreAdj 321
	saw .signals.blocked 0000000000000000
	saw .parentDeathSignal 0
	saw '.descriptors | keys' '["0","1","2"]'
	run rt exec "$ID" /probe call unshare 0
	[[ $output == *ENOTSUP* || $output == *EOPNOTSUPP* ]]
}

@test "user, environment and directory by options" {
	config '.process.env = ["PATH=/bin", "A=config"]'
	started
	exec_look --user 1000:1001 --env B=new --env A=changed --cwd /tmp
	saw '[.uid.real, .gid.real]' '[1000,1001]'
	saw .cwd /tmp
	saw '[.env[] | select(startswith("B="))]' '["B=new"]'
	saw '[.env[] | select(startswith("A="))] | last' A=changed
	saw .capabilities.effective 0000000000000000
}

@test "users out of range or unknown are refused, never root" {
	started
	local user
	for user in 4294967295 4294967296 -1 1e3 0x0 99999999999 "1:4294967295" ":" no-such-user; do
		run rt exec --user="$user" "$ID" /probe json
		[ "$status" -ne 0 ] || { is_boxcar && echo "accepted: $user" && return 1; }
	done
	is_boxcar || skip "runc takes 4294967296 for root"
}

@test "a process from a file" {
	started
	jq -n '{"args":["/probe","json"],"cwd":"/tmp","env":["X=y"],"user":{"uid":5,"gid":6},"noNewPrivileges":true,
		"capabilities":{"bounding":["CAP_KILL"]}}' >"$BATS_TEST_TMPDIR/process.json"
	rt exec --process "$BATS_TEST_TMPDIR/process.json" "$ID" </dev/null >"$BATS_TEST_TMPDIR/seen"
	saw '[.uid.real, .gid.real, .cwd, .noNewPrivileges]' '[5,6,"/tmp",true]'
	saw '[.env[] | select(startswith("HOME=") | not)]' '["X=y"]'
	saw .capabilities.bounding 0000000000000020
}

@test "a detached exec returns at once, with a pid file, and dies with the container" {
	started
	rt exec --detach --pid-file "$BATS_TEST_TMPDIR/exec-pid" "$ID" /probe sleep 600 </dev/null >/dev/null 2>&1
	local pid=$(<"$BATS_TEST_TMPDIR/exec-pid")
	[[ "$(od -An -c "$BATS_TEST_TMPDIR/exec-pid" | tr -d ' ')" =~ ^[0-9]+$ ]]
	[ "$(readlink "/proc/$pid/ns/pid")" = "$(readlink "/proc/$PID/ns/pid")" ]
	rt delete --force "$ID"
	is_gone "$pid"
	left_behind "$ID"
}

@test "a missing or forbidden command" {
	started
	run rt exec "$ID" nothing-here
	gave 255 "executable file not found in \$PATH"
	run rt exec "$ID" /nothing/here
	gave 255 "no such file or directory"
	run rt exec "$ID" /etc/passwd
	gave 255 "permission denied"
	has_status running
}

@test "exec in a stopped, unknown or paused container" {
	started /probe true
	eventually has_status stopped
	run rt exec "$ID" /probe true
	gave 255 "cannot exec in a stopped container"
	run rt exec no-such-container /probe true
	[ "$status" -ne 0 ]
	[[ $output == *"does not exist"* ]]
}

@test "exec works in a created container" {
	args /probe sleep 600
	rt create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	run rt exec "$ID" /probe echo early
	gave 0 early
	has_status created
}

@test "exec leaves nothing in the cgroup and no zombie inside" {
	started
	for round in 1 2 3 4 5; do rt exec "$ID" /probe true; done
	run rt exec "$ID" busybox ps -o pid,stat,args
	gave 0
	[[ $output != *" Z"* ]]
}

@test "exec --tty gives a terminal" {
	started
	run "$TOOLS/pty" -- "$RUNTIME" --root "$ROOT" exec --tty "$ID" /probe size
	gave 0
	[[ $output == *"24 80"* ]] || ! is_boxcar # runc leaves it 0 0
}

@test "exec with a console socket" {
	started
	"$TOOLS/console" "$BATS_TEST_TMPDIR/s" >"$BATS_TEST_TMPDIR/console" 2>&1 </dev/null 3>&- &
	eventually grep -q listening "$BATS_TEST_TMPDIR/console"
	rt exec --tty --detach --console-socket "$BATS_TEST_TMPDIR/s" "$ID" /probe json </dev/null >"$BATS_TEST_TMPDIR/o" 2>&1
	eventually grep -q '^{' "$BATS_TEST_TMPDIR/console"
	wait $!
	grep '^{' "$BATS_TEST_TMPDIR/console" | tr -d '\r' >"$BATS_TEST_TMPDIR/seen"
	saw '.terminal.name | startswith("/dev/pts/")' true
	saw '.terminal.session == .session' true
}

@test "no way out through an entering process: descriptors" {
	config '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"] | unique)'
	started /probe fdhunt 4
	local end=$((SECONDS + 3))
	while [ $SECONDS -lt $end ]; do rt exec "$ID" /probe true || break; done
	eventually has_status stopped
	jq -e '.found == []' "$BATS_TEST_TMPDIR/out" || { cat "$BATS_TEST_TMPDIR/out"; return 1; }
	jq -e '.looked > 100' "$BATS_TEST_TMPDIR/out"
}

# While COMMAND... runs again and again, a container's process with CAP_SYS_PTRACE looks at the executables of its neighbours.
hunted() {
	cp "$RUNTIME" "$BATS_TEST_TMPDIR/copy"
	local before=$(sha256sum <"$BATS_TEST_TMPDIR/copy") end
	config '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"] | unique)'
	RUNTIME=$BATS_TEST_TMPDIR/copy started /probe exehunt 4
	end=$((SECONDS + 3))
	while [ $SECONDS -lt $end ]; do RUNTIME=$BATS_TEST_TMPDIR/copy "$@" || break; done
	eventually has_status stopped
	jq -e '.interesting > 0' "$BATS_TEST_TMPDIR/out"
	# what it could write were copies of the image's own programs, never ours
	jq -e 'all(.found[].target; test("/bin/busybox|/probe"))' "$BATS_TEST_TMPDIR/out" || { cat "$BATS_TEST_TMPDIR/out"; return 1; }
	[ "$(sha256sum <"$BATS_TEST_TMPDIR/copy")" = "$before" ]
}

@test "no way to the runtime's own program: executables" {
	hunted rt exec "$ID" /bin/busybox true
}

@test "no way to the runtime's own program from a user namespace" {
	user_namespace
	hunted rt exec "$ID" /bin/busybox true
}

# A neighbour that shares the pid namespace, and the user namespace where there is one.
neighbour() {
	local pid
	pid=$(rt state "$ID" | jq .pid)
	jq --arg of "/proc/$pid/ns" '.process.args = ["/bin/busybox", "true"] | .linux.uidMappings = [] | .linux.gidMappings = []
		| .linux.namespaces |= map(if .type == "pid" or .type == "user" then .path = "\($of)/\(.type)" else . end)' \
		"$BUNDLE/config.json" >"$BUNDLE/neighbour.json"
	rt run --bundle "$BUNDLE" --config neighbour.json "$ID-n" </dev/null
}

@test "no way to the runtime's own program when a neighbour is made" {
	only_boxcar
	hunted neighbour
}

@test "no way to the runtime's own program when a neighbour is made in a user namespace" {
	only_boxcar
	user_namespace
	hunted neighbour
}

@test "/proc/self/exe as the command is not the runtime" {
	started
	run rt exec "$ID" /proc/self/exe --version
	[[ $output != *"spec:"* ]]
	in_container_too() { ID=$ID-2 in_container /proc/self/exe --version; }
	in_container_too
	[[ $output != *"spec:"* ]]
}

@test "a hostile passwd does not stop exec" {
	only_boxcar # runc waits for a writer for ever
	started
	rm "$BUNDLE/rootfs/etc/passwd"
	mkfifo "$BUNDLE/rootfs/etc/passwd"
	try timeout 5 "$RUNTIME" --root "$ROOT" exec --user 1000 "$ID" /probe true
	[ "$status" = 0 ]
}

@test "warnings about the process are told, as create tells them" {
	only_boxcar
	started
	echo '{"args":["/probe","true"],"cwd":"/","user":{"uid":0,"gid":0},"noSuchThing":1,
		"capabilities":{"bounding":["CAP_OF_THE_FUTURE"]}}' >"$BATS_TEST_TMPDIR/process.json"
	run rt exec --process "$BATS_TEST_TMPDIR/process.json" "$ID"
	gave 0 "warning: /noSuchThing"
	gave 0 CAP_OF_THE_FUTURE
}
