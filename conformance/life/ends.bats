# Ends: wait, kill and delete of many containers at once; and what list shows of them.
load harness

# boxcar wait in the background, until it waits; its pid in $WAITING.
waiting() {
	"$RUNTIME" --root "$ROOT" wait "$ID" >"$BATS_TEST_TMPDIR/code" 2>"$BATS_TEST_TMPDIR/why" 3>&- &
	WAITING=$!
	eventually sh -c "ls -l /proc/$WAITING/fd 2>/dev/null | grep -q pidfd"
}

# The code, or on a kernel before 6.15 that it is not known.
waited() {
	if [ "$(printf '6.15\n%s\n' "$(uname -r)" | sort -V | head -n 1)" = 6.15 ]; then
		wait "$WAITING"
		[ "$(<"$BATS_TEST_TMPDIR/code")" = "$1" ]
	else
		not wait "$WAITING"
		grep "exit code is not known" "$BATS_TEST_TMPDIR/why"
	fi
}

@test "wait tells the exit code" {
	only_boxcar
	mkfifo "$BUNDLE/rootfs/go"
	local code
	for code in 0 3 255; do
		started /bin/sh -c "read line </go; exit $code"
		waiting
		echo >"$BUNDLE/rootfs/go"
		waited $code
		rt delete "$ID"
	done
}

@test "wait tells that a signal ended it, also one that never ran" {
	only_boxcar
	started
	waiting
	rt kill "$ID" KILL
	waited 137
	rt delete "$ID"
	args /probe true
	rt create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	waiting
	rt kill "$ID" KILL
	waited 137
}

@test "wait for what has stopped, or never was" {
	only_boxcar
	started /probe true
	eventually has_status stopped
	eventually sh -c "! [ -e /proc/$PID ]"
	run rt wait "$ID"
	gave 1 "exit code is not known"
	run rt wait no-such
	gave 1 "container does not exist"
}

# A second and a third container beside $ID.
more() {
	local id
	for id in "$@"; do
		rt create --bundle "$BUNDLE" "$id" </dev/null >/dev/null 2>&1
		rt start "$id"
	done
}

@test "kill and delete all that a regular expression matches, and no other" {
	args /probe sleep 600
	more "$ID-a1" "$ID-a2" "$ID-b1"
	only_boxcar # runc has none of this
	rt kill --regex "$ID-a[0-9]\$" KILL
	local id
	for id in a1 a2; do ID=$ID-$id eventually has_status stopped; done
	[ "$(status_of "$ID-b1")" = running ]
	run rt kill --regex "$ID-[ab]" KILL
	gave 1 "2 of 3 containers"
	ID=$ID-b1 eventually has_status stopped
	rt delete -r "$ID-a"
	run rt list -q
	[[ $output == *"$ID-b1"* && $output != *"$ID-a"* ]]
	rt delete --force --regex "^$ID"
	run rt list -q
	gave 0
	[ -z "$output" ]
	rt delete -r "matches-nothing"
	run rt kill -r '[' KILL
	gave 1 "is not a regular expression"
}

@test "kill without a signal sends the one that the image wants, or TERM" {
	only_boxcar
	local wanted
	config '.linux.namespaces |= map(select(.type != "pid"))' # the first process of one is deaf
	for wanted in '' SIGUSR1 10 RTMIN+3; do
		config '.annotations = {"org.opencontainers.image.stopSignal": $wanted}' --arg wanted "$wanted"
		args /probe sleep 600
		rt run --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&- &
		eventually has_status running
		rt kill "$ID"
		status=0
		wait $! || status=$?
		case $wanted in
		'') [ $status = 143 ] ;;
		RTMIN+3) [ $status = 165 ] ;;
		*) [ $status = 138 ] ;;
		esac
	done
	config '.annotations = {"org.opencontainers.image.stopSignal": "SIGNONE"}'
	started
	try rt kill "$ID"
	gave 1 'the annotation org.opencontainers.image.stopSignal: there is no signal "SIGNONE"'
	rt kill "$ID" KILL
}

@test "kill --all reaches every process, and is well with none" {
	started /bin/sh -c '/probe sleep 600 & /probe sleep 600 & wait'
	has_three() { [ "$(wc -l <"$(cgroup_file pids cgroup.procs cgroup.procs)")" -ge 3 ]; }
	eventually has_three
	rt kill --all "$ID" KILL
	eventually has_status stopped
	rt kill --all "$ID" KILL # engines send it after the end
	run rt kill "$ID" KILL
	gave 1 "container not running"
}

@test "kill --all without a cgroup reaches the process that is known, and is well with none" {
	only_boxcar
	args /probe sleep 600
	rt --cgroup-manager disabled run --detach --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	rt kill --all "$ID" KILL
	eventually has_status stopped
	rt kill --all "$ID" KILL
	run rt kill "$ID" KILL
	gave 1 "container not running"
}

@test "list aligns long ids, and its JSON has what engines look for" {
	only_boxcar
	local long=$ID-$(printf '%064d' 0)
	args /probe sleep 600
	more "$ID" "$long"
	run rt list
	gave 0
	[ "$(cut -c "$((${#long} + 2))-" <<<"${lines[0]}" | cut -d ' ' -f 1)" = PID ]
	[[ "$(grep "^$ID " <<<"$output" | cut -c "$((${#long} + 2))-")" =~ ^[0-9]+\ +running ]]
	rt list --format json | jq -e --arg id "$long" '.[] | select(.id == $id)
		| has("ociVersion") and has("pid") and has("status") and has("bundle") and has("rootfs") and has("created") and has("owner")'
}
