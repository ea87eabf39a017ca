# Terminals: in the foreground with the caller's, and handed to a console socket.
load harness

pty() {
	"$TOOLS/pty" "$@"
}

@test "a foreground container has a terminal of its own with the caller's size" {
	config '.process.terminal = true'
	args /probe size
	run pty -s 33x101 -- "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	gave 0 "33 101"
}

@test "the terminal's mode is as before after every kind of end" {
	config '.process.terminal = true'
	args /probe echo done
	run pty -m -- "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	gave 0 "mode: kept"
	args /probe exit 3
	run pty -m -- "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	gave 3 "mode: kept"
	args /no/such/command
	run pty -m -- "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	[ "$status" -ne 0 ]
	[[ $output == *"mode: kept"* ]]
	args /probe size 1
	run pty -m -k 15 -- "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" # PID 1 of a namespace ignores it: the size ends it
	[[ $output == *"mode: kept"* ]] || [ "$status" = 124 ]
}

@test "a change of size is passed on" {
	config '.process.terminal = true'
	args /probe size 1
	run pty -s 24x80 -z 50x132 -- "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	gave 0 "24 80"
	[[ $output == *"50 132"* ]]
}

@test "what is typed arrives, and the container's terminal echoes it" {
	config '.process.terminal = true'
	args /bin/sh -c 'echo ready; read word; echo "got $word"'
	run pty -- "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" <<<hello
	gave 0 "got hello"
}

@test "control-C interrupts the payload, not the runtime" {
	config '.process.terminal = true'
	args /bin/sh -c 'trap "echo interrupted; exit 9" INT; echo ready; while :; do busybox sleep 0.05; done'
	run pty -- "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" <<<$'\x03'
	gave 9 interrupted
}

@test "everything printed before the end is shown" {
	config '.process.terminal = true'
	args busybox seq 1 20000
	run pty -- "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	gave 0
	[ "${#lines[@]}" = 20000 ]
	[ "${lines[19999]%$'\r'}" = 20000 ]
}

@test "the terminal is the session's own, and /dev/console is it" {
	config '.process.terminal = true'
	args /probe json
	pty -- "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" | tr -d '\r' >"$BATS_TEST_TMPDIR/seen"
	saw '.terminal.session' 1
	saw '.terminal.name' /dev/pts/0
	saw '[.dev[] | select(.path == "/dev/console")][0].type' c
	mount_at /dev/console .type devpts
}

@test "consoleSize sets the size when there is no caller's terminal" {
	config '.process.terminal = true | .process.consoleSize = {"height":10,"width":20}'
	console_run /probe size
	grep -q "10 20" "$BATS_TEST_TMPDIR/console"
}

# A created and started container with a console socket; what it printed is in $BATS_TEST_TMPDIR/console.
console_run() {
	args "$@"
	"$TOOLS/console" "$BATS_TEST_TMPDIR/s" >"$BATS_TEST_TMPDIR/console" 2>&1 </dev/null 3>&- &
	local receiver=$!
	eventually grep -q listening "$BATS_TEST_TMPDIR/console"
	rt create --bundle "$BUNDLE" --console-socket "$BATS_TEST_TMPDIR/s" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 ||
		{ cat "$BATS_TEST_TMPDIR/out"; kill $receiver; return 1; }
	eventually grep -q received "$BATS_TEST_TMPDIR/console"
	rt start "$ID"
	wait $receiver
}

@test "a console socket gets one descriptor, and it is the terminal" {
	config '.process.terminal = true'
	console_run /probe json
	grep '^{' "$BATS_TEST_TMPDIR/console" | tr -d '\r' >"$BATS_TEST_TMPDIR/seen"
	saw '.terminal.name | startswith("/dev/pts/")' true
	saw '.descriptors | keys' '["0","1","2"]'
	is_boxcar && grep -q "received /dev/ptmx" "$BATS_TEST_TMPDIR/console" || true
}

@test "the terminal belongs to the user" {
	config '.process.terminal = true | .process.user = {"uid":1000,"gid":1000}'
	console_run /bin/sh -c '/probe stat /dev/pts/0; echo x >/dev/pts/0 && echo could'
	grep -q '"uid":1000' "$BATS_TEST_TMPDIR/console"
	grep -q could "$BATS_TEST_TMPDIR/console"
}

@test "a terminal without a console socket, and a socket without a terminal, are errors of create" {
	config '.process.terminal = true'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	config '.process.terminal = false'
	try rt create --bundle "$BUNDLE" --console-socket "$BATS_TEST_TMPDIR/none" "$ID"
	[ "$status" = 1 ]
	config '.process.terminal = true'
	try rt create --bundle "$BUNDLE" --console-socket "$BATS_TEST_TMPDIR/none" "$ID"
	[ "$status" = 1 ]
	left_behind "$ID"
	[ -z "$(ls -A "$ROOT" 2>/dev/null)" ]
}

@test "the caller's terminal cannot be typed into from the container" {
	args /probe json
	run pty -- "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null
	gave 0
	# not the controlling terminal of the payload's session
	[ "$(tr -d '\r' <<<"$output" | grep '^{' | jq '.terminal.session == .session')" = false ]
}
