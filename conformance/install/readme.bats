# What README.md says of the first steps, of services and of waiting, tried as it stands there. (conformance/engines/readme.bats has
# its pieces for engines.)
load ../life/harness

SOURCE=$(realpath "$BATS_TEST_DIRNAME/../..")
README=$SOURCE/README.md

# The indented lines below a line of README that begins with TEXT, without their comments.
piece() {
	awk -v text="$1" 'index($0, text) == 1 { is_on = 1; next } is_on && /^    / { has = 1; print substr($0, 5); next }
		has && !/^$/ { exit }' "$README" | sed 's/ \+#.*//' | grep .
}

setup() {
	ID=readme-$$-$BATS_TEST_NUMBER
	ROOT=$BATS_TEST_TMPDIR/state
	WORK=$BATS_TEST_TMPDIR/work
	mkdir -p "$WORK/bin"
	cd "$WORK"
	ln -s "$(realpath "$SOURCE/$BUILD")" build
	# the names of README are not only the test's own
	printf '#!/bin/sh\nexec "%s" --root "%s" "$@"\n' "$RUNTIME" "$ROOT" >bin/boxcar
	chmod +x bin/boxcar
	PATH=$WORK/bin:$PATH
}

@test "a first container by hand, and in its parts" {
	only_boxcar
	local line
	piece "## A first container by hand" >"$WORK/lines"
	[ "$(head -n 1 "$WORK/lines")" = make ]
	[ "$(wc -l <"$WORK/lines")" = 8 ]
	while read -r line; do
		run bash -c "${line/#build\/boxcar/boxcar}" </dev/null
		[ "$status" = 0 ] || { echo "$line: $output"; return 1; }
	done < <(sed '1d;$d' "$WORK/lines")
	[[ $(sed -n 6p "$WORK/lines") == *check* ]]
	# a shell, on a terminal, in a container that is called web
	line=$(tail -n 1 "$WORK/lines")
	run "$TOOLS/pty" -t 60 -- bash -c "${line/#build\/boxcar/boxcar}" < <(printf 'echo in $((40 + 2)) $$; exit 7\n')
	gave 7 "in 42 1"

	BUNDLE=$WORK/web config '.process.terminal = false | .process.args = ["busybox", "sleep", "600"]'
	piece "In its parts, as an engine does it" >"$WORK/parts"
	[ "$(wc -l <"$WORK/parts")" = 6 ]
	while read -r line; do
		[[ $line != *delete* ]] || eventually bash -c 'boxcar state web1 | grep -q stopped'
		bash -c "$line" </dev/null >"$WORK/out" 2>&1 || { echo "$line: $(<"$WORK/out")"; return 1; }
		[[ $line != *exec* ]] || grep -q "busybox ps" "$WORK/out"
	done <"$WORK/parts"
	[ ! -e "$ROOT/web1" ]
}

@test "the service's unit: ready when the container says so, its sockets, and the end" {
	only_boxcar
	local start stop
	bundle "$WORK/web"
	cat >"$WORK/web/rootfs/service" <<-'END'
		#!/bin/sh
		echo "sockets $LISTEN_FDS"
		printf 'READY=1\n' | /probe notify "$NOTIFY_SOCKET"
		printf 'STATUS=over\n' | /probe notify "$NOTIFY_SOCKET"
	END
	chmod +x "$WORK/web/rootfs/service"
	BUNDLE=$WORK/web args /bin/sh /service
	piece "<!-- service -->" >"$WORK/unit"
	grep -x Type=notify "$WORK/unit"
	! command -v systemd-analyze >/dev/null || {
		sed "s|/usr/local/sbin/boxcar|/bin/true|" "$WORK/unit" >"$WORK/web.service"
		[ -z "$(systemd-analyze verify --recursive-errors=no "$WORK/web.service" 2>&1 | grep -F web.service)" ]
	}
	start=$(sed -n 's/^ExecStart=//p' "$WORK/unit" | sed "s|/usr/local/sbin/boxcar|boxcar|; s|/srv/web|$WORK/web|; s|journald:web|$WORK/log|")
	stop=$(sed -n 's/^ExecStopPost=//p' "$WORK/unit" | sed "s|/usr/local/sbin/boxcar|boxcar|")
	python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(60)
print("listening", flush=True)
text = ""
while "STATUS=over" not in text:
    text = s.recv(4096).decode()
    print(text, end="", flush=True)' "$WORK/manager" >"$WORK/told" 2>&1 3>&- &
	eventually grep -q listening "$WORK/told"
	NOTIFY_SOCKET=$WORK/manager LISTEN_FDS=1 bash -c 'LISTEN_PID=$$ exec "$0" "$@"' "$RUNTIME" --root "$ROOT" ${start#boxcar } \
		</dev/null 3</dev/null >"$WORK/out" 2>&1 || { cat "$WORK/out"; return 1; }
	wait $!
	grep -x "sockets 1" "$WORK/out"
	grep -x READY=1 "$WORK/told"
	grep -x "MAINPID=[0-9]*" "$WORK/told"
	$stop
	[ ! -e "$ROOT/web" ]
}

@test "what the section of services says of logs" {
	only_boxcar
	grep -qF '`--log` takes a file, `journald:NAME` or `syslog:NAME`' "$README"
	"$RUNTIME" --help | grep -q -- '--log WHERE .*journald:NAME or syslog:NAME'
}

@test "waiting for a job in the background" {
	only_boxcar
	bundle "$WORK/job"
	mkfifo "$WORK/job/rootfs/go"
	BUNDLE=$WORK/job args /bin/sh -c 'read line </go; exit 7'
	bash -c "$(piece "<!-- wait -->")" </dev/null >"$WORK/out" 2>&1 3>&- &
	# it waits once it holds the process by a descriptor
	eventually bash -c 'for pid in /proc/[0-9]*; do
		grep -qzx wait "$pid/cmdline" 2>/dev/null && grep -qzx "$0" "$pid/cmdline" && ls -l "$pid/fd" | grep -q pidfd && exit 0; done; exit 1' "$ROOT"
	echo >"$WORK/job/rootfs/go"
	wait $! || ! has_kernel 6.15
	! has_kernel 6.15 || [ "$(<"$WORK/out")" = 7 ]
	boxcar delete --force job1
}

# The demonstration itself, without the mirror: what makes the root file system is replaced.
@test "make demo builds, makes a root file system and runs in it" {
	only_boxcar
	cat >"$WORK/bin/mmdebstrap" <<-END
		#!/bin/sh
		for last; do :; done
		mkdir -p "\$last/bin" "\$last/etc" "\$last/proc" "\$last/dev" "\$last/sys"
		cp /bin/busybox "\$last/bin/busybox"
		for name in cat ps id sh; do ln -s busybox "\$last/bin/\$name"; done
		echo 'PRETTY_NAME="a stand-in"' >"\$last/etc/os-release"
	END
	chmod +x "$WORK/bin/mmdebstrap"
	grep -q '^    make demo ' "$README"
	run env DEMO="$WORK/demo" make --no-print-directory -C "$SOURCE" demo
	gave 0 'PRETTY_NAME="a stand-in"'
	gave 0 "uid=0"
	[[ $output == *"boxcar explain"*outside*inside*exec* ]] || { echo "$output"; return 1; }
	# a second time the root file system is there already
	rm "$WORK/bin/mmdebstrap"
	run env DEMO="$WORK/demo" BUILD="$SOURCE/$BUILD" BOXCAR="$WORK/bin/boxcar" "$SOURCE/conformance/demo"
	gave 0 'PRETTY_NAME="a stand-in"'
}
