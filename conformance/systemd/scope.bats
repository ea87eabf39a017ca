# Cgroups made by systemd, as root: what stands in the unit holds in the cgroup, and the other way; nothing outlives the container.
load harness

resources='{
	"memory": {"limit": 67108864, "swap": 134217728, "reservation": 33554432},
	"cpu": {"shares": 512, "quota": 33333, "period": 100000, "cpus": "0", "mems": "0"},
	"pids": {"limit": 30}
}'

limits_hold() {
	has MemoryMax 67108864 && has MemorySwapMax 67108864 && has MemoryLow 33554432 && has CPUWeight 59 &&
		has CPUQuotaPerSecUSec 340ms && has TasksMax 30 && has AllowedCPUs 0 && has AllowedMemoryNodes 0 &&
		holds memory.max 67108864 && holds memory.low 33554432 && holds cpu.weight 59 && holds pids.max 30 && holds cpuset.cpus 0
}

# bats test_tags=check
@test "a container's life in a scope: limits in the unit and in the cgroup, exec, kill, delete" {
	config ".linux.resources = $resources"
	started
	[ "$(</proc/"$PID"/cgroup)" = "0::/system.slice/$UNIT" ]
	has_status running
	limits_hold
	holds cpu.max '33333 100000' # the exact one
	holds cgroup.procs "$PID"    # boxcar-systemd has left
	has Slice system.slice
	has Delegate yes
	has Description "boxcar container $ID"
	[ "$(inside 'cat /proc/self/cgroup')" = 0::/ ]
	rt exec --detach --pid-file "$BATS_TEST_TMPDIR/exec" "$ID" /probe sleep 600
	[ "$(</proc/"$(<"$BATS_TEST_TMPDIR/exec")"/cgroup)" = "0::/system.slice/$UNIT" ]
	rt ps --format json "$ID" | jq -e 'length == 2'
	rt pause "$ID"
	has_status paused
	rt resume "$ID"
	rt stats --json --count 1 "$ID" | jq -e .
	rt kill "$ID" KILL
	eventually has_status stopped
	rt delete "$ID"
	is_unit_gone
	left_behind "$ID"
}

@test "run in the foreground, and twice with one id" {
	args /probe json
	for _ in 1 2; do
		rt run --bundle "$BUNDLE" "$ID" </dev/null >"$BATS_TEST_TMPDIR/seen"
		saw '.cgroups[0] | test(":/$")' true
		is_unit_gone
	done
}

@test "slice, prefix and name; a slice in a slice" {
	config ".linux.cgroupsPath = \"machine-life_pod.slice:libpod:$ID\""
	UNIT=libpod-$ID.scope
	started
	[ "$(</proc/"$PID"/cgroup)" = "0::/machine.slice/machine-life_pod.slice/$UNIT" ]
	rt delete --force "$ID"
	is_unit_gone
	systemctl stop machine-life_pod.slice
}

@test "names that systemd would mistake, and the sign of an id that a unit's name cannot have" {
	config ".linux.cgroupsPath = \"cpu-life.slice:_x:$ID\""
	UNIT=_x-$ID.scope
	started
	[ "$(</proc/"$PID"/cgroup)" = "0::/_cpu.slice/cpu-life.slice/_$UNIT" ]
	rt delete --force "$ID"
	is_unit_gone
	systemctl stop cpu.slice
	config 'del(.linux.cgroupsPath)'
	ID+=+x
	UNIT=boxcar-${ID%+x}\\x2bx.scope
	started
	[ "$(</proc/"$PID"/cgroup)" = "0::/system.slice/$UNIT" ]
	rt delete --force "$ID"
}

# bats test_tags=check
@test "a path that names no scope is an error with its place, and nothing is left" {
	for path in /docker/web system.slice:web system:docker:web a--b.slice:docker:web system.slice:docker:../web system.slice:docker:; do
		config '.linux.cgroupsPath = $path' --arg path "$path"
		[ "$path" != system.slice:docker: ] || { UNIT=docker-$ID.scope; break; } # the name is the id
		run rt run --bundle "$BUNDLE" "$ID"
		gave 1 /linux/cgroupsPath
		[ ! -e "$ROOT/$ID" ]
	done
	in_container /probe true
	gave 0
}

# bats test_tags=check
@test "limits and devices outlive a daemon-reload" {
	# c 1:11 is /dev/kmsg, c 1:4 /dev/port
	config ".linux.resources = $resources | .linux.resources.devices = [{\"allow\": false, \"access\": \"rwm\"},
		{\"allow\": true, \"type\": \"c\", \"major\": 1, \"minor\": 11, \"access\": \"rw\"}] | .linux.maskedPaths = []
		| .process.capabilities = ([\"bounding\", \"effective\", \"permitted\"] | map({(.): [\"CAP_MKNOD\", \"CAP_SYSLOG\", \"CAP_SYS_ADMIN\"]}) | add)"
	started
	inside 'busybox mknod /dev/allowed c 1 11 && busybox mknod /dev/denied c 1 4'
	for _ in 1 2; do
		inside ': >/dev/allowed && : >/dev/null'
		run inside ': </dev/denied'
		gave 1 'not permitted'
		limits_hold
		systemctl daemon-reload
	done
	[[ $(property DeviceAllow) == *"/dev/char/1:11 rw"* ]]
	has DevicePolicy strict
}

@test "rules that systemd cannot be told hold all the same, after a daemon-reload, too" {
	config '.linux.resources.devices = [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "access": "rwm"},
		{"allow": false, "type": "c", "major": 1, "minor": 4, "access": "rwm"}]
		| .process.capabilities = (["bounding", "effective", "permitted"] | map({(.): ["CAP_MKNOD", "CAP_SYS_ADMIN", "CAP_SYS_RAWIO"]}) | add)'
	started
	has DevicePolicy auto
	inside 'busybox mknod /dev/allowed c 1 11 && busybox mknod /dev/denied c 1 4'
	for _ in 1 2; do
		inside ': >/dev/allowed'
		run inside ': </dev/denied'
		gave 1 'not permitted'
		systemctl daemon-reload
	done
}

# bats test_tags=check
@test "update changes the unit, too" {
	config ".linux.resources = $resources"
	started
	rt update --memory 128m --memory-swap 256m --cpu-quota 20000 --pids-limit 40 "$ID"
	echo '{"devices": [{"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rwm"}], "unified": {"memory.high": "100000000"}}' |
		rt update --resources - "$ID"
	for _ in 1 2; do
		has MemoryMax 134217728
		has MemorySwapMax 134217728
		has MemoryHigh 100000000
		has CPUQuotaPerSecUSec 200ms
		has TasksMax 40
		has CPUWeight 59
		[[ $(property DeviceAllow) == *"/dev/char/10:229 rwm"* ]]
		[[ $(property DeviceAllow) == *"/dev/char/1:3 rwm"* ]]
		holds memory.max 134217728
		holds cpu.max '20000 100000'
		holds pids.max 40
		systemctl daemon-reload
	done
}

@test "an update that fails changes neither the unit nor the cgroup" {
	config ".linux.resources = $resources"
	started
	run rt update --memory 128m --memory-swap 256m --cpuset-cpus 4000 --pids-limit 40 "$ID"
	[ "$status" = 1 ]
	limits_hold
	systemctl daemon-reload
	limits_hold
}

# bats test_tags=check
@test "annotations set properties, and put the container below the scope" {
	config '.annotations = {"org.systemd.property.TimeoutStopSec": "7", "org.systemd.property.Documentation": "['\''man:a(1)'\'', '\''man:b(1)'\'']",
		"org.systemd.property.CPUWeight": "uint64 77", "org.systemd.property.Description": "'\''a test'\''", "run.oci.systemd.subgroup": "inner"}
		| .linux.resources.pids.limit = 30'
	started
	has TimeoutStopUSec 7s
	has Documentation '"man:a(1)" "man:b(1)"'
	has CPUWeight 77
	has Description 'a test'
	has TasksMax 30
	[ "$(</proc/"$PID"/cgroup)" = "0::/system.slice/$UNIT/inner" ]
	holds inner/pids.max 30
	[ "$(inside 'cat /proc/self/cgroup')" = 0::/ ]
	systemctl daemon-reload
	has TasksMax 30
	holds inner/pids.max 30
	[ "$(inside 'cat /proc/self/cgroup')" = 0::/ ]
	rt delete --force "$ID"
	is_unit_gone
	left_behind "$ID"
}

# bats test_tags=check
@test "a property that systemd does not know, or whose value is of another type, is an error with its place" {
	config '.annotations = {"org.systemd.property.NoSuchThing": "true"}'
	run rt run --bundle "$BUNDLE" "$ID"
	gave 1 /annotations/org.systemd.property.NoSuchThing
	[[ $output == *NoSuchThing*config.json* ]] || [[ $output == *config.json*NoSuchThing* ]]
	config '.annotations = {"org.systemd.property.CPUWeight": "'\''many'\''"}'
	run rt run --bundle "$BUNDLE" "$ID"
	gave 1 "systemd refuses"
	config '.annotations = {"org.systemd.property.CPUWeight": "ten"}'
	run rt run --bundle "$BUNDLE" "$ID"
	gave 1 /annotations/org.systemd.property.CPUWeight
	[ ! -e "$ROOT/$ID" ]
	is_unit_gone
}

# bats test_tags=check
@test "limits that leave room for one process" {
	for limit in 1 0; do
		config '.linux.resources.pids.limit = $limit' --argjson limit "$limit"
		started
		has TasksMax 1
		holds pids.max 1
		rt delete --force "$ID"
	done
}

# bats test_tags=check
@test "a failed unit of the same name is cleared away" {
	systemd-run --quiet --scope --unit="$UNIT" --property RuntimeMaxSec=1 sleep 600 &
	is_failed() { [ "$(property ActiveState)" = failed ]; }
	eventually is_failed
	wait
	in_container /probe true
	gave 0
}

# bats test_tags=check
@test "an active unit of the same name in which nobody is any more is cleared away" {
	systemd-run --quiet --scope --unit="$UNIT" sleep 600 &
	is_active() { [ "$(property ActiveState)" = active ]; }
	eventually is_active
	cgroup=/sys/fs/cgroup$(property ControlGroup)
	# as when the cgroup is taken away while systemd looks whether it is empty
	strace -p 1 -o "$BATS_TEST_TMPDIR/trace" -P "$cgroup/cgroup.events" -e inject=openat:error=ENODEV 3>&- &
	strace=$!
	eventually grep -q "^TracerPid:[[:space:]]*$strace\$" /proc/1/status
	kill $(<"$cgroup/cgroup.procs")
	eventually grep -q ENODEV "$BATS_TEST_TMPDIR/trace"
	kill "$strace"
	wait "$strace" || true
	is_active
	in_container /probe true
	gave 0
	is_unit_gone
}

# bats test_tags=check
@test "an active unit of the same name is an error, and stays" {
	systemd-run --quiet --scope --unit="$UNIT" --description="the other one" sleep 600 &
	is_active() { [ "$(property ActiveState)" = active ]; }
	eventually is_active
	run rt run --bundle "$BUNDLE" "$ID"
	gave 1 "a unit of that name is active: the other one"
	[[ $output == *"systemctl status $UNIT"* ]]
	[ ! -e "$ROOT/$ID" ]
	is_active
	systemctl stop "$UNIT"
	wait || true
	in_container /probe true
	gave 0
}

# bats test_tags=check
@test "a job that does not end well is an error with its result, and nothing is left" {
	systemctl cat getty@tty9.service >/dev/null # it exists, and does not run
	config '.annotations = {"org.systemd.property.Requisite": $other, "org.systemd.property.After": $other}' --arg other "['getty@tty9.service']"
	run rt run --bundle "$BUNDLE" "$ID"
	gave 1 "start the unit $UNIT: systemd's job ended as dependency"
	[[ $output == *"journalctl -u $UNIT"* ]]
	[ ! -e "$ROOT/$ID" ]
	is_unit_gone
	config 'del(.annotations)'
	in_container /probe true
	gave 0
}

# bats test_tags=check
@test "a scope that is not where it was asked for is an error that says where it is" {
	args /probe true
	# in a cgroup namespace systemd's places have other names
	run unshare --cgroup "$RUNTIME" --root "$ROOT" --systemd-cgroup run --bundle "$BUNDLE" "$ID"
	gave 1 "systemd put process "
	[[ $output == *" into cgroup /../$UNIT, not into /system.slice/$UNIT"*"--cgroup-manager cgroupfs"* ]]
	[ ! -e "$ROOT/$ID" ]
	eventually is_unit_gone
}

@test "a container that the kernel killed for memory leaves no failed unit" {
	config '.linux.resources.memory = {"limit": 16777216, "swap": 16777216}'
	started /bin/sh -c 'x=x; while :; do x=$x$x; done'
	eventually has_status stopped
	rt delete "$ID"
	is_unit_gone
	left_behind "$ID"
}

@test "who stops the unit stops the container" {
	started
	systemctl stop "$UNIT"
	eventually has_status stopped
	rt delete "$ID"
}

# bats test_tags=check
@test "a create that fails undoes the scope" {
	config '.process.args = ["/no/such/file"]'
	try rt create --bundle "$BUNDLE" "$ID"
	[ "$status" != 0 ]
	is_unit_gone
	config '.process.args = ["/probe", "true"] | .linux.resources.cpu.cpus = "4000"'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 cpuset
	is_unit_gone
	left_behind "$ID"
}
