# seccomp: actions, conditions, and that the filter holds for the payload only.
load harness

eval "common_$(declare -f teardown)" # the agent of a test ends before what is left is looked for

native=SCMP_ARCH_$(uname -m | tr a-z A-Z)

filter() {
	local what=$1
	shift
	config ".linux.seccomp = $what" "$@"
}

@test "a call is refused with the errno of the rule" {
	filter '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["'$native'"],"syscalls":[
		{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO"},
		{"names":["unshare"],"action":"SCMP_ACT_ERRNO","errnoRet":95}]}'
	tries call mkdir /dev/new 0755
	[ "$output" = EPERM ]
	tries call unshare 0
	[ "$output" = ENOTSUP ] || [ "$output" = EOPNOTSUPP ]
	look
	saw .seccomp 2
}

@test "the default errno" {
	filter '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpriority"],"action":"SCMP_ACT_ERRNO","errnoRet":38}]}'
	tries call getpriority 0 0
	[ "$output" = ENOSYS ]
}

@test "conditions of one rule are joined by and" {
	filter '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["getpriority"],"action":"SCMP_ACT_ERRNO","args":[
		{"index":0,"value":1,"op":"SCMP_CMP_EQ"},{"index":1,"value":1911,"op":"SCMP_CMP_EQ"}]}]}'
	tries call getpriority 1 1911
	[ "$output" = EPERM ]
	tries call getpriority 1 0
	[ "$output" = OK ]
	tries call getpriority 0 0
	[ "$output" = OK ]
}

@test "masked comparison, as Docker uses it for clone" {
	filter '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["personality"],"action":"SCMP_ACT_ERRNO","args":[
		{"index":0,"value":255,"valueTwo":8,"op":"SCMP_CMP_MASKED_EQ"}]}]}'
	tries call personality 0x108
	[ "$output" = EPERM ]
	tries call personality 0
	[ "$output" = OK ]
}

@test "kill ends the process with SIGSYS" {
	filter '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["acct"],"action":"SCMP_ACT_KILL_PROCESS"}]}'
	in_container /bin/sh -c '/probe call acct NULL; echo after: $?'
	gave 0 "after: 159"
}

@test "an allow list that lets the payload run is enough: the runtime needs nothing of it" {
	only_boxcar # runc needs close and more
	filter '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["execve","execveat","brk","arch_prctl","set_tid_address","set_robust_list",
		"rseq","prlimit64","readlink","readlinkat","getrandom","mprotect","exit_group","write","newfstatat","fstat","munmap","mmap"],"action":"SCMP_ACT_ALLOW"}]}'
	in_container /probe echo confined
	gave 0 confined
}

@test "it holds with and without noNewPrivileges, as root and as a user" {
	filter '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["unshare"],"action":"SCMP_ACT_ERRNO","errnoRet":95}]}'
	local nnp uid
	for nnp in true false; do
		for uid in 0 1000; do
			config ".process.noNewPrivileges = $nnp | .process.user = {\"uid\":$uid,\"gid\":$uid}"
			tries call unshare 0
			[ "$output" = ENOTSUP ] || [ "$output" = EOPNOTSUPP ]
		done
	done
	config '.process.user = {"uid":1000,"gid":1000} | .process.noNewPrivileges = false'
	look
	saw .noNewPrivileges false
	config 'del(.process.capabilities)'
	look
	saw .noNewPrivileges false
	saw .capabilities.effective 0000000000000000
}

@test "unknown calls are left out, unknown actions and operators are errors" {
	filter '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["no_such_call_at_all","unshare"],"action":"SCMP_ACT_ERRNO"}]}'
	tries call unshare 0
	[ "$output" = EPERM ]
	filter '{"defaultAction":"SCMP_ACT_NONSENSE"}'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	filter '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["unshare"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":1,"op":"NONSENSE"}]}]}'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
}

# As runc: a C library goes on to an older call on ENOSYS only.
@test "calls newer than all that the profile names get ENOSYS, older ones the default" {
	local rules='[{"names":["capset","execve","execveat","brk","arch_prctl","set_tid_address","set_robust_list","rseq","prlimit64","readlink",
		"readlinkat","getrandom","mprotect","exit_group","write","newfstatat","fstat","munmap","mmap","close","getpid","openat","epoll_pwait",
		"fcntl","read","futex","rt_sigreturn","rt_sigaction","rt_sigprocmask","sched_yield","nanosleep","sigaltstack","tgkill","getppid","prctl",
		"gettid","chdir","getcwd","fchdir","fstatfs","statfs","stat","lstat","setuid","setgid","setgroups","capget","pipe2","epoll_ctl",
		"epoll_create1","getdents64","faccessat","faccessat2","madvise","clone","clone3"],"action":"SCMP_ACT_ALLOW"}]'
	filter '{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":95,"architectures":["'$native'"],"syscalls":'"$rules"'}'
	tries call 600
	[ "$output" = ENOSYS ]
	tries call 438 -1 -1 0 # pidfd_getfd is older than faccessat2
	[ "$output" = ENOTSUP ] || [ "$output" = EOPNOTSUPP ]
	config '.linux.seccomp |= (.defaultAction = "SCMP_ACT_KILL_PROCESS" | del(.defaultErrnoRet))'
	tries call 600
	[ "$output" = ENOSYS ]
	config '.linux.seccomp |= (.defaultAction = "SCMP_ACT_LOG")'
	tries call 438 -1 -1 0
	[ "$output" = EBADF ]
}

# The flags that the filter was loaded with: loaded_with FLAG...
loaded_with() {
	config '.linux.seccomp.flags = ($ARGS.positional | map("SECCOMP_FILTER_FLAG_" + .))' --args -- "$@"
	args /probe call unshare 0
	strace -f -qq -o "$BATS_TEST_TMPDIR/trace" -e trace=seccomp "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" \
		>"$BATS_TEST_TMPDIR/said" 2>&1 || return 1
	grep -qE 'ENOTSUP|EOPNOTSUPP' "$BATS_TEST_TMPDIR/said" || { cat "$BATS_TEST_TMPDIR/said"; return 1; }
	sed -n 's/^[0-9]* *seccomp(SECCOMP_SET_MODE_FILTER, \([^{]*\), {len=.*/\1/p' "$BATS_TEST_TMPDIR/trace" | sed 's/SECCOMP_FILTER_FLAG_//g'
}

@test "the filter is loaded with the flags" {
	only_boxcar # runc 1.1 has no WAIT_KILLABLE_RECV
	filter '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["unshare"],"action":"SCMP_ACT_ERRNO","errnoRet":95}]}'
	[ "$(loaded_with)" = 0 ]
	[ "$(loaded_with TSYNC)" = TSYNC ]
	[ "$(loaded_with LOG)" = LOG ]
	[ "$(loaded_with SPEC_ALLOW)" = SPEC_ALLOW ]
	[ "$(loaded_with TSYNC LOG SPEC_ALLOW)" = "TSYNC|LOG|SPEC_ALLOW" ]
	[ "$(loaded_with WAIT_KILLABLE_RECV)" = 0 ] # nothing waits, and the kernel takes it of a listener only
	grep -q "/linux/seccomp/flags/0: no rule is SCMP_ACT_NOTIFY: it has no effect" "$BATS_TEST_TMPDIR/said"
	agent errno 95
	notify unshare
	[ "$(loaded_with)" = NEW_LISTENER ]
	[ "$(loaded_with TSYNC LOG)" = "TSYNC|LOG|NEW_LISTENER|TSYNC_ESRCH" ]
	! has_kernel 5.19 || [ "$(loaded_with WAIT_KILLABLE_RECV)" = "NEW_LISTENER|WAIT_KILLABLE_RECV" ]
}

# --- other architectures ----------------------------------------------------------------------------------------------

# One call of the 32-bit machine that this kernel also runs: narrow NUMBER [ARGUMENT]; its exit status is the errno.
narrow() {
	in_container /narrow "$@"
}

narrow_bundle() {
	"$TOOLS/narrow" 20 || skip "this kernel runs no 32-bit programs"
	cp "$TOOLS/narrow" "$BUNDLE/rootfs/narrow"
	other=SCMP_ARCH_X86
	[ "$native" = SCMP_ARCH_X86_64 ] || other=SCMP_ARCH_ARM
}

@test "a 32-bit program meets the rules by its own numbers, its own width, and its own newest call" {
	narrow_bundle
	filter '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["'$native'","'$other'"],"syscalls":[
		{"names":["acct"],"action":"SCMP_ACT_ERRNO","errnoRet":77},
		{"names":["getpriority"],"action":"SCMP_ACT_ERRNO","errnoRet":78,"args":[{"index":0,"value":4294967298,"op":"SCMP_CMP_EQ"}]}]}'
	narrow 51
	gave 77
	narrow 96 2 # all that there is to compare is the low half
	gave 78
	narrow 96 0
	gave 0
	narrow 20 # getpid; on x86-64 it is writev
	gave 0
	filter '{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":95,"architectures":["'$native'","'$other'"],"syscalls":[
		{"names":["execve","execveat","exit"],"action":"SCMP_ACT_ALLOW"}]}'
	narrow 20
	gave 95
	narrow 600
	gave 38
}

@test "a 32-bit program is killed where the profile does not name its architecture" {
	narrow_bundle
	filter '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["'$native'"],"syscalls":[{"names":["acct"],"action":"SCMP_ACT_ERRNO"}]}'
	narrow 20
	gave 159
}

@test "x32: its calls meet the rules where it is named, and else they kill" {
	[ "$native" = SCMP_ARCH_X86_64 ] || skip "only x86-64 has it"
	filter '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X32"],"syscalls":[
		{"names":["getpid"],"action":"SCMP_ACT_ERRNO","errnoRet":95}]}'
	tries call $((0x40000000 + 39))
	[ "$output" = ENOTSUP ] || [ "$output" = EOPNOTSUPP ]
	tries call getpid
	[ "$output" = ENOTSUP ] || [ "$output" = EOPNOTSUPP ]
	config '.linux.seccomp.architectures = ["SCMP_ARCH_X86_64"]'
	in_container /probe call $((0x40000000 + 39))
	gave 159
}

# --- notify -----------------------------------------------------------------------------------------------------------

# An agent that answers so: agent continue|errno N|value N|leave. Its pid in $AGENT.
agent() {
	A=$BATS_TEST_TMPDIR/agent
	mkdir -p "$A"
	"$TOOLS/listener" "$A/socket" "$A" "$@" </dev/null >"$A/output" 2>&1 3>&- &
	AGENT=$!
	eventually [ -e "$A/ready" ]
}

teardown() {
	[ -z "${AGENT-}" ] || kill "$AGENT" 2>/dev/null || true
	common_teardown
}

# The filter: notify NAME...
notify() {
	filter '{"defaultAction":"SCMP_ACT_ALLOW","listenerMetadata":"some \"words\"",
		"syscalls":[{"names":$ARGS.positional,"action":"SCMP_ACT_NOTIFY"}]} | .linux.seccomp.listenerPath = $path' \
		--arg path "$A/socket" --args -- "$@"
}

# What the agent was told, once it has all of it: told NUMBER FILTER EXPECTED
told() {
	local found
	eventually [ -s "$A/fds.$1" ]
	found=$(jq -r -c "$2" "$A/state.$1")
	[ "$found" = "$3" ] || { echo "$2: expected $3, was told $found"; return 1; }
}

@test "notify: the agent gets one state and one descriptor, and its answer is the call's" {
	agent errno 95
	notify unshare
	config '.annotations = {"a": "1"}'
	tries call unshare 0
	[ "$output" = ENOTSUP ] || [ "$output" = EOPNOTSUPP ]
	[ "$(<"$A/fds.1")" = 1 ]
	told 1 '.fds' '["seccompFd"]'
	told 1 '.ociVersion == .state.ociVersion' true
	told 1 '.metadata' 'some "words"'
	told 1 '.pid == .state.pid' true
	told 1 '.state.id' "$ID"
	told 1 '.state.bundle' "$BUNDLE"
	told 1 '.state.annotations.a' 1
	[ "$(wc -l <"$A/calls.1")" = 1 ]
	[ ! -e "$A/state.2" ]
}

@test "notify: create and start, then exec: each has its own listener and pid" {
	agent value 0
	notify unshare
	started /bin/sh -c '/probe call unshare 0x40000000; sleep 600'
	told 1 '.pid' "$PID"
	told 1 '.state.status' created
	eventually [ -s "$A/calls.1" ]
	run rt exec "$ID" /probe call unshare 0x40000000
	gave 0 '"result":0'
	told 2 '.state.pid' "$PID"
	told 2 '.pid != .state.pid' true
	told 2 '.state.status' running
	[ "$(wc -l <"$A/calls.2")" = 1 ]
	rt exec --detach --pid-file "$A/pid" "$ID" /probe sleep 600
	told 3 '.pid' "$(<"$A/pid")"
}

@test "notify on the calls that a runtime would need itself, the exec among them" {
	only_boxcar # runc refuses write, and waits for itself with some others
	agent continue
	notify write sendmsg sendto recvfrom read close fcntl openat ppoll execve exit_group mmap munmap prctl
	in_container /probe echo confined
	gave 0 confined
	[ "$(wc -l <"$A/calls.1")" -gt 1 ]
	started /probe sleep 600
	run rt exec "$ID" /probe echo confined
	gave 0 confined
}

@test "notify with each flag, as a user, without and with noNewPrivileges, in a user namespace, in a joined pid namespace" {
	agent errno 95
	notify unshare
	local change killable='"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", '
	has_kernel 5.19 || killable=
	for change in '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_TSYNC"]' \
		".linux.seccomp.flags = [$killable\"SECCOMP_FILTER_FLAG_LOG\", \"SECCOMP_FILTER_FLAG_SPEC_ALLOW\"]" \
		'.process.user = {"uid":1000,"gid":1000}' '.process.noNewPrivileges = false' \
		'.linux.uidMappings = [{"containerID":0,"hostID":100000,"size":65536}] | .linux.gidMappings = .linux.uidMappings |
			.linux.namespaces += [{"type":"user"}]' \
		'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(select(.type != "user")) |
			(.linux.namespaces[] | select(.type == "pid")).path = "/proc/self/ns/pid"'; do
		config "$change"
		chmod 711 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR" "$BUNDLE"
		tries call unshare 0
		[ "$output" = ENOTSUP ] || [ "$output" = EOPNOTSUPP ] || { echo "$change: $output"; return 1; }
	done
}

@test "notify: nobody listens: start fails, the container stays, and starts once somebody does" {
	A=$BATS_TEST_TMPDIR/agent
	notify unshare
	args /probe sleep 600
	rt create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	try rt start "$ID"
	gave 1 "connect to the socket $A/socket: no such file or directory"
	[[ $output =~ \(/linux/seccomp/listenerPath,\ config.json:[0-9]+:[0-9]+\) ]]
	has_status created
	agent continue
	rt start "$ID"
	has_status running
	kill "$AGENT"
	eventually is_gone "$AGENT"
	try rt exec "$ID" /probe true
	gave 255 "onnection refused"
	rm -f "$A/socket" "$A/ready"
	in_container /probe true
	ID=$ID-run in_container /probe true
	gave 1 "no such file or directory"
	[ ! -e "$ROOT/$ID-run" ]
}

@test "notify: an agent that reads nothing yet does not keep the payload waiting, however much the state is" {
	agent continue
	notify unshare
	config '.annotations = ([range(1000) | {("key\(.)"): ("x" * 1000)}] | add) | .root.readonly = false'
	kill -STOP "$AGENT"
	started /bin/sh -c 'echo ran >/ran; exec /probe sleep 600'
	eventually test -s "$BUNDLE/rootfs/ran"
	kill -CONT "$AGENT"
	has_all() { [ "$(stat -c %s "$A/state.1")" -gt 1000000 ]; }
	eventually has_all
}

@test "notify: an agent that hangs up, and one that takes nothing, hold up nobody" {
	agent leave
	notify unshare
	args /probe sleep 600
	rt create --bundle "$BUNDLE" --pid-file "$A/pid" "$ID" </dev/null >/dev/null 2>&1
	try rt start "$ID"
	if [ "$status" != 0 ]; then # it may have hung up before or after what was sent
		gave 1 "hand the seccomp listener to $A/socket"
		eventually is_gone "$(<"$A/pid")"
		[ ! -e "$ROOT/$ID" ]
	else
		rt delete --force "$ID"
	fi
	left_behind "$ID"
}

@test "notify: a start that is killed while it hands over leaves a container that delete -f ends" {
	only_boxcar
	agent continue
	notify unshare
	local call
	args /probe sleep 600
	for call in pidfd_getfd sendmsg pwrite64; do
		rt create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
		timeout 20 strace -f -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when=1 "$RUNTIME" --root "$ROOT" start "$ID" || true
		rt delete --force "$ID"
		left_behind "$ID"
	done
}

@test "notify: a long path, a large state" {
	A=$BATS_TEST_TMPDIR/$(printf 'x%.0s' {1..120})
	agent() { # in the long directory
		mkdir -p "$A"
		"$TOOLS/listener" "$A/socket" "$A" "$@" </dev/null >"$A/output" 2>&1 3>&- &
		AGENT=$!
		eventually [ -e "$A/ready" ]
	}
	agent errno 95
	notify unshare
	head -c 300000 /dev/zero | tr '\0' x >"$A/large"
	config '.annotations.large = $large' --rawfile large "$A/large"
	tries call unshare 0
	[ "$output" = ENOTSUP ] || [ "$output" = EOPNOTSUPP ]
	told 1 '.state.annotations.large | length' 300000
}

@test "a listener that nothing is for is a warning, a relative path and a missing one are errors" {
	A=$BATS_TEST_TMPDIR/none
	filter '{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/no/such"}'
	in_container /probe true
	gave 0 "/linux/seccomp/listenerPath: no rule is SCMP_ACT_NOTIFY"
	notify unshare
	config '.linux.seccomp |= (.listenerPath = "socket" | del(.listenerMetadata, .syscalls))'
	in_container /probe true
	gave 1 "must be an absolute path"
	notify unshare
	config 'del(.linux.seccomp.listenerPath, .linux.seccomp.listenerMetadata)'
	in_container /probe true
	gave 1 "there is no listener to notify"
	config '.linux.seccomp |= (.listenerPath = "/s" | .defaultAction = "SCMP_ACT_NOTIFY")'
	in_container /probe true
	gave 1 "SCMP_ACT_NOTIFY cannot be the default"
}

@test "no filter means none" {
	look
	saw .seccomp 0
}
