# seccomp: actions, conditions, and that the filter holds for the payload only.
load harness

filter() {
	config ".linux.seccomp = $1"
}

@test "a call is refused with the errno of the rule" {
	filter '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64"],"syscalls":[
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
	filter '{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":95,"architectures":["SCMP_ARCH_X86_64"],"syscalls":'"$rules"'}'
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

@test "every flag is taken" {
	only_boxcar # runc 1.1 has no WAIT_KILLABLE_RECV
	local flag
	for flag in TSYNC LOG SPEC_ALLOW WAIT_KILLABLE_RECV; do
		filter '{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_'$flag'"],"syscalls":[{"names":["unshare"],"action":"SCMP_ACT_ERRNO","errnoRet":95}]}'
		tries call unshare 0
		[ "$output" = ENOTSUP ] || [ "$output" = EOPNOTSUPP ] || { echo "$flag: $output"; return 1; }
	done
}

@test "no filter means none" {
	look
	saw .seccomp 0
}
