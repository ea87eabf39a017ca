# The state directory: full, read-only, damaged, hostile; the log; callers without root.
load harness

@test "a full state directory: create fails and leaves nothing, the rest works" {
	mkdir "$ROOT"
	mount -t tmpfs -o size=4k,nr_inodes=2,mode=700 full "$ROOT"
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	[[ $output == *"no space left on device"* ]]
	run rt list
	gave 0
	umount "$ROOT"
	left_behind "$ID"
}

@test "a read-only state directory: create fails and says so" {
	mkdir "$ROOT"
	mount -t tmpfs -o ro,mode=700 readonly "$ROOT"
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	[[ $output == *"read-only file system"* ]]
	umount "$ROOT"
	left_behind "$ID"
}

@test "the state directory is for its owner only" {
	only_boxcar
	umask 000
	started
	[ "$(stat -c %a "$ROOT/$ID")" = 700 ]
}

@test "a damaged state blocks neither list nor delete --force" {
	only_boxcar
	local damage
	for damage in ': >state' 'echo "{}" >state' 'head -c 10 state >t; mv t state' 'rm state' 'rm state; mkfifo state' 'rm state; mkdir state' \
		'rm state; ln -s /dev/zero state' 'tr a-z A-Z <state >t; mv t state' 'rm config.json' 'rm -f config.json; mkfifo config.json'; do
		started
		(cd "$ROOT/$ID" && eval "$damage")
		timeout 5 "$RUNTIME" --root "$ROOT" list >/dev/null 2>&1 || [ $? != 124 ] || { echo "list hangs: $damage"; return 1; }
		timeout 5 "$RUNTIME" --root "$ROOT" state "$ID" >/dev/null 2>&1 || [ $? != 124 ] || { echo "state hangs: $damage"; return 1; }
		timeout 20 "$RUNTIME" --root "$ROOT" delete --force "$ID" || { echo "not deleted: $damage"; return 1; }
		is_gone "$PID" || { echo "still runs: $damage"; return 1; }
		[ ! -e "$ROOT/$ID" ]
		left_behind "$ID"
	done
}

@test "a state that names an innocent process harms it not" {
	only_boxcar
	started
	sleep 600 3>&- &
	sed -i "s/\"pid\": *$PID/\"pid\":$!/" "$ROOT/$ID/state"
	rt delete --force "$ID"
	kill -0 $!
	kill $!
	is_gone "$PID"
	left_behind "$ID"
}

@test "a foreign file in the state directory does not disturb list" {
	only_boxcar
	started
	touch "$ROOT/file"
	ln -s /etc "$ROOT/link"
	mkdir "$ROOT/empty"
	run rt list -q
	gave 0 "$ID"
	rm "$ROOT/file" "$ROOT/link"
	rt delete --force empty
	[ ! -e "$ROOT/empty" ]
	[ -d /etc ]
}

@test "the state directory's default comes from the user" {
	only_boxcar
	run env XDG_RUNTIME_DIR= "$RUNTIME" list -q
	gave 0
	local home
	home=$(mktemp -d /tmp/life-user.XXXXXX)
	cp "$RUNTIME" "$home/program"
	chown 1000 "$home"
	run setpriv --reuid 1000 --regid 1000 --clear-groups env XDG_RUNTIME_DIR="$home" "$home/program" list -q
	rm -rf "$home"
	gave 0
}

@test "an ordinary user cannot create, and is told why" {
	chmod -R a+rX "$BATS_TEST_TMPDIR"
	local home
	home=$(mktemp -d /tmp/life-user.XXXXXX)
	chown 1000 "$home"
	cp "$RUNTIME" "$home/runtime"
	cp -r "$BUNDLE" "$home/bundle"
	try setpriv --reuid 1000 --regid 1000 --clear-groups "$home/runtime" --root "$home/state" create --bundle "$home/bundle" "$ID"
	rm -rf "$home"
	[ "$status" = 1 ]
	[ -n "$output" ]
	left_behind "$ID"
}

@test "spec, features, version, list and check need no root" {
	only_boxcar
	local home
	home=$(mktemp -d /tmp/life-user.XXXXXX)
	chown 1000 "$home"
	cp "$RUNTIME" "$home/boxcar"
	as() { setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all "$@"; }
	cd "$home"
	mkdir rootfs
	as "$home/boxcar" spec --bundle "$home"
	as "$home/boxcar" features | jq -e .ociVersionMin
	as "$home/boxcar" --version
	as "$home/boxcar" --root "$home/none" list
	as "$home/boxcar" check --bundle "$home"
	as "$home/boxcar" explain --bundle "$home" >"$BATS_TEST_TMPDIR/plan"
	cd /
	rm -rf "$home"
	grep -q -i exec "$BATS_TEST_TMPDIR/plan"
}

@test "the log holds exactly one JSON record of a failure, and stderr one line" {
	args /no/such/command
	config '.process.capabilities |= map_values(. + ["CAP_NO_SUCH_THING"])'
	try rt --log "$BATS_TEST_TMPDIR/log" --log-format json create --bundle "$BUNDLE" "$ID"
	[ "$status" = 1 ]
	jq -s -e 'map(select(.level == "error")) | length == 1' "$BATS_TEST_TMPDIR/log"
	is_boxcar && jq -s -e 'length == 1' "$BATS_TEST_TMPDIR/log"
	jq -s -e '.[-1] | .level == "error" and (.msg | contains("no such file or directory")) and
		(.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\\.[0-9]+)?(Z|[+-][0-9:]{5})$"))' "$BATS_TEST_TMPDIR/log"
	[[ $output == *"no such file or directory"* ]]
}

@test "the log is appended to, and is empty or missing after success" {
	echo '{"level":"info","msg":"before","time":"2020-01-01T00:00:00Z"}' >"$BATS_TEST_TMPDIR/log"
	rt --log "$BATS_TEST_TMPDIR/log" --log-format json run --bundle "$BUNDLE" "$ID" </dev/null
	[ "$(wc -l <"$BATS_TEST_TMPDIR/log")" = 1 ]
	run rt --log "$BATS_TEST_TMPDIR/log" --log-format json state "$ID"
	[ "$status" = 1 ]
	jq -s -e 'length == 2 and (.[1].msg | contains("does not exist"))' "$BATS_TEST_TMPDIR/log"
}

@test "a text log has level, message and time" {
	run rt --log "$BATS_TEST_TMPDIR/log" state "$ID"
	[ "$status" = 1 ]
	grep -q 'does not exist' "$BATS_TEST_TMPDIR/log"
	grep -q 'error' "$BATS_TEST_TMPDIR/log"
}

@test "control characters of the input cannot forge a second line" {
	only_boxcar
	run rt state $'a\nboxcar: forged'
	[ "${#lines[@]}" = 1 ]
	config '.process.args = ["/a\u001b[31m\nforged"]'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "${#lines[@]}" = 1 ]
	[[ $output != *$'\e'* ]]
}

@test "two creates of one id at once have exactly one winner" {
	args /probe sleep 600
	local won=0 i
	for i in 1 2 3 4 5 6 7 8; do
		(rt create --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/race.$i" 2>&1; echo $? >"$BATS_TEST_TMPDIR/race.$i.status") 3>&- &
	done
	wait
	won=$(cat "$BATS_TEST_TMPDIR"/race.*.status | grep -c '^0$')
	[ "$won" = 1 ]
	has_status created
	rt delete --force "$ID"
	left_behind "$ID"
}

@test "a storm of commands on one id ends with one delete" {
	only_boxcar # runc leaks cgroups and processes here
	args /probe sleep 600
	local end=$((SECONDS + 4)) i
	for i in 1 2 3 4; do
		(
			while [ $SECONDS -lt $end ]; do
				case $((RANDOM % 6)) in
				0 | 1) rt create --bundle "$BUNDLE" "$ID" ;;
				2) rt start "$ID" ;;
				3) rt kill "$ID" KILL ;;
				4) rt state "$ID" ;;
				5) rt delete --force "$ID" ;;
				esac </dev/null >/dev/null 2>&1
			done
		) 3>&- &
	done
	wait
	rt delete --force "$ID"
	left_behind "$ID"
	[ -z "$(ls -A "$ROOT")" ]
}

@test "a storm of commands, a third of them killed, ends with one delete" {
	only_boxcar
	args /probe sleep 600
	local end=$((SECONDS + 4)) i
	for i in 1 2 3 4; do
		(
			while [ $SECONDS -lt $end ]; do
				case $((RANDOM % 6)) in
				0 | 1) command=(create --bundle "$BUNDLE" "$ID") ;;
				2) command=(start "$ID") ;;
				3) command=(kill "$ID" KILL) ;;
				4) command=(exec "$ID" /probe true) ;;
				5) command=(delete --force "$ID") ;;
				esac
				killed=()
				[ $((RANDOM % 3)) != 0 ] || killed=(timeout -s KILL 0.00$((RANDOM % 9)))
				"${killed[@]}" "$RUNTIME" --root "$ROOT" "${command[@]}" </dev/null
			done
		) >/dev/null 2>&1 3>&- &
	done
	wait
	rt delete --force "$ID"
	left_behind "$ID"
	[ -z "$(ls -A "$ROOT")" ]
}

@test "a container that is missing here and is in the other usual directory: the message says where" {
	only_boxcar
	unshare -m --propagation private sh -ec 'mkdir -p /run/boxcar && mount -t tmpfs -o mode=755 none /run/boxcar
		"$1" create --bundle "$2" "$3" </dev/null >/dev/null 2>&1
		! "$1" --root "$4" state "$3" 2>&1
		"$1" delete --force "$3"' sh "$RUNTIME" "$BUNDLE" "$ID" "$ROOT" >"$BATS_TEST_TMPDIR/said"
	rmdir /run/boxcar 2>/dev/null || true # it may be used
	grep -F "state $ID: container does not exist" "$BATS_TEST_TMPDIR/said"
	grep -F "in /run/boxcar: \`boxcar --root /run/boxcar ...\` finds it" "$BATS_TEST_TMPDIR/said"
	run rt state "$ID"
	gave 1 "does not exist"
	[[ $output != *finds* ]]
}
