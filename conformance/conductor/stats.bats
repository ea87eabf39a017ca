# stats and top: what containers and cgroups use, as JSON lines, as a table, and on a terminal.
load harness

busy() {
	printf 'RUN echo a >/a\n' | file
	works build img
	works run -d --cpu 0.5 --memory 64M --pids 20 img web -- /bin/busybox sh -c 'while :; do :; done'
}

teardown() {
	[ -z "${group-}" ] || rmdir "$group"/*/ "$group"
	left=0
	for name in "$STORE"/containers/*; do
		[ -d "$name" ] && c stop --force "${name##*/}" >/dev/null 2>&1
	done
	left_behind || left=1
	return $left
}

# What runs beside conductor and counts: its only child.
counter_of() {
	cat "/proc/$1/task/$1/children" 2>/dev/null | grep .
}

@test "Ctrl-C that is seen first in the program beside it ends it as Ctrl-C does" {
	busy
	local pid code=0
	# what runs in the background has it ignored
	env --default-signal=INT "$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" stats --interval 1h >said 2>&1 3>&- </dev/null &
	pid=$!
	timeout 30 bash -c 'until grep -qzx stats "/proc/$(cat "/proc/$0/task/$0/children" | tr -d " ")/cmdline"; do sleep 0.05; done' $pid 2>/dev/null
	kill -INT "$(counter_of $pid)"
	wait $pid || code=$?
	[ $code = 130 ] || { echo "$code"; cat said; return 1; }
}

# figure FILTER: of the last line
figure() {
	jq -s -r "last | $1" <<<"$output"
}

# A cgroup of somebody else's, where memory is counted: foreign NAME
foreign() {
	group=/sys/fs/cgroup/memory
	[ -d $group ] || group=/sys/fs/cgroup
	group=$group/foreign-$$
	mkdir -p "$group/$1"
}

# On a terminal of so many columns: terminal COLUMNS KEYS WORDS... The keys come once the screen shows the second round. Ctrl-C reaches
# script's shell as well, and not every shell outlives it.
terminal() {
	local columns=$1 keys=$2
	shift 2
	mkfifo keys
	: >shown
	status=0
	(
		exec 4>keys
		for i in {1..200}; do [ "$(grep -o every shown | wc -l)" -ge 2 ] && break; sleep 0.05; done
		printf '%b' "$keys" >&4
		for i in {1..200}; do grep -q 'echo ' shown && break; sleep 0.05; done # its input stays open until it has ended
	) 3>&- &
	timeout 60 script -q -e -f -c "trap : INT; stty cols $columns rows 20; $(printf '%q ' "$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" "$@"); r=\$?; stty -a | grep -o -- ' -*echo ' ; exit \$r" \
		shown <keys >/dev/null 2>&1 3>&- || status=$?
	wait $!
	output=$(<shown)
}

@test "JSON: the runtime's figures, the name that was given, and rates from the second round on" {
	busy
	works stats --json --count 3 --interval 200ms web
	[ "${#output}" -gt 0 ]
	[ "$(wc -l <<<"$output")" = 3 ]
	[ "$(figure .name)" = web ]
	[ "$(figure .id)" = web ]
	[ "$(figure .status)" = running ]
	[ "$(figure .pid)" = "$(c inspect --pid web)" ]
	[ "$(figure .memory.limit_bytes)" = 67108864 ]
	[ "$(figure .pids.limit)" = 20 ]
	[ "$(figure '.rates.cpu_percent > 1 and .rates.cpu_percent < 90')" = true ]
	[ "$(jq -s 'first | .rates' <<<"$output")" = "{}" ]
	# the rates are what the counters say
	jq -s -e '.[-2:] | ((.[1].cpu.usage_us - .[0].cpu.usage_us) * 100 / (.[1].monotonic_us - .[0].monotonic_us)) - .[1].rates.cpu_percent
		| . < 0.02 and . > -0.02' <<<"$output"
	# numbers only, but for what names something
	[ "$(figure '[paths(scalars) as $p | select(getpath($p) | type != "number") | $p[-1]] | unique - ["cgroup","id","name","page_size","status","time"] | length')" = 0 ]
}

@test "all containers, or those that are named, in that order; without a terminal once" {
	busy
	works run -d img idle -- /bin/busybox sleep 100
	works stats --json
	[ "$(jq -r .name <<<"$output" | paste -sd ' ')" = "idle web" ]
	works top --json web idle
	[ "$(jq -r .name <<<"$output" | paste -sd ' ')" = "web idle" ]
	works stats --interval 100ms --count 1
	[ "$(wc -l <<<"$output")" = 3 ]
	says "THROT%"
	[[ $output == *$'\n'"idle "*$'\n'"web "* ]]
	if [[ $output == *$'\033'* ]]; then false; fi
}

@test "everything of a single one, without a terminal" {
	busy
	works stats web
	says "web  running, pid $(c inspect --pid web)  cgroup /conductor-"
	says "% of 50%"
	says " of 64M   peak "
	says "1 of 20   peak 1"
	if [[ $output == *$'\033'* || $output == *"["* ]]; then false; fi
}

@test "the watching ends with the last container that was named" {
	busy
	c stats --json --interval 50ms web >lines 2>&1 &
	for i in {1..100}; do [ -s lines ] && break; sleep 0.05; done
	c stop --force web
	wait $!
	[ "$(jq -s -r 'map(.name) | unique | join(" ")' lines)" = web ]
}

@test "a cgroup by its path, below the hierarchies or from /" {
	foreign one
	works stats --json "/foreign-$$/one"
	[ "$(figure .cgroup)" = "/foreign-$$/one" ]
	[ "$(figure .name)" = "/foreign-$$/one" ]
	[ "$(figure .id)" = null ]
	works stats --json "foreign-$$/one"
	[ "$(figure .cgroup)" = "/foreign-$$/one" ]
	works stats --json "$group/one"
	[ "$(figure .name)" = "$group/one" ] && [ "$(figure .cgroup)" = "/foreign-$$/one" ]
}

@test "an engine's container by its id, or the beginning of it" {
	id=$(printf '%s' "$BATS_TEST_TMPDIR" | sha256sum | cut -c1-64)
	for name in "libpod-$id.scope" "docker-$id.scope" "cri-containerd-$id.scope" "crio-$id.scope" "$id"; do
		foreign "$name"
		[[ $name != libpod* ]] || mkdir "$group/libpod-conmon-$id.scope"
		works stats --json "$id"
		[ "$(figure .cgroup)" = "/foreign-$$/$name" ]
		works stats --json "${id:0:12}"
		[ "$(figure .cgroup)" = "/foreign-$$/$name" ]
		[ "$(figure .name)" = "${id:0:12}" ]
		rmdir "$group"/*/ "$group"
		group=
	done
	foreign "libpod-$id.scope"
	mkdir "$group/docker-$id.scope"
	fails stats --json "${id:0:12}"
	says "could be /foreign-"
}

@test "an engine's container by its name, as podman and Docker note it" {
	id=$(printf '%s' "$BATS_TEST_TMPDIR" | sha256sum | cut -c1-64)
	export CONDUCTOR STORE RUNTIME id
	# in a mount namespace in which /var/lib is the engines' alone
	by_name() {
		unshare -m --propagation private bash -e -c 'mount -t tmpfs x /var/lib; '"$2"'; "$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" stats --json '"$1" 3>&-
	}
	foreign "libpod-$id.scope"
	output=$(by_name web 'mkdir -p /var/lib/containers/storage/overlay-containers
		printf "[{\"id\": \"0000\", \"names\": [\"other\"]}, {\"id\": \"%s\", \"names\": [\"web\"], \"layer\": \"x\"}]" $id \
			>/var/lib/containers/storage/overlay-containers/containers.json')
	[ "$(figure .cgroup)" = "/foreign-$$/libpod-$id.scope" ]
	[ "$(figure .name)" = web ]
	output=$(by_name web 'mkdir -p /var/lib/docker/containers/$id
		printf "{\"ID\": \"%s\", \"Name\": \"/web\", \"State\": {}}" $id >/var/lib/docker/containers/$id/config.v2.json')
	[ "$(figure .cgroup)" = "/foreign-$$/libpod-$id.scope" ]
	[ "$(figure .name)" = web ]
	if by_name web :; then false; fi
}

@test "bad input is refused" {
	fails stats nobody
	says "there is no container nobody"
	fails stats /no/such
	says "cgroup /no/such does not exist"
	fails stats ''
	for wrong in 0 -1 x 5d; do
		fails stats --interval "$wrong"
		says "not a length of time"
	done
	fails stats --count x
	works stats --json
	[ -z "$output" ]
	works stats
	[ "$output" = "No containers found" ]
	printf 'RUN echo a >/a\n' | file
	works build img
	works run img ended -- /bin/busybox true
	fails stats ended
	says "container ended does not run"
}

@test "containers of another runtime are found by their cgroups" {
	cat >other <<-END
		#!/bin/sh
		exec "$RUNTIME" "\$@"
	END
	chmod +x other
	boxcar=$RUNTIME RUNTIME=$PWD/other
	PATH=$(dirname "$boxcar"):$PATH
	busy
	works stats --json web
	[ "$(figure .name)" = web ]
	[ "$(figure .id)" = null ]
	[ "$(figure .memory.limit_bytes)" = 67108864 ]
	works stats --json
	[ "$(figure .name)" = web ]
	RUNTIME=$boxcar
}

@test "a terminal: a screen of all, with bars, that renews itself; q ends it, and leaves the terminal as it was" {
	busy
	# what it has of a processor is up to the others on this machine; its memory is not
	c exec web -- /bin/busybox sh -c '/bin/busybox head -c 40000000 /dev/zero >/dev/shm/x' </dev/null
	terminal 150 q top --interval 300ms
	[ "$status" = 0 ]
	[ "$(grep -o 'every 0.3 s' shown | wc -l)" -ge 2 ]
	says "$(printf '\033[?1049h')"
	says "$(printf '\033[?1049l')"
	says "web"
	says "||"
	[[ ${output##*1049l} == *" echo"* && ${output##*1049l} != *"-echo"* ]]
}

@test "a terminal: everything of a single one; Ctrl-C ends it; no line is wider than the terminal" {
	busy
	terminal 60 '\003' stats --interval 300ms web
	[ "$status" = 0 ]
	says "of 64M"
	says "of 50%"
	says "throttled"
	says "1 of 20"
	says "$(printf '\033[?1049l')"
	sed 's/\x1b\[\(H\|?1049l\)/\n/g; s/\x1b\[[0-9;?]*[A-Za-z]//g; s/\r//g; /^Script /d' shown | grep every -A 30 | awk 'length($0) > 60 { print; bad = 1 } END { exit bad }'
}

@test "a name that would speak to the terminal is not let to" {
	foreign $'x\033[31mred'
	works stats "/foreign-$$/"$'x\033[31mred'
	if [[ $output == *$'\033'* ]]; then false; fi
}

@test "v1 and v2 views" {
	[ -d /sys/fs/cgroup/unified ] || skip "this host has no hybrid cgroups"
	export STORE CONDUCTOR RUNTIME
	busy
	c stop --force web >/dev/null
	for view in 'umount /sys/fs/cgroup/unified' 'umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup'; do
		output=$(unshare -m --propagation private bash -c "$view"'
			do_it() { "$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" "$@" </dev/null; }
			do_it run -d img v -- /bin/busybox sh -c "while :; do :; done" && do_it stats --json --interval 100ms --count 2 v
			do_it stop --force v >&2' 3>&-)
		echo "$output"
		[ "$(figure '.rates.cpu_percent > 0 and .cpu.usage_us > 0')" = true ]
	done
}
