# What the tests with real engines share. An engine runs privately below one directory, with one image made on the spot,
# no network and the runtime under test as its only runtime. RUNTIME chooses the program, so that the tests themselves
# can be tried:
#
#     RUNTIME=/usr/sbin/runc bats conformance/engines/podman.bats
#
# MARK is a name nobody else has: the directory, the cgroups and the containerd namespace carry it, so what is ended and
# removed afterwards is only what these tests made.

RUNTIME=$(realpath "${RUNTIME:-$BATS_TEST_DIRNAME/../../${BUILD:-build}/boxcar}")
bats_require_minimum_version 1.5.0

# One command of an engine, never for longer than half a minute. bats waits for all who hold its descriptor 3.
bounded() {
	timeout --foreground -k 5 30 "$@" 3>&-
}

export -f bounded

# Packages and the private directory: engine_prepare PACKAGE...
engine_prepare() {
	"$BATS_TEST_DIRNAME/../packages" "$@" || return 1
	DIR=$(mktemp -d /tmp/engine.XXXXXX)
	MARK=engine-${DIR##*.}
	# a container with a user namespace of its own passes through it
	chmod 711 "$DIR"
	mkdir "$DIR/tmp"
	export DIR MARK TMPDIR=$DIR/tmp
}

# The image's files: busybox, two users, something that cannot be executed.
image_rootfs() {
	mkdir -p "$1"/{bin,etc,proc,sys,dev,tmp,root,home/user,run,mnt}
	cp /bin/busybox "$1/bin/busybox"
	busybox --list | while read -r applet; do
		[ -e "$1/bin/$applet" ] || ln -s busybox "$1/bin/$applet"
	done
	printf 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1001::/home/user:/bin/sh\n' >"$1/etc/passwd"
	printf 'root:x:0:\nuser:x:1001:\nextra:x:1002:user\n' >"$1/etc/group"
	echo text >"$1/etc/plain"
	chmod 755 "$1" && chmod 1777 "$1/tmp" && chmod 644 "$1/etc/plain" && chown 1000:1001 "$1/home/user"
}

image_tar() {
	image_rootfs "$DIR/rootfs" && tar --numeric-owner -C "$DIR/rootfs" -cf "$DIR/rootfs.tar" .
}

# The same as an OCI archive: one layer, one configuration, one manifest, one index: image_archive NAME [COMMAND-AS-JSON]
image_archive() {
	local layer config manifest at=$DIR/archive
	mkdir -p "$at/blobs/sha256"
	layer=$(blob <"$DIR/rootfs.tar")
	config=$(jq -n --arg layer "sha256:$layer" '{architecture: $ARGS.named.architecture, os: "linux",
		config: {Env: ["PATH=/bin"], Cmd: $command}, rootfs: {type: "layers", diff_ids: [$layer]}}' \
		--arg architecture "$(dpkg --print-architecture)" --argjson command "${2:-[\"sh\"]}" | blob)
	manifest=$(jq -n --argjson layer "$(described "$layer" layer.v1.tar)" \
		--argjson config "$(described "$config" config.v1+json)" \
		'{schemaVersion: 2, config: $config, layers: [$layer]}' | blob)
	jq -n --argjson manifest "$(described "$manifest" manifest.v1+json)" --arg name "$1" \
		'{schemaVersion: 2, manifests: [$manifest + {annotations: {"io.containerd.image.name": $name}}]}' >"$at/index.json"
	echo '{"imageLayoutVersion": "1.0.0"}' >"$at/oci-layout"
	tar -C "$at" -cf "$DIR/archive.tar" .
}

# Keep stdin under the name of its digest, and say it.
blob() {
	local digest
	cat >"$at/new"
	digest=$(sha256sum "$at/new" | cut -d ' ' -f 1)
	mv "$at/new" "$at/blobs/sha256/$digest"
	echo "$digest"
}

described() {
	jq -n --arg type "application/vnd.oci.image.$2" --arg digest "sha256:$1" \
		--argjson size "$(stat -c %s "$at/blobs/sha256/$1")" '{mediaType: $type, digest: $digest, size: $size}'
}

# overlayfs cannot lie on another overlayfs, as in a container.
is_on_overlay() {
	[ "$(stat -f -c %T "$DIR")" = overlayfs ]
}

export -f is_on_overlay

is_pure_v2_host() {
	[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]
}

# --- looking ----------------------------------------------------------------------------------------------------------

# The last `run` gave this: gave STATUS [WHOLE-OUTPUT]
gave() {
	[ "$status" = "$1" ] && [ "$output" = "${2-$output}" ] || {
		printf 'expected %s and "%s", got %s and:\n%s\n' "$1" "${2-anything}" "$status" "$output"
		return 1
	}
}

# The last `run` failed, and said so: failed_with STATUS TEXT-IN-OUTPUT
failed_with() {
	[ "$status" = "$1" ] && [[ $output == *"$2"* ]] || {
		printf 'expected %s and a message with "%s", got %s and:\n%s\n' "$1" "$2" "$status" "$output"
		return 1
	}
}

# Wait up to ten seconds: eventually COMMAND...
eventually() {
	local try
	for try in {1..200}; do
		"$@" && return 0
		sleep 0.05
	done
	echo "never came true: $*"
	return 1
}

# Run on a terminal of 33 lines and 77 columns; the output has no carriage returns: on_terminal FUNCTION ARGUMENT...
on_terminal() {
	local command
	printf -v command '%q ' "$@"
	# a fifo that is also open for writing never ends: script would pass an end on
	[ -p "$BATS_TEST_TMPDIR/quiet" ] || mkfifo "$BATS_TEST_TMPDIR/quiet"
	SHELL=/bin/bash timeout -k 5 60 script -qec "stty rows 33 cols 77; $command" /dev/null \
		<>"$BATS_TEST_TMPDIR/quiet" 3>&- | tr -d '\r'
	return "${PIPESTATUS[0]}"
}

# A container's cgroup file, by its name on v2 and on v1: cgroup_value ID CONTROLLER V2-NAME V1-NAME
cgroup_value() {
	local hierarchy=/sys/fs/cgroup/$2 file=$4 path
	is_pure_v2_host && hierarchy=/sys/fs/cgroup file=$3
	path=$(find "$hierarchy/$MARK" -type d -name "*$1" | head -n 1)
	cat "$path/$file"
}

# Directories below our cgroups in any hierarchy, by name: cgroups_left PATTERN
cgroups_left() {
	find /sys/fs/cgroup -path "*/$MARK/*" -type d -name "$1" 2>/dev/null
}

# A process has these arguments, as soon as it has become what it was started for: runs PID ARGUMENTS
runs() {
	[ "$(tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline")" = "$2 " ]
}

# A container's cgroup holds a process with these arguments: in_cgroup ID ARGUMENTS
in_cgroup() {
	local pid
	for pid in $(cgroup_value "$1" pids cgroup.procs cgroup.procs); do
		runs "$pid" "$2" && return
	done
	return 1
}

# `! COMMAND` alone fails no test.
not() {
	! "$@"
}

# --- the end ----------------------------------------------------------------------------------------------------------

# The processes that are ours: in our cgroups, or of an engine with our directory among their arguments.
our_processes() {
	{
		find /sys/fs/cgroup -path "*/$MARK/*" -name cgroup.procs -exec cat {} + 2>/dev/null
		pgrep -f "^([^ ]*/)?(podman|buildah|conmon|ctr|dockerd|containerd[^ ]*) .*$DIR/"
	} | sort -u
}

# End and remove whatever is left; says what it had to end.
engine_finish() {
	local pid mount
	for pid in $(our_processes); do
		[ -e "/proc/$pid" ] && echo "still there: $pid $(tr '\0' ' ' <"/proc/$pid/cmdline")"
		kill -KILL "$pid" 2>/dev/null
	done
	eventually no_process
	while read -r mount; do
		umount -l "$mount"
	done < <(awk -v at="$DIR/" 'index($5, at) == 1 { print $5 }' /proc/self/mountinfo | sort -r)
	find /sys/fs/cgroup -depth -type d -path "*/$MARK*" -exec rmdir {} + 2>/dev/null
	rm -rf --one-file-system "$DIR"
}

no_process() {
	[ -z "$(our_processes)" ]
}
