# What README.md says of engines, tried as it stands there: the piece behind <!-- NAME -->, with the program's path replaced.
load harness

setup_file() {
	engine_prepare podman conmon netavark buildah golang-github-containers-common containerd docker.io containernetworking-plugins \
		busybox-static jq procps iproute2 util-linux python3-grpcio python3-protobuf protobuf-compiler python3-yaml || return 1
	image_tar && image_archive localhost/bb:latest '["/bin/sleep", "86400"]'
}

teardown_file() {
	engine_finish
	rmdir /run/containerd/runc/{default,k8s.io} /run/containerd/{runc,s,fifo} /run/containerd 2>/dev/null
	true
}

teardown() {
	[ ! -e "$DIR/pid" ] || {
		local pid
		pid=$(<"$DIR/pid")
		kill "$pid" && eventually test ! -e "/proc/$pid"
		rm -f "$DIR/pid" # Docker removes its own
	}
}

# piece NAME
piece() {
	awk -v name="<!-- $1 -->" '$0 == name { is_on = 1; next } is_on && /^    / { has = 1; print substr($0, 5); next }
		has && !/^$/ { exit }' "$BATS_TEST_DIRNAME/../../README.md" | sed "s|/usr/local/sbin/boxcar|$RUNTIME|g" | grep .
}

@test "podman" {
	export CONTAINERS_CONF=$DIR/containers.conf PODMAN_IGNORE_CGROUPSV1_WARNING=1
	{ printf '[containers]\ndefault_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]\n'; piece podman; } >"$CONTAINERS_CONF"
	local podman=(bounded podman --root "$DIR/root" --runroot "$DIR/run" --tmpdir "$DIR/tmp/p" --storage-driver vfs --events-backend none)
	"${podman[@]}" import --change 'ENV PATH=/bin' "$DIR/rootfs.tar" localhost/bb
	run "${podman[@]}" run --rm --network none --cgroup-parent "/$MARK" localhost/bb echo hello
	gave 0 hello
	[ "$("${podman[@]}" info --format '{{.Host.OCIRuntime.Path}}')" = "$RUNTIME" ]
}

@test "buildah" {
	export CONTAINERS_CONF=$DIR/buildah.conf CONTAINERS_STORAGE_CONF=$DIR/storage.conf
	printf '[containers]\ndefault_ulimits = ["nofile=1024:4096"]\n[engine]\ncgroup_manager = "cgroupfs"\n' >"$CONTAINERS_CONF"
	printf '[storage]\ndriver = "vfs"\ngraphroot = "%s"\nrunroot = "%s"\n' "$DIR/b-root" "$DIR/b-run" >"$CONTAINERS_STORAGE_CONF"
	mkdir "$DIR/context"
	cp "$DIR/rootfs.tar" "$DIR/context"
	printf 'FROM scratch\nADD rootfs.tar /\nENV PATH=/bin\nRUN echo by the runtime\n' >"$DIR/context/Containerfile"
	local line
	line=$(piece buildah | sed "s|buildah build|& --network none --cgroup-parent /$MARK/buildah --ulimit nofile=1024:4096 --ulimit nproc=4096:4096|
		s|DIRECTORY|$DIR/context|")
	run bounded $line
	[[ $status = 0 && $output == *$'\nby the runtime\n'* ]] || { echo "$output"; return 1; }
}

@test "Docker" {
	export DOCKER_HOST=unix://$DIR/docker.sock
	# the rest is this test's own, and what root without CAP_SYS_RESOURCE needs
	piece docker | jq --arg parent "/$MARK" '. + {iptables: false, ip6tables: false, bridge: "none", "cgroup-parent": $parent,
		"storage-driver": "vfs", "default-ulimits": {nofile: {Name: "nofile", Soft: 1024, Hard: 4096}}}' >"$DIR/daemon.json"
	! dpkg --compare-versions "$(dpkg-query -W -f '${Version}' docker.io)" lt 25 ||
		jq '. + {"oom-score-adjust": 0}' "$DIR/daemon.json" >"$DIR/daemon2.json" && [ ! -e "$DIR/daemon2.json" ] ||
		mv "$DIR/daemon2.json" "$DIR/daemon.json"
	dockerd --config-file "$DIR/daemon.json" --data-root "$DIR/docker" --exec-root "$DIR/state" --pidfile "$DIR/pid" \
		--host "$DOCKER_HOST" >"$DIR/log" 2>&1 3>&- &
	eventually docker_answers
	bounded /usr/bin/docker import --change 'ENV PATH=/bin' "$DIR/rootfs.tar" bb
	run bounded /usr/bin/docker run --rm --runtime boxcar --network none bb sh -c 'echo hello; sleep 0.5' # or it may be lost
	gave 0 hello
}

docker_answers() {
	bounded /usr/bin/docker version >/dev/null 2>&1
}

snapshotter() {
	if is_on_overlay; then echo native; else echo overlayfs; fi
}

# start_containerd: with the configuration from stdin
start_containerd() {
	{ printf 'version = 2\nroot = "%s"\nstate = "%s"\n[grpc]\naddress = "%s"\n' "$DIR/c-root" "$DIR/c-state" "$DIR/c.sock"
	cat; } >"$DIR/config.toml"
	unshare --net sh -c 'ip link set lo up && exec containerd --config "$0"' "$DIR/config.toml" >"$DIR/log" 2>&1 3>&- &
	echo $! >"$DIR/pid"
	eventually containerd_answers
}

containerd_answers() {
	bounded ctr --address "$DIR/c.sock" version >/dev/null 2>&1
}

@test "containerd by hand" {
	start_containerd </dev/null
	bounded ctr --address "$DIR/c.sock" images import --snapshotter "$(snapshotter)" "$DIR/archive.tar"
	line=$(piece ctr | sed "s|^ctr run|run --snapshotter $(snapshotter) --cgroup /$MARK/hand --fifo-dir $DIR/fifo|; s|IMAGE ID|localhost/bb:latest hand|")
	run bounded ctr --address "$DIR/c.sock" $line
	gave 0 hello
}

@test "containerd for Kubernetes" {
	mkdir -p "$DIR/modules" "$DIR/net"
	(cd "$BATS_TEST_DIRNAME" && protoc --python_out="$DIR/modules" cri.proto)
	echo '{"cniVersion": "0.4.0", "name": "pod", "plugins": [{"type": "ptp", "ipam": {"type": "host-local", "dataDir": "'"$DIR/leases"'",
		"ranges": [[{"subnet": "10.88.0.0/24"}]]}}]}' >"$DIR/net/pod.conflist"
	{
		printf '[plugins."io.containerd.grpc.v1.cri"]\nsandbox_image = "localhost/bb:latest"\nrestrict_oom_score_adj = true\n'
		printf '[plugins."io.containerd.grpc.v1.cri".cni]\nbin_dir = "/usr/lib/cni"\nconf_dir = "%s"\n' "$DIR/net"
		printf '[plugins."io.containerd.grpc.v1.cri".containerd]\nsnapshotter = "%s"\n' "$(snapshotter)"
		# as the default configuration has it
		printf '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]\nruntime_type = "io.containerd.runc.v2"\n'
		piece cri
	} | start_containerd
	bounded ctr --address "$DIR/c.sock" --namespace k8s.io images import --snapshotter "$(snapshotter)" "$DIR/archive.tar"
	# the handler is the RuntimeClass's
	handler=$(piece kubernetes | /usr/bin/python3 -c 'import sys, yaml; c, p = yaml.safe_load_all(sys.stdin)
assert c["metadata"]["name"] == p["spec"]["runtimeClassName"]; print(c["handler"])')
	pod='{"metadata": {"name": "p", "uid": "p", "namespace": "default"}, "linux": {"cgroup_parent": "/'$MARK'"}}'
	id=$(cri RunPodSandbox "{\"config\": $pod, \"runtime_handler\": \"$handler\"}" | jq -r .pod_sandbox_id)
	[ ${#id} = 64 ]
	[ -n "$(find /run/containerd/runc/k8s.io/"$id" "$DIR" -maxdepth 1 2>/dev/null)" ]
	cri StopPodSandbox "{\"pod_sandbox_id\": \"$id\"}"
	cri RemovePodSandbox "{\"pod_sandbox_id\": \"$id\"}"
}

cri() {
	bounded "$BATS_TEST_DIRNAME/cri-client" "$DIR/modules" "$DIR/c.sock" "$@"
}

# Its own program is not to be had: what it would read is taken from the file, and used as it would be.
@test "CRI-O" {
	piece crio >"$DIR/crio.conf"
	crio() {
		/usr/bin/python3 -c 'import sys, tomllib
with open(sys.argv[1], "rb") as f:
    print(tomllib.load(f)["crio"]["runtime"]["runtimes"]["boxcar"][sys.argv[2]])' "$DIR/crio.conf" "$1"
	}
	[ "$(crio runtime_type)" = oci ]
	local at=$DIR/crio rt=("$(crio runtime_path)" --root "$DIR$(crio runtime_root)")
	mkdir -p "$at/exits"
	"${rt[@]}" spec --bundle "$at"
	jq --arg root "$DIR/rootfs" --arg path "/$MARK/crio" '.root.path = $root | .process.terminal = false |
		.process.args = ["/bin/echo", "hello"] | .linux.cgroupsPath = $path' "$at/config.json" >"$at/new" && mv "$at/new" "$at/config.json"
	bounded "$(crio monitor_path)" -b "$at" -c crio -u crio -n crio -l "k8s-file:$at/log" -p "$at/pidfile" --exit-dir "$at/exits" \
		--socket-dir-path "$at" -r "${rt[0]}" --runtime-arg "--root=${rt[2]}"
	eventually crio_has_created
	"${rt[@]}" start crio
	eventually test -s "$at/exits/crio"
	"${rt[@]}" delete --force crio
	grep ' stdout F hello$' "$at/log"
}

crio_has_created() {
	[ "$("$RUNTIME" --root "$DIR/run/boxcar" state crio 2>/dev/null | jq -r .status)" = created ]
}
