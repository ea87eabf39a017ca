# podman, as root, with the runtime under test as its only runtime: what its test files share.
load harness

setup_file() {
	engine_prepare podman conmon netavark golang-github-containers-common catatonit busybox-static jq procps || return 1
	mkdir "$DIR"/{root,run,networks}
	export PODMAN_IGNORE_CGROUPSV1_WARNING=1 # podman 5
	export CONTAINERS_CONF=$DIR/containers.conf CONTAINERS_STORAGE_CONF=$DIR/storage.conf XDG_CONFIG_HOME=$DIR
	# no option moves this one
	export CACHE=/var/lib/containers/cache/blob-info-cache-v1.boltdb HAD_CACHE=
	[ ! -e "$CACHE" ] || HAD_CACHE=1
	configuration >"$CONTAINERS_CONF"
	storage >"$CONTAINERS_STORAGE_CONF"
	image_tar || return 1
	bounded podman import --change 'ENV PATH=/bin' --change 'CMD sh' "$DIR/rootfs.tar" localhost/bb 2>&1
}

# default_ulimits: root may be without CAP_SYS_RESOURCE, which podman's own defaults need.
configuration() {
	cat <<-END
		[containers]
		default_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]
		log_driver = "k8s-file"
		netns = "none"
		init_path = "/usr/bin/catatonit"
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		events_logfile_path = "$DIR/events"
		lock_type = "file"
		tmp_dir = "$DIR/tmp/libpod"
		static_dir = "$DIR/root/libpod"
		volume_path = "$DIR/root/volumes"
		image_copy_tmp_dir = "$DIR/tmp"
		runtime = "under-test"
		runtime_supports_json = ["under-test"]
		# the word of podman 4, and of later ones
		runtime_supports_nocgroup = ["under-test"]
		runtime_supports_nocgroups = ["under-test"]
		[engine.runtimes]
		under-test = ["$RUNTIME"]
		[network]
		network_backend = "netavark"
		network_config_dir = "$DIR/networks"
	END
}

storage() {
	local driver=overlay
	is_on_overlay && driver=vfs
	printf '[storage]\ndriver = "%s"\ngraphroot = "%s"\nrunroot = "%s"\n' $driver "$DIR/root" "$DIR/run"
}

teardown_file() {
	bounded podman pod rm --all --force --time 0
	bounded podman rm --all --force --time 0
	for state in $(states); do
		"$RUNTIME" delete --force "${state##*/}"
		rm -rf --one-file-system "$state"
	done
	engine_finish
	[ -n "$HAD_CACHE" ] || rm -f "$CACHE"
	rmdir "${CACHE%/*}" /var/lib/containers /run/containers/networks /run/containers 2>/dev/null
	true
}

teardown() {
	bounded podman rm --all --force --time 0 >/dev/null
	nothing_left
}

setup() {
	NAME=c$BATS_TEST_NUMBER
	# conmon notes that memory ran out in a file of the directory it was started in
	cd "$BATS_TEST_TMPDIR"
}

# A container that is gone when its command ends: once [OPTION...] bb COMMAND...
once() {
	bounded podman run --rm --cgroup-parent "/$MARK" "$@"
}

export -f once

# A detached container of this test: detached [OPTION...] bb COMMAND...
detached() {
	ID=$(bounded podman run --detach --name "$NAME" --cgroup-parent "/$MARK" "$@")
	[ ${#ID} = 64 ]
}

inspected() {
	bounded podman inspect --format "$1" "$NAME"
}

# The states of all containers that ever were: podman names no root, so they are where the runtime has them by default.
states() {
	find /run -path "*/${RUNTIME##*/}/*" 2>/dev/null |
		grep -f <(grep -o -E '"ID":"[0-9a-f]{64}"' "$DIR/events" | sort -u | sed 's|.*:"\(.*\)"|/\1$|')
}

# No cgroup, mount or state of any container.
nothing_left() {
	local found
	found=$(cgroups_left '*libpod-*'; states
		awk -v at="$DIR/root/overlay" 'index($5, at) == 1 && $5 != at { print "mount " $5 }' /proc/self/mountinfo)
	[ -z "$found" ] || {
		printf 'left behind:\n%s\n' "$found"
		return 1
	}
}

logged() {
	bounded podman logs "$NAME" 2>&1 | grep -q "$1"
}

namespaces() {
	local name
	for name in net uts ipc pid mnt; do
		readlink "/proc/$1/ns/$name"
	done
}
