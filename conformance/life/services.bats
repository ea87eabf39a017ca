# A container as a service: sockets that are passed on, and what it tells the service manager.
load harness

# As systemd starts a service with sockets: activated COUNT COMMAND... (descriptors 3 and 4 are given by the test)
activated() {
	LISTEN_FDS=$1 LISTEN_FDNAMES=web:admin bash -c 'LISTEN_PID=$$ exec "$@"' bash "${@:2}"
}

@test "the sockets of a service manager are passed on, with what belongs to them" {
	config '.process.env += ["LISTEN_FDS=9"]'
	args /probe json
	activated 2 "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null 3</dev/zero 4</dev/null >"$BATS_TEST_TMPDIR/seen"
	saw '.descriptors | keys' '["0","1","2","3","4"]'
	saw '.descriptors["3"]' /dev/zero
	saw '[.env[] | select(startswith("LISTEN_PID="))]' '["LISTEN_PID=1"]'
	only_boxcar # runc forgets the names, and keeps what the image says
	saw '[.env[] | select(startswith("LISTEN_"))] | sort' '["LISTEN_FDNAMES=web:admin","LISTEN_FDS=2","LISTEN_PID=1"]'
}

@test "with others after them" {
	args /probe json
	activated 1 "$RUNTIME" --root "$ROOT" run --preserve-fds 1 --bundle "$BUNDLE" "$ID" </dev/null 3</dev/zero 4</dev/null \
		>"$BATS_TEST_TMPDIR/seen"
	saw '.descriptors | keys' '["0","1","2","3","4"]'
	saw '[.env[] | select(startswith("LISTEN_FDS="))]' '["LISTEN_FDS=1"]'
}

@test "in the host's pid namespace the payload is told its pid there" {
	only_boxcar
	config '.linux.namespaces |= map(select(.type != "pid"))'
	args /probe json
	activated 1 "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null 3</dev/zero >"$BATS_TEST_TMPDIR/seen"
	saw '"LISTEN_PID=\(.pid)" as $own | .env | index($own) != null' true
}

@test "sockets that are for somebody else are not passed on" {
	args /probe json
	LISTEN_FDS=1 LISTEN_PID=1 "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null 3</dev/zero >"$BATS_TEST_TMPDIR/seen"
	saw '.descriptors | keys' '["0","1","2"]'
	saw '[.env[] | select(startswith("LISTEN_"))]' '[]'
	only_boxcar
	run activated many "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	gave 1 "LISTEN_FDS is many"
	run activated 1 bash -c 'exec "$@" 3<&-' bash "$RUNTIME" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	gave 1 "descriptor 3: bad file descriptor"
}

# A service manager: writes down what it is told. Its socket in $MANAGER, the text in $TOLD.
manager() {
	MANAGER=$BATS_TEST_TMPDIR/manager TOLD=$BATS_TEST_TMPDIR/told
	python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("listening", flush=True)
s.settimeout(30)
while True:
    text = s.recv(4096).decode()
    print(text, end="", flush=True)
    if "STATUS=over" in text:
        break' "$MANAGER" >"$TOLD" 2>&1 3>&- &
	LISTENER=$!
	eventually grep -q listening "$TOLD"
}

# A payload that tells: notify_payload SCRIPT ("tell TEXT" in it)
notify_payload() {
	cat >"$BUNDLE/rootfs/service" <<-'SCRIPT'
		#!/bin/sh
		tell() { printf "$1" | /probe notify "$NOTIFY_SOCKET"; }
	SCRIPT
	printf '%s\n' "$1" >>"$BUNDLE/rootfs/service"
	chmod +x "$BUNDLE/rootfs/service"
	args /bin/sh /service
}

@test "what a service tells in the foreground goes on, with its pid outside" {
	only_boxcar
	manager
	notify_payload 'tell "STATUS=early\n"; tell "READY=1\nMAINPID=7\n"; tell "STATUS=over\n"'
	NOTIFY_SOCKET=$MANAGER "$RUNTIME" --root "$ROOT" run --pid-file "$BATS_TEST_TMPDIR/pid" --bundle "$BUNDLE" "$ID" </dev/null
	wait "$LISTENER"
	grep -x "MAINPID=$(<"$BATS_TEST_TMPDIR/pid")" "$TOLD"
	not grep -x MAINPID=7 "$TOLD"
	[ "$(grep -v MAINPID "$TOLD")" = $'listening\nSTATUS=early\nREADY=1\nSTATUS=over' ]
}

@test "start returns when the service is ready, also for another user in a user namespace" {
	only_boxcar
	manager
	config '.process.user.uid = 5 | .linux.uidMappings = [{"containerID":0,"hostID":100000,"size":65536}] | .linux.gidMappings = .linux.uidMappings
		| .linux.namespaces += [{"type":"user"}]'
	mkfifo -m 666 "$BUNDLE/rootfs/go"
	notify_payload 'read line </go; tell "READY=1\n"; exec /probe sleep 600'
	chown -R 100000:100000 "$BUNDLE/rootfs"
	chmod -R go+rX "$BATS_TEST_TMPDIR" && chmod go+x "$BATS_TEST_TMPDIR/.." "$BATS_RUN_TMPDIR"
	export NOTIFY_SOCKET=$MANAGER
	rt create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	"$RUNTIME" --root "$ROOT" start "$ID" >/dev/null 2>&1 3>&- &
	local starting=$!
	eventually has_status running
	kill -0 $starting
	not grep READY "$TOLD"
	echo >"$BUNDLE/rootfs/go"
	wait $starting
	eventually grep -x READY=1 "$TOLD"
	kill "$LISTENER"
}

@test "run --detach returns when the service is ready" {
	only_boxcar
	manager
	mkfifo -m 666 "$BUNDLE/rootfs/go"
	notify_payload 'read line </go; tell "READY=1\n"; exec /probe sleep 600'
	NOTIFY_SOCKET=$MANAGER "$RUNTIME" --root "$ROOT" run --detach --pid-file "$BATS_TEST_TMPDIR/pid" --bundle "$BUNDLE" "$ID" </dev/null \
		>/dev/null 2>&1 3>&- &
	local running=$!
	eventually has_status running
	kill -0 $running
	echo >"$BUNDLE/rootfs/go"
	wait $running
	eventually grep -x READY=1 "$TOLD"
	grep -x "MAINPID=$(<"$BATS_TEST_TMPDIR/pid")" "$TOLD"
	has_status running
	kill "$LISTENER"
}

@test "a service that ends before it is ready makes start fail" {
	only_boxcar
	manager
	notify_payload 'exit 3'
	export NOTIFY_SOCKET=$MANAGER
	rt create --bundle "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
	try rt start "$ID"
	gave 1 "ended before it told that it is ready"
	kill "$LISTENER"
}
