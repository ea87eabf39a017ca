# The process: user, groups, umask, capabilities, limits, no_new_privs, oom score, keyring, descriptors.
load harness

@test "user, group, additional groups and umask" {
	config '.process.user = {"uid":1000,"gid":1001,"additionalGids":[5,2000000000,20],"umask":63}'
	look
	saw '.uid | [.real, .effective, .saved, .fs]' '[1000,1000,1000,1000]'
	saw '.gid | [.real, .effective, .saved, .fs]' '[1001,1001,1001,1001]'
	saw '.groups | sort | map(select(. != 1001))' '[5,20,2000000000]'
	saw .umask 0077
}

@test "the umask is 0022 when the config has none" {
	(umask 077 && look)
	saw .umask 0022
}

@test "no additional groups means none" {
	look
	saw '.groups | map(select(. != 0))' '[]'
}

@test "the largest id works" {
	only_boxcar # runc stops at 2147483647
	config '.process.user = {"uid":4294967294,"gid":4294967294,"additionalGids":[4294967293]}'
	look
	saw '[.uid.real, .gid.real, .groups[0]]' '[4294967294,4294967294,4294967293]'
}

@test "ids out of range are refused" {
	local id
	for id in 4294967295 4294967296 -1 1.5 '"0"'; do
		config ".process.user = {\"uid\":$id,\"gid\":0}"
		try rt create --bundle "$BUNDLE" "$ID"
		[ "$status" = 1 ] || { echo "accepted: $id"; return 1; }
	done
	left_behind "$ID"
}

@test "the five capability sets are exactly the config's" {
	config '.process.capabilities = {"bounding":["CAP_CHOWN","CAP_KILL","CAP_NET_RAW"],"permitted":["CAP_CHOWN","CAP_KILL"],
		"effective":["CAP_KILL"],"inheritable":["CAP_KILL"],"ambient":["CAP_KILL"]} | .process.user.uid = 1000'
	look
	saw .capabilities.bounding 0000000000002021
	saw .capabilities.inheritable 0000000000000020
	saw .capabilities.ambient 0000000000000020
	saw .capabilities.permitted 0000000000000020
	saw .capabilities.effective 0000000000000020
}

@test "root gets the bounding set, and no inheritable one unless asked for" {
	config '.process.capabilities = {"bounding":["CAP_CHOWN","CAP_KILL"],"permitted":["CAP_CHOWN","CAP_KILL"],"effective":["CAP_CHOWN","CAP_KILL"]}'
	look
	saw .capabilities.bounding 0000000000000021
	saw .capabilities.permitted 0000000000000021
	saw .capabilities.effective 0000000000000021
	saw .capabilities.inheritable 0000000000000000
	saw .capabilities.ambient 0000000000000000
}

@test "no capabilities at all means none" {
	config 'del(.process.capabilities)'
	look
	saw '.capabilities | map(. == "0000000000000000") | all' true
}

@test "an ordinary user has no capabilities" {
	config '.process.user = {"uid":1000,"gid":1000} | .process.capabilities |= del(.ambient) | .process.capabilities |= del(.inheritable)'
	look
	saw .capabilities.permitted 0000000000000000
	saw .capabilities.effective 0000000000000000
	saw .capabilities.ambient 0000000000000000
}

@test "a capability that nobody knows is left out with a warning" {
	config '.process.capabilities |= map_values(. + ["CAP_NO_SUCH_THING"])'
	in_container /probe true
	[ "$status" = 0 ]
	[[ $output == *CAP_NO_SUCH_THING* ]]
}

@test "a capability outside the caller's own is left out with a warning" {
	only_boxcar # runc 1.1 fails on it
	config '.process.capabilities |= map_values(. + ["CAP_SYS_RESOURCE","CAP_AUDIT_WRITE"] | unique)'
	args /probe json
	setpriv --bounding-set -sys_resource "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null \
		>"$BATS_TEST_TMPDIR/seen" 2>"$BATS_TEST_TMPDIR/errors"
	saw '.capabilities.bounding' 0000000020000420
	grep -qi CAP_SYS_RESOURCE "$BATS_TEST_TMPDIR/errors"
}

@test "file capabilities give nothing that was not granted" {
	only_boxcar
	setcap cap_chown+ei "$BUNDLE/rootfs/probe"
	config '.process.capabilities = {"bounding":["CAP_CHOWN"],"permitted":["CAP_CHOWN"],"effective":["CAP_CHOWN"]} | .process.user.uid = 1000'
	look
	saw .capabilities.permitted 0000000000000000
	saw .capabilities.inheritable 0000000000000000
}

@test "resource limits are set, soft and hard" {
	config '.process.rlimits = [{"type":"RLIMIT_NOFILE","soft":100,"hard":200},{"type":"RLIMIT_CORE","soft":0,"hard":0},
		{"type":"RLIMIT_STACK","soft":1048576,"hard":2097152},{"type":"RLIMIT_CPU","soft":1000,"hard":2000}]'
	look
	saw '.rlimits.RLIMIT_NOFILE | [.soft, .hard]' '[100,200]'
	saw '.rlimits.RLIMIT_CORE | [.soft, .hard]' '[0,0]'
	saw '.rlimits.RLIMIT_STACK | [.soft, .hard]' '[1048576,2097152]'
	saw '.rlimits.RLIMIT_CPU | [.soft, .hard]' '[1000,2000]'
}

@test "a limit that is not named is the caller's" {
	config 'del(.process.rlimits)'
	(ulimit -n 512 && look)
	saw '.rlimits.RLIMIT_NOFILE | [.soft, .hard]' '[512,512]'
}

@test "an unknown or doubled limit, or soft above hard, is an error" {
	local wrong
	for wrong in '[{"type":"RLIMIT_NONE","soft":1,"hard":1}]' \
		'[{"type":"RLIMIT_NOFILE","soft":10,"hard":10},{"type":"RLIMIT_NOFILE","soft":20,"hard":20}]' \
		'[{"type":"RLIMIT_NOFILE","soft":20,"hard":10}]'; do
		config ".process.rlimits = $wrong"
		try rt create --bundle "$BUNDLE" "$ID"
		[ "$status" = 1 ] || { echo "accepted: $wrong"; is_boxcar && return 1; rt delete -f "$ID"; }
	done
}

@test "no_new_privs is on or off as the config says" {
	config '.process.noNewPrivileges = true'
	look
	saw .noNewPrivileges true
	config '.process.noNewPrivileges = false'
	look
	saw .noNewPrivileges false
}

@test "the oom score is set, and is the caller's when the config has none" {
	config '.process.oomScoreAdj = 567'
	look
	saw .oomScoreAdj 567
	config 'del(.process.oomScoreAdj)'
	look
	saw .oomScoreAdj "$(</proc/self/oom_score_adj)"
}

@test "the session keyring is the container's own, unless --no-new-keyring" {
	look
	saw '.keyring | contains("_ses.'"$ID"'")' true
	args /probe json
	rt run --no-new-keyring --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/seen"
	saw '.keyring | contains("_ses.'"$ID"'")' false
}

@test "exec has a session keyring of the container's name, unless create had --no-new-keyring" {
	only_boxcar
	started
	rt exec "$ID" /probe json </dev/null >"$BATS_TEST_TMPDIR/seen"
	saw '.keyring | contains("_ses.'"$ID"'")' true
	rt delete -f "$ID"
	rt create --no-new-keyring --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1
	rt start "$ID"
	rt exec "$ID" /probe json </dev/null >"$BATS_TEST_TMPDIR/seen"
	saw .keyring "$("$PROBE" json | jq -r .keyring)"
}

@test "only stdin, stdout and stderr are open" {
	exec 7</etc/passwd 9</
	look
	exec 7<&- 9<&-
	saw '.descriptors | keys' '["0","1","2"]'
}

@test "--preserve-fds passes the next descriptors and no others" {
	args /probe json
	# in a subshell: bats reports on descriptor 3
	(exec 3</etc/passwd 4</etc/hostname 5</etc/group
	 rt run --preserve-fds 2 --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/seen")
	saw '.descriptors | keys' '["0","1","2","3","4"]'
	saw '.descriptors["3"] | endswith("passwd")' true
	saw '.descriptors["4"] | endswith("hostname")' true
}

@test "a missing working directory is made, and one that is a file is an error" {
	config '.process.cwd = "/made/for/me"'
	look
	saw .cwd /made/for/me
	config '.process.cwd = "/etc/passwd"'
	try rt run --bundle "$BUNDLE" "$ID"
	[ "$status" -ne 0 ]
	[[ $output == *"not a directory"* ]]
	config '.process.cwd = "relative"'
	try rt run --bundle "$BUNDLE" "$ID"
	[ "$status" -ne 0 ]
	left_behind "$ID"
}

# A root becomes read-only after the working directory was entered; before 5.12 that takes another way.
@test "the working directory stays when the root is made read-only without mount_setattr" {
	only_boxcar
	config '.process.cwd = "/made/for/me" | .root.readonly = true'
	args /probe json
	strace -f -qq -o /dev/null -e trace=mount_setattr -e inject=mount_setattr:error=ENOSYS \
		"$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/seen"
	saw .cwd /made/for/me
	mount_at / '.options | split(",") | index("ro") != null' true
}

@test "stdio belongs to the user" {
	config '.process.user = {"uid":1000,"gid":1000}'
	args /bin/sh -c 'echo again >/dev/stdout && echo fine'
	output=$(rt run --bundle "$BUNDLE" "$ID" </dev/null | cat)
	[ "$output" = $'again\nfine' ]
}
