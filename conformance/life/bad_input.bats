# Every command with bad input and in every state: from the list that --help prints, so that a new command is covered by itself.
load harness

commands() {
	"$RUNTIME" --help | sed -n '/^commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'
}

# Those whose first operand is a container; create and run would make one.
commands_with_id() {
	local command
	for command in $(commands); do
		[[ $command == create || $command == run ]] || ! "$RUNTIME" "$command" --help | grep -q '^usage: .*\] \[\?ID' || echo "$command"
	done
}

# What a command needs after the id, and what keeps it from going on for ever.
operands_of() {
	case $1 in
	exec) echo /probe true ;;
	kill) echo 0 ;;
	esac
}
options_of() {
	case $1 in
	events) echo --stats ;;
	stats) echo --count=1 ;;
	esac
}

# bounded COMMAND...: one that ends by itself within 20 seconds; status and output as try gives them.
bounded() {
	try timeout 20 "$RUNTIME" --root "$ROOT" "$@"
	[ "$status" != 124 ] || { echo "hangs: $*"; return 1; }
	[ "$status" -lt 128 ] || [ "$status" = 255 ] || { echo "ended with $status: $*"; return 1; }
}

# The last one failed, and said why in one line of its own.
refused() {
	[ "$status" != 0 ] || { echo "accepted: $*"; return 1; }
	[ "$(grep -c '^boxcar: ' <<<"$output")" = "${#lines[@]}" ] || { echo "$*: $output"; return 1; }
	[ "${#lines[@]}" -ge 1 ]
}

@test "commands with an id that there is not, or that is none" {
	only_boxcar
	[ "$(commands_with_id | wc -l)" -ge 8 ]
	local command id
	for command in $(commands_with_id); do
		for id in no-such .. . -- '' a/b $'a\nb' "$(printf '%0300d' 0)"; do
			bounded "$command" $(options_of "$command") -- "$id" $(operands_of "$command")
			refused "$command" "$id"
		done
	done
	[ ! -e "$ROOT" ] || [ -z "$(ls -A "$ROOT")" ]
}

@test "commands with no operand where one is needed, or with too many" {
	only_boxcar
	local command
	for command in $(commands); do
		if "$RUNTIME" "$command" --help | grep -q '^usage: .*\] [A-Z]'; then
			bounded "$command"
			refused "$command"
			[[ $output == *needs* || $output == *"no command"* ]]
		fi
		if ! "$RUNTIME" "$command" --help | head -n 1 | grep -q '\.\.\.\]$'; then
			bounded "$command" a b c d
			refused "$command" a b c d
		fi
	done
}

@test "options that there are not, without their value, or with one that is wrong" {
	only_boxcar
	local command option value
	for command in $(commands); do
		bounded "$command" --no-such-option x
		refused "$command" --no-such-option
		[[ $output == *"unknown option --no-such-option"*"$command --help"* ]]
		while read -r option; do
			bounded "$command" "--$option"
			refused "$command" "--$option"
			[[ $output == *"--$option needs a value"* ]]
		done < <("$RUNTIME" "$command" --help | sed -n 's/^  *\(-[a-zA-Z], \)\?--\([a-z0-9-]*\) [^ ].*  .*/\2/p' | grep -v help)
		while read -r option; do
			for value in '' x 1x 0x10 1e3 99999999999999999999 ' 1'; do
				bounded "$command" "--$option=$value" "$ID"
				refused "$command" "--$option=$value"
			done
		done < <("$RUNTIME" "$command" --help | sed -n 's/^  *\(-[a-zA-Z], \)\?--\([a-z0-9-]*\) \(N\|FORMAT\) .*/\2/p')
	done
}

# Whatever a command answered, the container is in one of the five states, and one delete --force ends it.
every_command_on() {
	local command
	for command in $(commands_with_id | grep -vx -e delete -e wait); do
		bounded "$command" $(options_of "$command") "$ID" $(operands_of "$command")
		[ "$status" = 0 ] || refused "$command"
		[[ $(status_of "$ID") =~ ^(created|running|paused|stopped)$ ]] || { echo "no state after $command"; return 1; }
		"$@"
	done
	bounded delete --force "$ID"
	[ "$status" = 0 ]
	left_behind "$ID"
}

@test "every command on a container that has stopped" {
	only_boxcar
	started /probe true
	eventually has_status stopped
	every_command_on has_status stopped
}

@test "every command on a container whose init was killed from outside" {
	only_boxcar
	started
	kill -KILL "$PID"
	eventually has_status stopped
	every_command_on has_status stopped
}

@test "every command on a paused container" {
	only_boxcar
	started
	rt pause "$ID"
	local command
	for command in $(commands_with_id | grep -vx -e delete -e wait -e resume); do
		bounded "$command" $(options_of "$command") "$ID" $(operands_of "$command")
		[ "$status" = 0 ] || refused "$command"
		has_status paused
	done
	rt resume "$ID"
	has_status running
}

@test "every command twice, and at the same time" {
	only_boxcar
	started
	local command i pids
	for command in $(commands_with_id | grep -vx -e delete -e wait -e pause -e resume); do
		pids=()
		for i in 1 2 3 4; do
			timeout 20 "$RUNTIME" --root "$ROOT" "$command" $(options_of "$command") "$ID" $(operands_of "$command") </dev/null \
				>/dev/null 2>&1 3>&- &
			pids+=($!)
		done
		for i in "${pids[@]}"; do
			status=0
			wait "$i" || status=$?
			[ "$status" != 124 ] || { echo "hangs: $command"; return 1; }
		done
		has_status running
	done
}

# under_frozen_parent VIEW FILE FROZEN THAWED
under_frozen_parent() {
	view "$1"
	config '.linux.cgroupsPath = $ARGS.positional[0]' --args -- "/$ID-parent/$ID"
	started
	local file command
	file=$(find /sys/fs/cgroup -type f -path "*/$ID-parent/$2" | head -n 1)
	echo "$3" >"$file"
	eventually has_status paused
	for command in $(commands_with_id | grep -vx -e delete -e wait); do
		bounded "$command" $(options_of "$command") "$ID" $(operands_of "$command")
		[ "$status" = 0 ] || refused "$command"
	done
	bounded create --bundle "$BUNDLE" "$ID-2"
	refused create
	# a kill is obeyed when the parent is thawed, on v2 at once
	bounded kill "$ID" KILL
	[ "$1" = v2 ] && [ "$status" = 0 ] || gave 1 "because its parent is; thaw ${file%/*}"
	bounded delete --force "$ID"
	[ "$1" = v2 ] && [ "$status" = 0 ] || gave 1 "because its parent is; thaw ${file%/*}"
	echo "$4" >"$file"
	bounded delete --force "$ID"
	[ "$status" = 0 ]
	find /sys/fs/cgroup -depth -type d -name "$ID-parent" -exec rmdir {} +
}

@test "every command under a parent cgroup that somebody has frozen" {
	only_boxcar
	under_frozen_parent v1 freezer.state FROZEN THAWED
}

@test "v2 view: every command under a parent cgroup that somebody has frozen" {
	only_boxcar
	under_frozen_parent v2 cgroup.freeze 1 0
}

# A pipe at descriptor 8 that is full and that nobody reads.
fill_a_pipe() {
	mkfifo "$BATS_TEST_TMPDIR/full"
	exec 8<>"$BATS_TEST_TMPDIR/full"
	python3 -c '
import os, fcntl
flags = fcntl.fcntl(8, fcntl.F_GETFL)
fcntl.fcntl(8, fcntl.F_SETFL, flags | os.O_NONBLOCK)
try:
    while True: os.write(8, b"x" * 4096)
except BlockingIOError: pass
fcntl.fcntl(8, fcntl.F_SETFL, flags)'
}

@test "every command with a stderr that is full and never read: done, refused, and with a warning" {
	only_boxcar
	fill_a_pipe
	config '.annotations = {"run.oci.no-such": "x"}' # create warns
	args /probe sleep 600
	timeout 20 "$RUNTIME" --root "$ROOT" create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&8 3>&- 8>&-
	timeout 20 "$RUNTIME" --root "$ROOT" start "$ID" 2>&8 8>&-
	has_status running
	local command way status
	for command in $(commands_with_id | grep -vx -e delete -e wait); do
		for way in "$ID" no-such; do
			status=0
			timeout 20 "$RUNTIME" --root "$ROOT" --criu warned "$command" $(options_of "$command") "$way" $(operands_of "$command") \
				</dev/null >/dev/null 2>&8 3>&- 8>&- || status=$?
			[ $status != 124 ] || { echo "hangs: $command $way"; return 1; }
			[ $way != no-such ] || [ $status != 0 ]
		done
	done
	timeout 20 "$RUNTIME" --root "$ROOT" delete --force "$ID" 2>&8 8>&-
	for command in create run explain check spec list features; do
		status=0
		timeout 20 "$RUNTIME" --root "$ROOT" "$command" a b c d e </dev/null >/dev/null 2>&8 3>&- 8>&- || status=$?
		[ $status != 124 ] && [ $status != 0 ] || { echo "$command: $status"; return 1; }
	done
	exec 8>&-
}

@test "numbers that are none name their option, and change nothing" {
	only_boxcar
	started
	local command option value count=0
	for command in $(commands_with_id); do
		while read -r option; do
			for value in '' x 1x 0x10 1e3 99999999999999999999 ' 1'; do
				[ "$command$value" != update ] || continue # to runc an empty one is none
				bounded "$command" "--$option=$value" $(options_of "$command") "$ID" $(operands_of "$command")
				refused "$command" "--$option=$value"
				[[ $output == *"$option"* ]] || { echo "$command --$option=$value: $output"; return 1; }
				count=$((count + 1))
			done
		done < <("$RUNTIME" "$command" --help | sed -n 's/^  *\(-[a-zA-Z], \)\?--\([a-z0-9-]*\) \(N\|US\|TIME\|BYTES\|0|1\|GID\|UID[^ ]*\) .*/\2/p')
	done
	[ $count -gt 120 ]
	has_status running
}
