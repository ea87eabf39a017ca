# podman with its own default, cgroups made by systemd: as root, and as an ordinary user. For a machine that has it: `make vm-systemd`.
load ../life/harness

setup_file() {
	export SOMEBODY=1234 FILES=/var/tmp/podman-files STORAGE_DRIVER=vfs # the guest's root is an overlay itself
	mkdir -p /etc/containers
	printf '[storage]\ndriver = "vfs"\nrunroot = "/run/containers/storage"\ngraphroot = "/var/lib/containers/storage"\n' >/etc/containers/storage.conf
	getent passwd $SOMEBODY >/dev/null || useradd --uid $SOMEBODY --create-home somebody
	loginctl enable-linger somebody
	mkdir -p $FILES/rootfs/{bin,proc,sys,dev,tmp,etc,run,var}
	cp /bin/busybox $FILES/rootfs/bin/
	for name in sh sleep cat echo; do ln -sf busybox $FILES/rootfs/bin/$name; done
	cp "$RUNTIME" "${RUNTIME%/*}/boxcar-systemd" $FILES
	chown -R $SOMEBODY:$SOMEBODY $FILES
}

setup() {
	NAME=life-$BATS_TEST_NUMBER
}

teardown() {
	podman rm --force --time 0 --all >/dev/null 2>&1 || true
	[ -z "$(systemctl list-units --all --no-legend 'libpod-*.scope' | grep -v conmon)" ]
}

podman() {
	command podman --runtime "$FILES/boxcar" "$@"
}

# podman's words, then the container's
start() {
	podman run --detach --name "$NAME" --network none --security-opt seccomp=unconfined "$@" --rootfs "$FILES/rootfs" sleep 600
}

unit_of() {
	echo "libpod-$(podman inspect --format '{{.Id}}' "$NAME").scope"
}

@test "podman as root: run, exec, update, stop, rm" {
	start --memory 64m --pids-limit 50 --cpus 0.5
	[ "$(podman inspect --format '{{.HostConfig.CgroupManager}}' "$NAME")" = systemd ]
	unit=$(unit_of)
	[ "$(systemctl show --property MemoryMax --value "$unit")" = 67108864 ]
	[ "$(systemctl show --property TasksMax --value "$unit")" = 50 ]
	[ "$(systemctl show --property CPUQuotaPerSecUSec --value "$unit")" = 500ms ]
	[[ $(<"/proc/$(podman inspect --format '{{.State.Pid}}' "$NAME")/cgroup") == 0::/machine.slice/$unit* ]]
	systemctl daemon-reload
	[ "$(podman exec "$NAME" cat /proc/self/cgroup)" = 0::/ ]
	podman pause "$NAME"
	podman unpause "$NAME"
	podman stop --time 1 "$NAME"
	[ "$(podman inspect --format '{{.State.Status}}' "$NAME")" = exited ]
	podman start "$NAME"
	[ "$(podman exec "$NAME" echo again)" = again ]
	podman rm --force --time 0 "$NAME"
	[ "$(systemctl show --property LoadState --value "$unit")" = not-found ]
}

@test "podman as root: a slice of one's own" {
	start --cgroup-parent machine-life.slice
	[[ $(<"/proc/$(podman inspect --format '{{.State.Pid}}' "$NAME")/cgroup") == 0::/machine.slice/machine-life.slice/$(unit_of)* ]]
	podman rm --force --time 0 "$NAME"
	systemctl stop machine-life.slice
}

@test "podman as an ordinary user: run, exec, stop, rm" {
	podman() {
		runuser -u somebody -- env --chdir=/ -i PATH="$PATH" HOME=/home/somebody STORAGE_DRIVER=vfs XDG_RUNTIME_DIR=/run/user/$SOMEBODY \
			DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/$SOMEBODY/bus podman --runtime "$FILES/boxcar" "$@"
	}
	start --memory 64m
	[ "$(podman inspect --format '{{.HostConfig.CgroupManager}}' "$NAME")" = systemd ]
	unit=$(unit_of)
	[[ $(<"/proc/$(podman inspect --format '{{.State.Pid}}' "$NAME")/cgroup") == 0::/user.slice/user-$SOMEBODY.slice/user@$SOMEBODY.service/user.slice/$unit* ]]
	[ "$(podman exec "$NAME" echo here)" = here ]
	podman stop --time 1 "$NAME"
	podman rm --force --time 0 "$NAME"
	[ ! -e "/sys/fs/cgroup/user.slice/user-$SOMEBODY.slice/user@$SOMEBODY.service/user.slice/$unit" ]
}
