# The words and exit codes that engines match on: create, start, state, kill, delete.
load harness

# created WORD...: with this payload, not started
created() {
	args "$@"
	rt create --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1
}

@test "create, start, stop and delete go through the four words" {
	created /probe sleep 600
	has_status created
	rt start "$ID"
	has_status running
	rt kill "$ID" KILL
	eventually has_status stopped
	rt delete "$ID"
	run rt state "$ID"
	gave 1 "does not exist"
	left_behind "$ID"
}

@test "create prints nothing and start prints nothing" {
	created /probe sleep 600
	[ ! -s "$BATS_TEST_TMPDIR/out" ]
	run rt start "$ID"
	gave 0
	[ -z "$output" ]
}

@test "the payload does not run before start" {
	created /bin/sh -c 'echo ran >/dev/stdout; sleep 600'
	sleep 0.2
	[ ! -s "$BATS_TEST_TMPDIR/out" ]
	rt start "$ID"
	eventually grep -q ran "$BATS_TEST_TMPDIR/out"
}

@test "state tells what the specification asks for" {
	config '.annotations = {"a.b/c": "d"}'
	started
	rt state "$ID" >"$BATS_TEST_TMPDIR/seen"
	saw .id "$ID"
	saw .status running
	saw .pid "$PID"
	saw .bundle "$BUNDLE"
	saw '.annotations["a.b/c"]' d
	saw '.ociVersion | test("^1\\.")' true
	saw '.created | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\\.[0-9]+)?Z$")' true
	saw .rootfs "$BUNDLE/rootfs"
	saw '.owner | type' string
}

@test "a stopped container has pid 0 or none in its state" {
	started /probe true
	eventually has_status stopped
	rt state "$ID" >"$BATS_TEST_TMPDIR/seen"
	saw '.pid // 0' 0
}

@test "the pid file holds digits only, and no other file is left beside it" {
	mkdir "$BATS_TEST_TMPDIR/pids"
	args /probe sleep 600
	rt create --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pids/p" "$ID" </dev/null >/dev/null 2>&1
	[[ "$(od -An -c "$BATS_TEST_TMPDIR/pids/p" | tr -d ' ')" =~ ^[0-9]+$ ]]
	[ "$(ls -A "$BATS_TEST_TMPDIR/pids")" = p ]
	[ "$(status_of "$ID")" = created ]
	kill -0 "$(<"$BATS_TEST_TMPDIR/pids/p")"
}

@test "a second create of the same id is refused and harms nothing" {
	created /probe sleep 600
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "container with given ID already exists"
	has_status created
	rt start "$ID"
	has_status running
}

@test "a second start is refused" {
	started
	run rt start "$ID"
	gave 1 "cannot start an already running container"
}

@test "start of a stopped container is refused" {
	started /probe true
	eventually has_status stopped
	run rt start "$ID"
	[ "$status" = 1 ]
}

@test "delete of a running container is refused with its status" {
	started
	run rt delete "$ID"
	gave 1 "cannot delete container $ID that is not stopped: running"
	has_status running
}

@test "delete of a created container is fine" {
	created /probe sleep 600
	run rt delete "$ID"
	gave 0
	left_behind "$ID"
}

@test "kill of a stopped container is refused; kill --all is fine" {
	started /probe true
	eventually has_status stopped
	run rt kill "$ID" KILL
	gave 1 "container not running"
	run rt kill --all "$ID" KILL
	gave 0
}

@test "an unknown id is said to be unknown" {
	for command in state kill delete start; do
		run rt $command no-such-container
		gave 1 "container does not exist"
	done
	run rt delete --force no-such-container
	gave 0
}

@test "signals by number, name and full name" {
	for signal in 10 USR1 SIGUSR1; do
		started /probe signal
		eventually grep -q ready "$BATS_TEST_TMPDIR/out"
		rt kill "$ID" $signal
		eventually grep -q SIGUSR1 "$BATS_TEST_TMPDIR/out"
		eventually has_status stopped
		rt delete "$ID"
	done
}

@test "kill without a signal sends SIGTERM" {
	started /probe signal
	eventually grep -q ready "$BATS_TEST_TMPDIR/out"
	rt kill "$ID"
	eventually grep -q SIGTERM "$BATS_TEST_TMPDIR/out"
}

@test "an unknown signal is an error" {
	started
	for signal in NOPE 0x9 99999 9x; do
		run rt kill "$ID" -- "$signal"
		[ "$status" -ne 0 ] || { echo "accepted: $signal"; return 1; }
	done
	has_status running
}

@test "kill --all reaches every process of a shared pid namespace" {
	config '.linux.namespaces |= map(select(.type != "pid"))'
	started /bin/sh -c 'busybox sleep 600 & busybox sleep 600 & busybox sleep 600'
	sleep 0.2
	rt kill --all "$ID" KILL
	eventually has_status stopped
	rt delete "$ID"
	left_behind "$ID"
}

@test "a missing command fails create with the words engines look for" {
	args nothing-here
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "executable file not found in \$PATH"
	args /nothing/here
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "no such file or directory"
	args /etc/passwd
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "permission denied"
	[[ $output != *"not permitted"* ]]
	left_behind "$ID"
	[ -z "$(ls -A "$ROOT")" ]
}

@test "a missing bundle, config or root file system is an error that leaves nothing" {
	try rt create --bundle "$BATS_TEST_TMPDIR/none" "$ID"
	gave 1 "no such file or directory"
	config '.root.path = "none"'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	rm "$BUNDLE/config.json"
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "config.json"
	left_behind "$ID"
	[ -z "$(ls -A "$ROOT" 2>/dev/null)" ]
}

@test "a failed command says one line" {
	args nothing-here
	try rt create --bundle "$BUNDLE" "$ID"
	[ "${#lines[@]}" = 1 ]
}

@test "the id can be used again at once" {
	for round in 1 2 3; do
		created /probe sleep 600
		rt start "$ID"
		rt delete --force "$ID"
	done
	left_behind "$ID"
}

@test "list shows every container, as a table and as JSON" {
	started
	rt create --bundle "$BUNDLE" "$ID-second" </dev/null >/dev/null 2>&1
	run rt list
	gave 0 "$ID-second"
	[[ ${lines[0]} =~ ^ID\ +PID\ +STATUS\ +BUNDLE\ +CREATED\ +OWNER ]]
	run rt list --quiet
	[ "$output" = "$ID"$'\n'"$ID-second" ]
	rt list --format json >"$BATS_TEST_TMPDIR/seen"
	saw 'map(.status) | sort' '["created","running"]'
	saw "map(select(.id == \"$ID\"))[0].pid" "$PID"
	rt delete --force "$ID-second"
}

@test "list without containers, and without a state directory, is empty" {
	run rt list --quiet
	gave 0
	[ -z "$output" ]
	run rt list --format json
	gave 0
	[[ $output == "null" || $output == "[]" ]]
}

@test "hostile ids are refused and touch nothing" {
	local id
	only_boxcar # runc takes -x
	mkdir -p "$ROOT" "$BATS_TEST_TMPDIR/x"
	for id in "" . .. ../x a/b /etc "a b" $'a\nb' 'a;b' '$(id)' '*' -x "$(printf 'a%.0s' {1..2000})" 'ä' 'a%00'; do
		try rt create --bundle "$BUNDLE" -- "$id"
		[ "$status" -ne 0 ] || { echo "accepted: $id"; rt delete --force -- "$id"; return 1; }
		run rt delete --force -- "$id"
		run rt state -- "$id"
		[ "$status" -ne 0 ]
	done
	[ -d "$BATS_TEST_TMPDIR/x" ]
	[ -z "$(ls -A "$ROOT")" ]
}

@test "ids with every allowed character work" {
	for id in a A0 a_b a+b a.b a-b 9; do
		args /probe true
		rt run --bundle "$BUNDLE" "$ID$id"
	done
}

@test "version and help answer without root or state" {
	run "$RUNTIME" --version
	gave 0 "version"
	run "$RUNTIME" --help
	gave 0 "create"
	run "$RUNTIME" checkpoint --help
	is_boxcar || gave 0
	run "$RUNTIME" features
	is_boxcar && gave 0 ociVersionMin || true
}

@test "an unknown command or option is an error" {
	run rt nonsense
	[ "$status" -ne 0 ]
	try rt create --nonsense --bundle "$BUNDLE" "$ID"
	[ "$status" -ne 0 ]
	try rt create --bundle "$BUNDLE"
	[ "$status" -ne 0 ]
	[ ! -e "$ROOT/$ID" ]
}

@test "options are taken as two words and as one, with one dash and with two" {
	args /probe sleep 600
	rt create --bundle="$BUNDLE" -pid-file "$BATS_TEST_TMPDIR/pid" "$ID" </dev/null >/dev/null 2>&1
	rt delete --force=true "$ID"
	rt create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	rt delete -f "$ID"
}
