# systemd is reached in more than one way, and a container ends without it.
load harness

teardown_file() {
	[ ! -e /run/systemd/hidden ] || mv /run/systemd/hidden /run/systemd/private
	systemctl start dbus.socket dbus.service
}

hide_private() {
	mv /run/systemd/private /run/systemd/hidden
}

show_private() {
	mv /run/systemd/hidden /run/systemd/private
}

stop_bus() {
	systemctl stop dbus.socket dbus.service 2>/dev/null
}

# bats test_tags=check
@test "the bus may end and come back between create and delete" {
	started
	systemctl restart dbus.service
	[ "$(inside 'echo here')" = here ]
	rt update --pids-limit 40 "$ID"
	has TasksMax 40
	rt delete --force "$ID"
	is_unit_gone
}

@test "without a bus the private socket does" {
	stop_bus
	started
	[ "$(</proc/"$PID"/cgroup)" = "0::/system.slice/$UNIT" ]
	rt delete --force "$ID"
	is_unit_gone
	systemctl start dbus.socket dbus.service
}

@test "without the private socket the bus does" {
	hide_private
	started
	[ "$(</proc/"$PID"/cgroup)" = "0::/system.slice/$UNIT" ]
	rt delete --force "$ID"
	show_private
	is_unit_gone
}

# bats test_tags=check
@test "without both create says so, and delete removes the container all the same" {
	started
	stop_bus
	hide_private
	run rt run --bundle "$BUNDLE" "$ID-other"
	gave 1 "reach systemd at /run/systemd/private or its bus"
	[[ $output == *"--cgroup-manager cgroupfs"* ]]
	[ ! -e "$ROOT/$ID-other" ]
	run rt delete --force "$ID"
	gave 0 "reach systemd"
	[ -z "$(cgroups_of "$ID")" ]
	[ ! -e "$ROOT/$ID" ]
	show_private
	systemctl start dbus.socket dbus.service
	eventually is_unit_gone # by itself: nobody is in it
}

# bats test_tags=check
@test "without both a container is there for every command that needs no systemd, and update changes nothing" {
	config '.linux.resources = {"memory": {"limit": 67108864, "swap": 67108864}, "pids": {"limit": 30}}'
	started
	cgroup=$(property ControlGroup)
	stop_bus
	hide_private
	run rt update --memory 128m --memory-swap 128m --pids-limit 40 "$ID"
	gave 1 "reach systemd at /run/systemd/private or its bus"
	[ "$(<"/sys/fs/cgroup$cgroup/memory.max")" = 67108864 ]
	[ "$(<"/sys/fs/cgroup$cgroup/pids.max")" = 30 ]
	[ "$(inside 'echo here')" = here ]
	rt pause "$ID"
	has_status paused
	rt resume "$ID"
	rt kill "$ID" KILL
	eventually has_status stopped
	show_private
	systemctl start dbus.socket dbus.service
	rt delete "$ID"
	is_unit_gone
}

@test "a socket where nobody answers is an error in the end" {
	stop_bus
	hide_private
	python3 -c 'import socket, sys, time; s = socket.socket(socket.AF_UNIX); s.bind("/run/systemd/private"); s.listen(); time.sleep(600)' 3>&- &
	listener=$!
	eventually [ -S /run/systemd/private ]
	run rt run --bundle "$BUNDLE" "$ID"
	kill "$listener"
	rm -f /run/systemd/private
	show_private
	systemctl start dbus.socket dbus.service
	gave 1 "reach systemd"
	[ ! -e "$ROOT/$ID" ]
}

# --- boxcar-systemd -----------------------------------------------------------------------------------------------------

# A runtime beside which boxcar-systemd is under strace: it is killed at a call; killed_at CALL WHEN ARGUMENT...
killed_at() {
	local at=$BATS_TEST_TMPDIR/beside
	mkdir -p "$at"
	cp "$RUNTIME" "$at/boxcar"
	printf '#!/bin/sh\nexec strace -D -o /dev/null -e trace=%s -e inject=%s:signal=KILL:when=%s %s "$@"\n' "$1" "$1" "$2" \
		"${RUNTIME%/*}/boxcar-systemd" >"$at/boxcar-systemd"
	chmod +x "$at/boxcar-systemd"
	"$at/boxcar" --root "$ROOT" --systemd-cgroup "${@:3}" </dev/null
}

# bats test_tags=check
@test "boxcar-systemd killed before, amid and after its work: an error, and nothing is left" {
	for point in sendto:1 sendmsg:1 sendmsg:2 sendmsg:3 sendmsg:4 sendto:2; do # the sixth: the scope is there
		run killed_at ${point%:*} ${point#*:} run --bundle "$BUNDLE" "$ID"
		gave 1 "boxcar-systemd died"
		[ ! -e "$ROOT/$ID" ]
		eventually is_unit_gone
	done
}

@test "boxcar-systemd killed amid an update: an error, and the limits are as they were" {
	config '.linux.resources.pids.limit = 30'
	started
	for point in sendmsg:1 sendmsg:2 sendmsg:3 sendto:1; do
		run killed_at ${point%:*} ${point#*:} update --pids-limit 40 "$ID"
		gave 1 "boxcar-systemd died"
		holds pids.max 30
		rt update --pids-limit 30 "$ID"
		has TasksMax 30
	done
}

# bats test_tags=check
@test "boxcar-systemd killed amid a delete, or not there any more: the container is deleted all the same" {
	for point in sendmsg:1 sendmsg:3 sendto:1; do
		started
		run killed_at ${point%:*} ${point#*:} delete --force "$ID"
		gave 0 "boxcar-systemd died"
		[ ! -e "$ROOT/$ID" ]
		[ -z "$(cgroups_of "$ID")" ]
		eventually is_unit_gone
	done
	started
	rm "$BATS_TEST_TMPDIR/beside/boxcar-systemd"
	run "$BATS_TEST_TMPDIR/beside/boxcar" --root "$ROOT" delete --force "$ID"
	gave 0 "find boxcar-systemd in $BATS_TEST_TMPDIR/beside"
	[ ! -e "$ROOT/$ID" ]
	[ -z "$(cgroups_of "$ID")" ]
	eventually is_unit_gone
}
