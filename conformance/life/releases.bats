# Two releases: containers of one are started, looked at, entered, killed and deleted by the next, and the other way round.
#
#     PREVIOUS=/path/boxcar bats conformance/life/releases.bats     with the binary of an earlier release
#
# Without PREVIOUS the roles are still played, by one release; what must not change is held by the frozen records below.
load harness

: "${PREVIOUS:=$RUNTIME}"

# with BINARY COMMAND...
with() {
	local RUNTIME=$1
	rt "${@:2}"
}

# A life in which one binary creates and another does all the rest: handed_over CREATOR HEIR
handed_over() {
	args /probe sleep 600
	with "$1" create --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" </dev/null >/dev/null 2>&1
	[ "$(with "$2" state "$ID" | jq -r .status)" = created ]
	with "$2" start "$ID"
	run with "$2" exec "$ID" /probe echo entered
	gave 0 entered
	with "$2" list -f json | jq -e --arg id "$ID" '.[] | select(.id == $id) | .status == "running"'
	with "$2" kill "$ID" KILL
	eventually is_gone "$(<"$BATS_TEST_TMPDIR/pid")"
	with "$2" delete "$ID"
	left_behind "$ID"
	[ ! -e "$ROOT/$ID" ]
}

@test "the next release takes over what the previous one has created" {
	only_boxcar
	handed_over "$PREVIOUS" "$RUNTIME"
}

@test "and back, after an upgrade that is undone" {
	only_boxcar
	handed_over "$RUNTIME" "$PREVIOUS"
}

@test "a running container of the previous release, with hooks, is deleted by force" {
	only_boxcar
	printf '#!/bin/sh\necho ran >>"%s"\n' "$BATS_TEST_TMPDIR/ran" >"$BATS_TEST_TMPDIR/hook"
	chmod +x "$BATS_TEST_TMPDIR/hook"
	config '.hooks.poststop = [{"path": $ARGS.positional[0]}]' --args -- "$BATS_TEST_TMPDIR/hook"
	args /probe sleep 600
	with "$PREVIOUS" run --detach --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	rt delete --force "$ID"
	[ "$(<"$BATS_TEST_TMPDIR/ran")" = ran ]
	left_behind "$ID"
}

# The record as the first release sends it: version 1, kind 7, and zeros; 32 bytes.
@test "an init of this release understands the START of the first one" {
	only_boxcar
	args /probe sleep 600
	rt create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	python3 - "$ROOT/$ID" <<-'START'
		import os, socket, struct, sys
		os.chdir(sys.argv[1])
		s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		s.settimeout(20)
		s.connect("start")
		s.send(struct.pack("=IIIIiIq", 1, 7, 0, 0, 0, 0, 0))
		assert s.recv(64) == b"", "init said something"
	START
	has_status running
}

# As the first release has written it, but for this container's own values.
@test "this release reads the state of the first one" {
	only_boxcar
	started
	[[ $(head -n 1 "$ROOT/$ID/state") =~ ^boxcar-state\ 1\ [0-9]+\ [0-9a-f]{8}$ ]]
	python3 - "$ROOT/$ID/state" <<-'STATE'
		import json, sys, zlib
		with open(sys.argv[1]) as f:
		    state = json.loads(f.read().split("\n", 1)[1])
		first = ["ociVersion", "id", "bundle", "rootfs", "created", "owner", "pid", "startTime", "bootId", "cgroupsPath",
		         "annotations", "release"]
		assert state["pid"] and state["startTime"], "names have changed"
		body = json.dumps({k: state[k] for k in first if k in state}, separators=(",", ":")).encode()
		with open(sys.argv[1], "wb") as f:
		    f.write(b"boxcar-state 1 %d %08x\n%s\n" % (len(body), zlib.crc32(body), body))
	STATE
	has_status running
	run rt exec "$ID" /probe echo entered
	gave 0 entered
	rt kill "$ID" KILL
	eventually has_status stopped
	rt delete "$ID"
	left_behind "$ID"
}
