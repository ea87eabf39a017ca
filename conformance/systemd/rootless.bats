# An ordinary user, whose own systemd makes the cgroups. The user lingers, so that there is a systemd without a session, and has two
# ways to call the runtime: from a cgroup which is none of the user's, as from a session, and from a unit of the user's systemd.
load harness
eval "root_$(declare -f setup)"

setup_file() {
	export SOMEBODY=1234
	getent passwd $SOMEBODY >/dev/null || useradd --uid $SOMEBODY --create-home somebody
	loginctl enable-linger somebody
	for _ in {1..600}; do
		[ ! -S /run/user/$SOMEBODY/systemd/private ] || break
		sleep 0.1
	done
}

setup() {
	root_setup
	AT=$(mktemp -d /home/somebody/XXXXXX)
	cp "$RUNTIME" "${RUNTIME%/*}/boxcar-systemd" "$AT"
	mv "$BUNDLE" "$AT/bundle"
	BUNDLE=$AT/bundle ROOT=$AT/state
	rm "$BUNDLE/config.json"
	chown -R $SOMEBODY:$SOMEBODY "$AT"
	as "$AT/boxcar" spec --rootless --bundle "$BUNDLE"
	config '.process.terminal = false | .process.args = ["/probe", "true"]'
	chown -R $SOMEBODY:$SOMEBODY "$AT"
	CGROUP=/user.slice/user-$SOMEBODY.slice/user@$SOMEBODY.service/user.slice/$UNIT
}

# as COMMAND...: the user, in the cgroup where the test is
as() {
	setpriv --reuid $SOMEBODY --regid $SOMEBODY --init-groups --inh-caps=-all env -i PATH="$PATH" HOME=/home/somebody \
		XDG_RUNTIME_DIR="${RUNTIME_DIRECTORY_OF_USER-/run/user/$SOMEBODY}" ${BUS:+DBUS_SESSION_BUS_ADDRESS="$BUS"} "$@"
}

# below COMMAND...: the user, in a unit of the user's systemd
below() {
	as systemd-run --user --quiet --collect --pipe --wait --service-type=exec --property KillMode=process "$@"
}

rt() {
	"${WAY-as}" "$AT/boxcar" --root "$ROOT" --systemd-cgroup "$@"
}

property() {
	as systemctl --user show --property "$1" --value "${2-$UNIT}"
}

started() {
	args /probe sleep 600
	rt create --bundle "$BUNDLE" --pid-file "$AT/pid" "$ID" </dev/null >"$BATS_TEST_TMPDIR/out" 2>&1 || { cat "$BATS_TEST_TMPDIR/out"; return 1; }
	rt start "$ID"
	PID=$(<"$AT/pid")
}

a_life() {
	config '.linux.resources = {"memory": {"limit": 67108864}, "pids": {"limit": 30}, "cpu": {"shares": 512}}'
	started
	[ "$(</proc/"$PID"/cgroup)" = "0::$CGROUP" ]
	has MemoryMax 67108864
	has TasksMax 30
	[ "$(<"/sys/fs/cgroup$CGROUP/memory.max")" = 67108864 ]
	[ "$(<"/sys/fs/cgroup$CGROUP/cgroup.procs")" = "$PID" ]
	[ "$(inside 'cat /proc/self/cgroup')" = 0::/ ]
	rt exec --detach --pid-file "$AT/exec" "$ID" /probe sleep 600 </dev/null
	[ "$(</proc/"$(<"$AT/exec")"/cgroup)" = "0::$CGROUP" ]
	rt update --memory 128m "$ID"
	has MemoryMax 134217728
	rt pause "$ID"
	has_status paused
	rt resume "$ID"
	rt kill "$ID" KILL
	eventually has_status stopped
	rt delete "$ID"
	is_unit_gone
	[ ! -e "/sys/fs/cgroup$CGROUP" ]
}

# bats test_tags=check
@test "a life, called from a cgroup that is not the user's" {
	a_life
}

@test "a life, called from below the user's systemd" {
	WAY=below a_life
}

# bats test_tags=check
@test "with subordinate ids, the process one of theirs" {
	grep -q "^somebody:" /etc/subuid
	first=$(sed -n 's/^somebody:\([0-9]*\):.*/\1/p' /etc/subuid)
	chmod 711 /home/somebody "$AT" "$BUNDLE"
	config '.linux.uidMappings += [{"containerID": 1, "hostID": $first, "size": 65536}] | .linux.gidMappings = .linux.uidMappings |
		.linux.gidMappings[0].hostID = $own | .process.user = {"uid": 7, "gid": 8} | .linux.resources = {"pids": {"limit": 30}}' \
		--argjson first "$first" --argjson own "$(id -g somebody)"
	chmod 755 "$BUNDLE/config.json"
	for WAY in as below; do
		started
		[ "$(stat -c %u "/proc/$PID")" = $((first + 6)) ]
		[ "$(</proc/"$PID"/cgroup)" = "0::$CGROUP" ]
		[ "$(<"/sys/fs/cgroup$CGROUP/cgroup.procs")" = "$PID" ]
		rt exec --detach --pid-file "$AT/exec" --user 9:10 "$ID" /probe sleep 600 </dev/null
		[ "$(</proc/"$(<"$AT/exec")"/cgroup)" = "0::$CGROUP" ]
		[ "$(stat -c %u "/proc/$(<"$AT/exec")")" = $((first + 8)) ]
		rt delete --force "$ID"
		is_unit_gone
	done
}

@test "limits outlive a daemon-reload of the user's systemd, and its bus may end and come back" {
	config '.linux.resources = {"memory": {"limit": 67108864}, "pids": {"limit": 30}}'
	started
	as systemctl --user daemon-reload
	as systemctl --user restart dbus.service
	has MemoryMax 67108864
	[ "$(<"/sys/fs/cgroup$CGROUP/memory.max")" = 67108864 ]
	[ "$(<"/sys/fs/cgroup$CGROUP/pids.max")" = 30 ]
	rt update --pids-limit 40 "$ID"
	has TasksMax 40
	[ "$(inside 'cat /proc/self/cgroup')" = 0::/ ]
	rt delete --force "$ID"
	is_unit_gone
}

@test "a cgroup below the scope" {
	config '.annotations = {"run.oci.systemd.subgroup": "inner"} | .linux.resources = {"pids": {"limit": 30}}'
	for WAY in as below; do
		started
		[ "$(</proc/"$PID"/cgroup)" = "0::$CGROUP/inner" ]
		[ "$(<"/sys/fs/cgroup$CGROUP/inner/pids.max")" = 30 ]
		rt delete --force "$ID"
		is_unit_gone
	done
}

# bats test_tags=check
@test "a limit whose controller the user's systemd was not given is an error by its name" {
	config '.linux.resources = {"cpu": {"cpus": "0"}}' # user@.service has pids, memory and cpu
	run rt run --bundle "$BUNDLE" "$ID"
	gave 1 "does not give the controller cpuset to those below it"
	[[ $output == */linux/resources/cpu* ]]
	is_unit_gone
	[ ! -e "$ROOT/$ID" ]
}

@test "by the bus alone, and by the private socket alone" {
	BUS=unix:path=/run/user/$SOMEBODY/bus RUNTIME_DIRECTORY_OF_USER=$AT in_container /probe true
	gave 0
	BUS=unix:path=/nowhere in_container /probe true
	gave 0
	as systemctl --user stop dbus.socket dbus.service 2>/dev/null
	in_container /probe true
	as systemctl --user start dbus.socket
	gave 0
}

# bats test_tags=check
@test "without a systemd of one's own the error says how to have one" {
	RUNTIME_DIRECTORY_OF_USER=$AT run rt run --bundle "$BUNDLE" "$ID"
	gave 1 "reach the user's systemd by DBUS_SESSION_BUS_ADDRESS or XDG_RUNTIME_DIR: No such file or directory"
	[[ $output == *"loginctl enable-linger"* ]]
	[ ! -e "$ROOT/$ID" ]
}

# bats test_tags=check
@test "a user who has no session and does not linger" {
	getent passwd 1235 >/dev/null || useradd --uid 1235 --create-home other
	[ ! -e /run/user/1235 ]
	chmod 755 /home/somebody "$AT"
	run setpriv --reuid 1235 --regid 1235 --clear-groups env -i PATH="$PATH" HOME=/home/other sh -c 'cd && mkdir -p b/rootfs &&
		"$0/boxcar" spec --rootless --bundle b && exec "$0/boxcar" --root /home/other/state --systemd-cgroup run --bundle b "$1"' "$AT" "$ID"
	gave 1 "reach the user's systemd by DBUS_SESSION_BUS_ADDRESS or XDG_RUNTIME_DIR: No such file or directory"
	[[ $output == *"loginctl enable-linger"* ]]
	[ -z "$(ls -A /home/other/state 2>/dev/null)" ]
}

@test "a scope of the user's ends when the user's systemd is stopped, and delete removes the rest" {
	started
	systemctl stop "user@$SOMEBODY.service"
	eventually has_status stopped
	run rt delete "$ID"
	gave 0 "reach the user's systemd"
	[ ! -e "$ROOT/$ID" ]
	[ ! -e "/sys/fs/cgroup$CGROUP" ]
	systemctl start "user@$SOMEBODY.service"
}
