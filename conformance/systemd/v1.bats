# Cgroups made by systemd where the controllers are v1's, with or without a v2 hierarchy beside them: for a machine that was booted with
# systemd.unified_cgroup_hierarchy=0. `make vm-systemd` runs it.
load harness

setup_file() {
	[ "$(stat -f -c %T /sys/fs/cgroup)" = tmpfs ] || { echo "this machine has cgroup v2 alone"; return 1; }
}

# Each line of a process's /proc/PID/cgroup names the unit: in every hierarchy it is there.
is_in_all() {
	local lines
	lines=$(grep -vc "/system.slice/$UNIT${2-}\$" "/proc/$1/cgroup") || true
	[ "$lines" = 0 ] || { cat "/proc/$1/cgroup"; return 1; }
}

@test "a life, in every hierarchy" {
	config '.linux.resources = {"memory": {"limit": 67108864}, "cpu": {"shares": 512, "quota": 33333, "period": 100000}, "pids": {"limit": 30}}'
	started
	is_in_all "$PID"
	rt exec --detach --pid-file "$BATS_TEST_TMPDIR/exec" "$ID" /probe sleep 600
	is_in_all "$(<"$BATS_TEST_TMPDIR/exec")"
	for _ in 1 2; do
		has MemoryLimit 67108864
		has CPUShares 512
		has TasksMax 30
		[ "$(<"/sys/fs/cgroup/memory/system.slice/$UNIT/memory.limit_in_bytes")" = 67108864 ]
		[ "$(<"/sys/fs/cgroup/cpu/system.slice/$UNIT/cpu.shares")" = 512 ]
		[ "$(<"/sys/fs/cgroup/pids/system.slice/$UNIT/pids.max")" = 30 ]
		systemctl daemon-reload
	done
	rt update --memory 128m --pids-limit 40 "$ID"
	has MemoryLimit 134217728
	has TasksMax 40
	[ "$(<"/sys/fs/cgroup/memory/system.slice/$UNIT/memory.limit_in_bytes")" = 134217728 ]
	rt pause "$ID"
	has_status paused
	rt resume "$ID"
	rt kill "$ID" KILL
	eventually has_status stopped
	rt delete "$ID"
	is_unit_gone
	left_behind "$ID"
}

@test "devices outlive a daemon-reload" {
	config '.linux.resources.devices = [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 1, "minor": 11, "access": "rw"}]
		| .process.capabilities = (["bounding", "effective", "permitted"] | map({(.): ["CAP_MKNOD", "CAP_SYS_RAWIO", "CAP_SYS_ADMIN"]}) | add)'
	started
	inside 'busybox mknod /dev/allowed c 1 11 && busybox mknod /dev/denied c 1 4'
	for _ in 1 2; do
		inside ': >/dev/allowed && : >/dev/null'
		run inside ': </dev/denied'
		gave 1 'not permitted'
		systemctl daemon-reload
	done
}

@test "a cgroup below the scope" {
	config '.annotations = {"run.oci.systemd.subgroup": "inner"}'
	started
	is_in_all "$PID" /inner
	rt delete --force "$ID"
	is_unit_gone
	left_behind "$ID"
}

@test "a create that fails undoes the scope in every hierarchy" {
	config '.linux.resources.cpu.cpus = "4000"'
	try rt create --bundle "$BUNDLE" "$ID"
	gave 1 cpuset
	is_unit_gone
	left_behind "$ID"
}

@test "a user's systemd has no power over v1: an error that says so, and without systemd it works" {
	at=$(mktemp -d /tmp/v1.XXXXXX)
	getent passwd 1234 >/dev/null || useradd --uid 1234 --create-home somebody
	loginctl enable-linger somebody
	eventually [ -S /run/user/1234/systemd/private ]
	cp "$RUNTIME" "${RUNTIME%/*}/boxcar-systemd" "$at"
	cp -r "$BUNDLE" "$at/bundle"
	chown -R 1234:1234 "$at"
	as() {
		setpriv --reuid 1234 --regid 1234 --init-groups --inh-caps=-all env -i PATH="$PATH" XDG_RUNTIME_DIR=/run/user/1234 "$@"
	}
	rm "$at/bundle/config.json"
	as "$at/boxcar" spec --rootless --bundle "$at/bundle"
	BUNDLE=$at/bundle config '.process.terminal = false | .process.args = ["/probe", "true"]'
	chmod 644 "$at/bundle/config.json"
	run as "$at/boxcar" --systemd-cgroup run --bundle "$at/bundle" "$ID"
	second=$(as "$at/boxcar" run --bundle "$at/bundle" "$ID") || second=failed
	rm -r "$at"
	gave 1 "have the user's systemd make the cgroup: /sys/fs/cgroup/"
	[[ $output == *"is not the user's to write, and this host has cgroup v1; systemd delegates to users where cgroup v2 is alone"* ]]
	[ -z "$second" ]
	[ ! -e "/run/user/1234/boxcar/$ID" ]
}
