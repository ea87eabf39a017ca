# CRI-O's calls, by its source: it is in no Debian release. conmon, which is, makes the containers for it as it does for CRI-O; what
# CRI-O calls itself is called here word for word, with what it expects of answers.
load harness

setup_file() {
	engine_prepare conmon busybox-static jq procps || return 1
	image_rootfs "$DIR/rootfs"
}

teardown_file() {
	engine_finish
}

setup() {
	ID=$(cat /proc/sys/kernel/random/uuid | tr -d -)$BATS_TEST_NUMBER
	AT=$DIR/$ID
	mkdir -p "$AT/exits" "$AT/sockets"
	ln -s "$DIR/rootfs" "$AT/rootfs"
	"$RUNTIME" spec --bundle "$AT"
	config '.process.terminal = false | .linux.cgroupsPath = $ARGS.positional[0] | .root = {"path": $ARGS.positional[1]} |
		.process.capabilities.bounding += ["CAP_SYS_ADMIN"] | (.process.rlimits) = []' --args -- "/$MARK/$ID" "$DIR/rootfs"
}

teardown() {
	local found
	rt delete --force "$ID"
	found=$(cgroups_left '*'; ls "$DIR/state" 2>/dev/null)
	[ -z "$found" ] || { echo "left behind: $found"; return 1; }
}

config() {
	local filter=$1
	shift
	jq "$filter" "$AT/config.json" "$@" >"$AT/config.new" && mv "$AT/config.new" "$AT/config.json"
}

# What CRI-O runs itself: RUNTIME --root DIR COMMAND
rt() {
	bounded "$RUNTIME" --root "$DIR/state" "$@"
}

# conmon as CRI-O starts it: created COMMAND...
created() {
	config '.process.args = $ARGS.positional' --args -- "$@"
	bounded conmon -b "$AT" -c "$ID" --exit-dir "$AT/exits" -l "k8s-file:$AT/log" --log-level info -n "$ID" -P "$AT/conmon-pidfile" -p "$AT/pidfile" \
		-r "$RUNTIME" --runtime-arg "--root=$DIR/state" --socket-dir-path "$AT/sockets" --syslog -u "$ID" "${CONMON[@]}"
	eventually test -s "$AT/pidfile"
	eventually state_is created # the file is there before the runtime has ended
}

state_is() {
	[ "$(rt state "$ID" | jq -r .status)" = "$1" ]
}

# Like bats' run, but no pipe of ours is kept by what goes on living.
said() {
	status=0
	"$@" >"$BATS_TEST_TMPDIR/said" 2>&1 </dev/null || status=$?
	output=$(<"$BATS_TEST_TMPDIR/said")
}

@test "version and features are what it looks for" {
	run "$RUNTIME" --version
	[ "$status" = 0 ]
	[[ $output == *version* ]]
	case ${RUNTIME##*/} in boxcar*)
		"$RUNTIME" features | jq -e '(.ociVersionMin | length > 0) and (.ociVersionMax | length > 0)' ;;
	esac
}

@test "a life: created by conmon, started, seen, its log, its end and its code" {
	created sh -c 'echo out; echo error >&2; exit 7'
	rt state "$ID" | jq -e '.pid > 0 and (.created | fromdateiso8601? // (sub("\\.[0-9]+"; "") | sub("[+-][0-9:]{5}$"; "Z") | fromdateiso8601) > 0)'
	[ "$(rt state "$ID" | jq .pid)" = "$(<"$AT/pidfile")" ]
	rt start "$ID"
	eventually test -s "$AT/exits/$ID"
	[ "$(<"$AT/exits/$ID")" = 7 ]
	grep -q ' stdout F out$' "$AT/log"
	grep -q ' stderr F error$' "$AT/log"
	state_is stopped
	rt delete --force "$ID"
	rt delete --force "$ID" # a second time is well, too
}

@test "signals by number and by name, and what is told of one that has ended" {
	created sh -c 'trap "exit 9" TERM; echo ready; while :; do sleep 0.1; done'
	rt start "$ID"
	eventually grep -q ready "$AT/log"
	rt kill "$ID" 15
	eventually test -s "$AT/exits/$ID"
	[ "$(<"$AT/exits/$ID")" = 9 ]
	said rt kill "$ID" 9
	[ "$status" != 0 ]
	[[ $output == *"container not running"* || $output == *"no such process"* ]]
	said rt kill "$ID" KILL
	[ "$status" != 0 ]
	said rt kill -a "$ID" 9 # of all that is left: nothing
	[ "$status" = 0 ]
}

@test "a process for which it waits: output, errors, input, exit code" {
	created sleep 600
	rt start "$ID"
	jq '.process | .args = ["sh", "-c", "cat; echo error >&2; exit 5"] | .terminal = false' "$AT/config.json" >"$AT/process"
	local code=0
	echo input | rt exec --process "$AT/process" "$ID" >"$AT/out" 2>"$AT/errors" || code=$?
	[ $code = 5 ]
	[ "$(<"$AT/out")" = input ]
	[ "$(<"$AT/errors")" = error ]
	jq '.process | .args = ["no-such-command"]' "$AT/config.json" >"$AT/process"
	said rt exec --process "$AT/process" "$ID"
	[ "$status" != 0 ]
	[[ $output == *"executable file not found"* ]]
}

@test "a process by conmon, as for exec without a wait: its pid file and its code" {
	created sleep 600
	rt start "$ID"
	jq '.process | .args = ["sh", "-c", "echo from exec; exit 3"]' "$AT/config.json" >"$AT/process"
	mkdir "$AT/exec-exits"
	bounded conmon -c "$ID" -n "$ID" -r "$RUNTIME" --runtime-arg "--root=$DIR/state" -p "$AT/exec-pid" -e -l "k8s-file:$AT/exec-log" \
		--exec-process-spec "$AT/process" --socket-dir-path "$AT/sockets" --log-level info -b "$AT" -u "$ID-exec" --exit-dir "$AT/exec-exits"
	eventually grep -q ' stdout F from exec$' "$AT/exec-log"
	eventually grep -qx 3 -r "$AT/exec-exits"
}

@test "a terminal goes to conmon's console socket" {
	CONMON=(-t)
	config '.process.terminal = true'
	created sh -c 'test -t 0 && stty size && echo a terminal'
	rt start "$ID"
	eventually grep -q 'a terminal' "$AT/log"
}

@test "limits from stdin, pause and resume" {
	created sleep 600
	rt start "$ID"
	echo '{"memory": {"limit": 67108864}, "cpu": {"shares": 512, "quota": 0, "period": 0}, "pids": {"limit": 33}}' | rt update --resources - "$ID"
	[ "$(cgroup_value "$ID" pids pids.max pids.max)" = 33 ]
	[ "$(cgroup_value "$ID" memory memory.max memory.limit_in_bytes)" = 67108864 ]
	rt pause "$ID"
	state_is paused
	rt resume "$ID"
	state_is running
}

@test "one that cannot be created is told by conmon in the runtime's words" {
	config '.process.args = ["/no/such"]'
	# to whoever started it, over the pipe that this variable names
	_OCI_SYNCPIPE=9 bounded conmon -b "$AT" -c "$ID" --exit-dir "$AT/exits" -l "k8s-file:$AT/log" -n "$ID" -p "$AT/pidfile" \
		-r "$RUNTIME" --runtime-arg "--root=$DIR/state" --socket-dir-path "$AT/sockets" -u "$ID" --log-level info \
		</dev/null 9>"$AT/told" >/dev/null 2>&1 || true
	eventually grep -q '"message"' "$AT/told"
	jq -s -r '.[-1].message' "$AT/told" | grep 'no such file or directory'
	[ ! -s "$AT/pidfile" ]
	said rt state "$ID"
	[[ $output == *"does not exist"* ]]
}
