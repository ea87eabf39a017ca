# A container runs its command in the foreground: output, input, exit code, and nothing left behind.
load harness

@test "run prints what the payload prints and leaves nothing" {
	in_container /probe echo hello there
	gave 0 "hello there"
	[ "$output" = "hello there" ]
	left_behind "$ID"
	[ ! -e "$ROOT/$ID" ]
}

@test "run passes stdin on" {
	args /probe cat
	output=$(printf 'one\ntwo\n' | rt run --bundle "$BUNDLE" "$ID")
	[ "$output" = $'one\ntwo' ]
}

@test "run passes a megabyte through unchanged" {
	args /probe cat
	head -c 1000000 /dev/urandom >"$BATS_TEST_TMPDIR/in"
	rt run --bundle "$BUNDLE" "$ID" <"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/out"
	cmp "$BATS_TEST_TMPDIR/in" "$BATS_TEST_TMPDIR/out"
}

@test "run's exit code is the payload's" {
	for code in 0 1 42 255; do
		in_container /probe exit $code
		gave $code
	done
}

@test "run's exit code is 128 + N when signal N ended the payload" {
	config '.linux.namespaces |= map(select(.type != "pid"))'
	in_container /bin/sh -c 'kill -TERM $$; sleep 5'
	gave 143
	in_container /bin/sh -c 'kill -KILL $$; sleep 5'
	gave 137
}

@test "stdout and stderr stay apart" {
	args /bin/sh -c 'echo out; echo err >&2'
	rt run --bundle "$BUNDLE" "$ID" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
	[ "$(<"$BATS_TEST_TMPDIR/out")" = out ]
	[ "$(<"$BATS_TEST_TMPDIR/err")" = err ]
}

@test "arguments, environment and directory are the config's, nothing more" {
	config '.process.env = ["A=1", "PATH=/bin", "EMPTY=", "B=two words"] | .process.cwd = "/tmp"'
	look
	saw .args '["/probe","json"]'
	saw '[.env[] | select(startswith("HOME=") | not)]' '["A=1","PATH=/bin","EMPTY=","B=two words"]'
	saw .cwd /tmp
}

@test "HOME comes from the image's passwd when the config has none" {
	config '.process.env = ["PATH=/bin"]'
	look
	saw '[.env[] | select(startswith("HOME="))]' '["HOME=/root"]'
	config '.process.env = ["PATH=/bin", "HOME=/elsewhere"]'
	look
	saw '[.env[] | select(startswith("HOME="))]' '["HOME=/elsewhere"]'
}

@test "a command without a slash is looked for in the container's PATH" {
	config '.process.env = ["PATH=/nowhere:/bin"]'
	in_container busybox echo found
	gave 0 found
}

@test "a script runs through its interpreter, and a missing interpreter is an error" {
	printf '#!/bin/sh\necho script $1\n' >"$BUNDLE/rootfs/tmp/script"
	chmod 755 "$BUNDLE/rootfs/tmp/script"
	config '.mounts |= map(select(.destination != "/tmp"))'
	in_container /tmp/script works
	gave 0 "script works"
	printf '#!/no/such\n' >"$BUNDLE/rootfs/tmp/script"
	in_container /tmp/script
	[ "$status" -ne 0 ]
	[[ $output == *"no such file or directory"* ]]
	left_behind "$ID"
	# only start finds this out: the pid file of create goes, too
	only_boxcar
	try rt run --detach --pid-file "$BATS_TEST_TMPDIR/pid" --bundle "$BUNDLE" "$ID"
	gave 1 "interpreter or loader"
	[ ! -e "$BATS_TEST_TMPDIR/pid" ]
}

@test "a hundred thousand bytes of arguments and environment arrive" {
	config '.process.env += [range(500) | "V\(.)=" + ("x" * 100)]'
	config '.process.args = ["/probe", "json"] + [range(500) | "none\(.)" + ("y" * 100)]'
	rt run --bundle "$BUNDLE" "$ID" >"$BATS_TEST_TMPDIR/seen"
	saw '.args | length' 502
	saw '[.env[] | select(startswith("V"))] | length' 500
}

@test "the payload is process 1 and leads its own session" {
	look
	saw .pid 1
	saw .session 1
	saw .parent 0
}

@test "the payload inherits no blocked or ignored signals and no parent death signal" {
	look
	saw .signals.blocked 0000000000000000
	saw .signals.ignored 0000000000000000
	saw .parentDeathSignal 0
	saw .dumpable 1
}

@test "signals to run are passed on to the payload" {
	args /probe signal 2
	"$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" >"$BATS_TEST_TMPDIR/out" </dev/null 3>&- &
	local pid=$!
	eventually grep -q ready "$BATS_TEST_TMPDIR/out"
	kill -TERM $pid
	eventually grep -q SIGTERM "$BATS_TEST_TMPDIR/out"
	kill -HUP $pid
	wait $pid
	cat "$BATS_TEST_TMPDIR/out"
	[ "$(<"$BATS_TEST_TMPDIR/out")" = $'ready\nSIGTERM\nSIGHUP' ]
	left_behind "$ID"
}

@test "run --detach returns while the payload runs; delete --force ends it" {
	args /probe sleep 600
	rt run --detach --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" </dev/null >/dev/null 2>&1
	has_status running
	kill -0 "$(<"$BATS_TEST_TMPDIR/pid")"
	rt delete --force "$ID"
	is_gone "$(<"$BATS_TEST_TMPDIR/pid")"
	left_behind "$ID"
}

@test "no supervisor stays behind a detached container" {
	started
	[ -z "$(pgrep -f -- "--root $ROOT" || true)" ]
}

@test "orphans in the container are ended with it" {
	in_container /probe orphan 20
	gave 0
	left_behind "$ID"
}

@test "orphans that share the host's pid namespace are ended with run" {
	config '.linux.namespaces |= map(select(.type != "pid"))'
	in_container /probe orphan 5
	gave 0
	left_behind "$ID"
}

@test "run takes a bundle's path for an id" {
	only_boxcar
	args /probe echo by path
	cp -al "$BUNDLE" "$BATS_TEST_TMPDIR/by-path"
	cd "$BATS_TEST_TMPDIR"
	run rt run ./by-path
	gave 0 "by path"
}

@test "run --keep leaves the stopped container for a look" {
	only_boxcar
	args /probe exit 3
	run rt run --keep --bundle "$BUNDLE" "$ID"
	gave 3
	has_status stopped
	rt delete "$ID"
	left_behind "$ID"
}

@test "a bundle in the working directory needs no option" {
	args /probe echo here
	cd "$BUNDLE"
	run rt run "$ID"
	gave 0 here
}

@test "a config.json of another name is read" {
	only_boxcar
	args /probe echo other
	mv "$BUNDLE/config.json" "$BUNDLE/other.json"
	run rt run --bundle "$BUNDLE" --config "$BUNDLE/other.json" "$ID"
	gave 0 other
}

@test "a bundle on a path of 3,000 characters runs" {
	only_boxcar
	local long=$BATS_TEST_TMPDIR/l
	while [ ${#long} -lt 3000 ]; do long+=/$(printf 'd%.0s' {1..200}); done
	mkdir -p "$long"
	args /probe echo far away
	mv "$BUNDLE/config.json" "$BUNDLE/rootfs" "$long/"
	cd "$long"
	run rt run --bundle "$long" "$ID"
	gave 0 "far away"
}
