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

@test "a file for the output of hooks that cannot be opened is an error" {
	only_boxcar
	hook_saying createRuntime
	config '.hooks.createRuntime = [{"path": $ARGS.positional[0]}] | .annotations = {"run.oci.hooks.stdout": "/no/such/file"}' \
		--args -- "$BATS_TEST_TMPDIR/createRuntime"
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 "open /no/such/file for the output of hooks: no such file or directory"
	[[ $output == *"/annotations/run.oci.hooks.stdout"* ]]
	[ ! -e "$ROOT/$ID" ]
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
	config 'del(.annotations)'
	args /probe json
	setpriv --groups 4321 "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/seen"
	saw '.groups | sort' '[8]'
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
