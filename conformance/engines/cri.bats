# containerd by the interface that Kubernetes uses: pods and their containers, the runtime as one handler among others.
load harness

setup_file() {
	engine_prepare containerd containernetworking-plugins busybox-static jq procps iproute2 util-linux python3-grpcio \
		python3-protobuf protobuf-compiler || return 1
	mkdir "$DIR"/{root,state,net,logs,modules}
	(cd "$BATS_TEST_DIRNAME" && protoc --python_out="$DIR/modules" cri.proto) || return 1
	configuration >"$DIR/config.toml"
	network >"$DIR/net/10-pod.conflist"
	# its pods' devices are in a network of their own
	unshare --net sh -c 'ip link set lo up && exec containerd --config "$0"' "$DIR/config.toml" >"$DIR/log" 2>&1 3>&- &
	echo $! >"$DIR/pid"
	image_tar && image_archive localhost/bb:latest '["/bin/sleep", "86400"]' || return 1
	eventually answers || { tail -n 20 "$DIR/log"; return 1; }
	bounded ctr --address "$DIR/sock" --namespace k8s.io images import --snapshotter "$(snapshotter)" "$DIR/archive.tar"
}

# restrict_oom_score_adj: root may be without CAP_SYS_RESOURCE.
configuration() {
	cat <<-END
		version = 2
		root = "$DIR/root"
		state = "$DIR/state"
		[grpc]
		address = "$DIR/sock"
		[plugins."io.containerd.internal.v1.opt"]
		path = "$DIR/opt"
		[plugins."io.containerd.grpc.v1.cri"]
		sandbox_image = "localhost/bb:latest"
		restrict_oom_score_adj = true
		[plugins."io.containerd.grpc.v1.cri".cni]
		bin_dir = "/usr/lib/cni"
		conf_dir = "$DIR/net"
		[plugins."io.containerd.grpc.v1.cri".containerd]
		snapshotter = "$(snapshotter)"
		default_runtime_name = "under-test"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.under-test]
		runtime_type = "io.containerd.runc.v2"
		[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.under-test.options]
		BinaryName = "$RUNTIME"
		Root = "$DIR/runc"
	END
}

network() {
	jq -n --arg data "$DIR/leases" '{cniVersion: "0.4.0", name: "pod", plugins: [{type: "ptp", ipam: {type: "host-local",
		dataDir: $data, ranges: [[{subnet: "10.88.0.0/24"}]]}}]}'
}

snapshotter() {
	if is_on_overlay; then echo native; else echo overlayfs; fi
}

teardown_file() {
	local pid
	forget_all
	pid=$(<"$DIR/pid")
	kill "$pid" && eventually test ! -e "/proc/$pid"
	engine_finish
	rmdir /run/containerd/{s,fifo} /run/containerd 2>/dev/null
	true
}

setup() {
	V=$BATS_TEST_TMPDIR/v
	mkdir "$V"
}

teardown() {
	forget_all
	nothing_left
}

# cri METHOD [REQUEST]
cri() {
	bounded "$BATS_TEST_DIRNAME/cri-client" "$DIR/modules" "$DIR/sock" "$@"
}

answers() {
	cri Version >/dev/null 2>&1
}

forget_all() {
	local id
	for id in $(cri ListPodSandbox | jq -r '.items[].id'); do
		cri StopPodSandbox "{\"pod_sandbox_id\": \"$id\"}" >/dev/null
		cri RemovePodSandbox "{\"pod_sandbox_id\": \"$id\"}" >/dev/null
	done
}

nothing_left() {
	local found
	found=$(cgroups_left '*'; find "$DIR/runc" -mindepth 2 -maxdepth 2 2>/dev/null
		awk -v at="$DIR/state" 'index($5, at) == 1 && $5 !~ /netns/ { print "mount " $5 }' /proc/self/mountinfo
		pgrep -a -f "containerd-shim.* -address $DIR/sock" || true)
	[ -z "$found" ] || {
		printf 'left behind:\n%s\n' "$found"
		return 1
	}
}

# A pod; its configuration stays in POD: pod [FILTER-OF-CONFIGURATION]
pod() {
	POD=$(jq -n --arg name "p$BATS_TEST_NUMBER" --arg logs "$DIR/logs" --arg parent "/$MARK" '{
		metadata: {name: $name, uid: $name, namespace: "default"}, hostname: "pod", log_directory: $logs,
		linux: {cgroup_parent: $parent, security_context: {namespace_options: {pid: "CONTAINER"}}}} | '"${1:-.}")
	P=$(cri RunPodSandbox "{\"config\": $POD, \"runtime_handler\": \"under-test\"}" | jq -r .pod_sandbox_id)
	[ ${#P} = 64 ]
}

# Words as a JSON list.
words() {
	printf '%s\0' "$@" | jq -Rs 'split("\u0000") | if .[-1] == "" then .[:-1] else . end'
}

# A container of the pod, created: make FILTER-OF-CONFIGURATION COMMAND...
make_container() {
	local filter=$1 config
	shift
	config=$(jq -n --arg name "c$RANDOM" '{metadata: {name: $name}, image: {image: "localhost/bb:latest"}, command: $command,
		log_path: ($name + ".log"), linux: {}} | '"$filter"'
		| .linux.security_context.namespace_options.pid //= "CONTAINER"' --argjson command "$(words "$@")")
	LOG=$DIR/logs/$(jq -r .log_path <<<"$config")
	C=$(cri CreateContainer "{\"pod_sandbox_id\": \"$P\", \"config\": $config, \"sandbox_config\": $POD}" | jq -r .container_id)
	[ ${#C} = 64 ]
}

start() {
	cri StartContainer "{\"container_id\": \"$C\"}" >/dev/null
}

container() {
	make_container "$@" && start
}

status() {
	cri ContainerStatus "{\"container_id\": \"$C\", \"verbose\": true}"
}

# 0: created, 1: running, 2: has ended
has_state() {
	[ "$(status | jq .status.state)" = "$1" ]
}

pid() {
	status | jq -r '.info.info | fromjson | .pid'
}

# What its command has written, once it has ended: printed
printed() {
	eventually has_state 2
	sed 's/^[^ ]* std[a-z]* [FP] //' "$LOG"
}

# Run to its end and give what it printed: once FILTER COMMAND...
once() {
	container "$@" && printed
}

# Another process in the container: inside COMMAND...
inside() {
	local answer
	answer=$(jq -n --arg id "$C" --argjson command "$(words "$@")" '{container_id: $id, cmd: $command, timeout: 10}')
	answer=$(cri ExecSync "$answer") || return
	jq -j '.stdout | @base64d' <<<"$answer"
	jq -j '.stderr | @base64d' <<<"$answer" >&2
	return "$(jq .exit_code <<<"$answer")"
}

# --- pods -------------------------------------------------------------------------------------------------------------

@test "the interface answers, and knows the handler" {
	cri Version | jq -e '.runtime_name == "containerd"'
	cri Status '{"verbose": true}' | jq -e --arg path "$RUNTIME" \
		'.info.config | fromjson | .containerd.runtimes."under-test".options.BinaryName == $path'
}

@test "a pod is ready, is listed, and has an address" {
	pod
	cri PodSandboxStatus "{\"pod_sandbox_id\": \"$P\"}" | jq -e '.status.state == 0 and (.status.network.ip | startswith("10.88.0."))'
	cri ListPodSandbox | jq -e --arg id "$P" '.items | length == 1 and .[0].id == $id'
}

@test "a pod that is stopped is not ready, and can be removed" {
	pod
	cri StopPodSandbox "{\"pod_sandbox_id\": \"$P\"}"
	cri PodSandboxStatus "{\"pod_sandbox_id\": \"$P\"}" | jq -e '.status.state == 1'
	cri StopPodSandbox "{\"pod_sandbox_id\": \"$P\"}"
	cri RemovePodSandbox "{\"pod_sandbox_id\": \"$P\"}"
	nothing_left
}

@test "a pod in the host's network" {
	pod '.hostname = "" | .linux.security_context.namespace_options.network = "NODE"'
	run once . readlink /proc/self/ns/net
	gave 0 "$(readlink "/proc/$(<"$DIR/pid")/ns/net")"
}

@test "a pod's containers share its network and its ipc, and have processes of their own" {
	pod
	container . sh -c 'touch /dev/shm/mine; sleep 600'
	first=$C
	eventually inside test -e /dev/shm/mine
	net=$(readlink "/proc/$(pid)/ns/net") ipc=$(readlink "/proc/$(pid)/ns/ipc") pids=$(readlink "/proc/$(pid)/ns/pid")
	container . sleep 601
	[ "$(readlink "/proc/$(pid)/ns/net") $(readlink "/proc/$(pid)/ns/ipc")" = "$net $ipc" ]
	[ "$(readlink "/proc/$(pid)/ns/pid")" != "$pids" ]
	run inside ls /dev/shm
	gave 0 mine
}

@test "a pod whose containers share their processes" {
	pod '.linux.security_context.namespace_options.pid = "POD"'
	container '.linux.security_context.namespace_options.pid = "POD"' sleep 601
	container '.linux.security_context.namespace_options.pid = "POD"' sleep 602
	run inside ps -o args
	gave 0
	[[ $output == *"sleep 601"* && $output == *"sleep 602"* && $output == *"/bin/sleep 86400"* ]]
	cri StopContainer "{\"container_id\": \"$C\", \"timeout\": 0}"
	eventually has_state 2
}

@test "a container that looks at another one's processes" {
	pod
	container . sleep 601
	container ".linux.security_context.namespace_options = {pid: \"TARGET\", target_id: \"$C\"}" sleep 602
	run inside ps -o args
	gave 0
	[[ $output == *"sleep 601"* && $output == *"sleep 602"* ]]
}

@test "kernel parameters of a pod" {
	pod '.linux.sysctls = {"net.ipv4.ip_unprivileged_port_start": "99", "kernel.msgmax": "4096"}'
	run once . cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/msgmax
	gave 0 $'99\n4096'
}

@test "the pod's host name" {
	pod
	run once . sh -c 'hostname; cat /etc/hostname'
	gave 0 $'pod\npod'
}

@test "several pods at once" {
	for i in 1 2 3; do
		pod ".metadata.name = \"many$i\" | .metadata.uid = \"many$i\""
		container . sleep 600
	done
	[ "$(cri ListPodSandbox | jq '.items | length')" = 3 ]
	[ "$(cri ListContainers | jq '[.containers[] | select(.state == 1)] | length')" = 3 ]
}

# --- a container's life -----------------------------------------------------------------------------------------------

@test "a container is created, runs, ends, and its code is told" {
	pod
	make_container . sh -c 'echo out; echo err >&2; exit 42'
	has_state 0
	start
	eventually has_state 2
	status | jq -e '.status.exit_code == 42 and .status.reason == "Error"'
	grep -q ' stdout F out' "$LOG"
	grep -q ' stderr F err' "$LOG"
}

@test "one that ends well is completed" {
	pod
	container . true
	eventually has_state 2
	status | jq -e '.status.exit_code == 0 and .status.reason == "Completed"'
}

@test "a running container is in all the pod's cgroups" {
	pod
	container . sleep 601
	eventually in_cgroup "$C" "sleep 601"
	run grep -v ":/$MARK/" "/proc/$(pid)/cgroup"
	gave 1 ""
}

@test "stop sends TERM, and KILL to one that does not listen" {
	pod
	container . sh -c 'trap "exit 7" TERM; touch /tmp/ready; while :; do sleep 0.1; done'
	eventually inside test -e /tmp/ready
	cri StopContainer "{\"container_id\": \"$C\", \"timeout\": 10}"
	status | jq -e '.status.exit_code == 7'
	container . sh -c 'trap "" TERM; touch /tmp/ready; while :; do sleep 0.1; done'
	eventually inside test -e /tmp/ready
	cri StopContainer "{\"container_id\": \"$C\", \"timeout\": 1}"
	status | jq -e '.status.exit_code == 137'
}

@test "remove ends a running container" {
	pod
	container . sleep 601
	pid=$(pid)
	cri RemoveContainer "{\"container_id\": \"$C\"}"
	eventually test ! -e "/proc/$pid"
	run cri ContainerStatus "{\"container_id\": \"$C\"}"
	failed_with 1 "not found"
}

@test "the end of a pod is the end of its containers" {
	pod
	container . sh -c 'setsid sleep 601 & setsid sleep 602 & sleep 600'
	eventually in_cgroup "$C" "sleep 602"
	cri StopPodSandbox "{\"pod_sandbox_id\": \"$P\"}"
	has_state 2
	cri RemovePodSandbox "{\"pod_sandbox_id\": \"$P\"}"
	nothing_left
}

@test "a container created and never started is removed" {
	pod
	make_container . sleep 601
	cri RemoveContainer "{\"container_id\": \"$C\"}"
}

@test "a command that is missing is told, and the container has ended" {
	pod
	make_container . nowhere
	run start
	failed_with 1 "executable file not found"
	has_state 2
	status | jq -e '.status.reason == "StartError" and .status.exit_code == 128 and (.status.message | contains("nowhere"))'
}

@test "a file that cannot be executed is told" {
	pod
	make_container . /etc/plain
	run start
	failed_with 1 "permission denied"
}

@test "environment, directory, arguments" {
	pod
	run once '.envs = [{key: "A", value: "two words"}] | .working_dir = "/home/user" | .args = ["of mine"]' \
		sh -c 'echo "$A, $0"; pwd'
	gave 0 $'two words, of mine\n/home/user'
}

# --- exec -------------------------------------------------------------------------------------------------------------

@test "exec: output, errors, exit code" {
	pod
	container . sleep 600
	run --separate-stderr inside sh -c 'echo out; echo err >&2; exit 42'
	gave 42 out
	[ "$stderr" = err ]
}

@test "exec: in all the container's namespaces, cgroups and restrictions" {
	pod
	container '.linux.security_context = {capabilities: {drop_capabilities: ["ALL"]}}' sleep 600
	look='ls -l /proc/$0/ns | sed "s/.*[0-9] \([a-z]* ->\)/\1/" | grep -v _for_ | tail -n +2; cat /proc/$0/cgroup
		grep -E "^(Cap|Seccomp:|NoNewPrivs)" /proc/$0/status'
	found=$(inside sh -c "$look" self)
	[[ $found == *NoNewPrivs* ]]
	[ "$found" = "$(inside sh -c "$look" 1)" ]
}

@test "exec: a command that is missing" {
	pod
	container . sleep 600
	run inside nowhere
	failed_with 1 "executable file not found"
	has_state 1
}

@test "exec: one that takes too long is ended" {
	pod
	container . sleep 600
	run cri ExecSync "{\"container_id\": \"$C\", \"cmd\": [\"sleep\", \"601\"], \"timeout\": 1}"
	failed_with 1 "timeout"
	eventually not in_cgroup "$C" "sleep 601"
}

@test "exec: ten at once" {
	pod
	container . sleep 600
	for i in {0..9}; do
		inside sh -c "echo $i" >"$V/$i" 3>&- &
	done
	wait
	[ "$(cat "$V"/[0-9] | tr -d '\n')" = 0123456789 ]
}

# --- limits -----------------------------------------------------------------------------------------------------------

@test "a memory limit is set, bites, and is told" {
	pod
	container '.linux.resources.memory_limit_in_bytes = 50331648' tail /dev/zero
	eventually has_state 2
	status | jq -e '.status.reason == "OOMKilled" and .status.exit_code == 137'
}

@test "limits are changed while it runs, and the others left" {
	pod
	container '.linux.resources = {memory_limit_in_bytes: 50331648, cpu_quota: 50000, cpu_period: 100000, cpu_shares: 512}' sleep 600
	[ "$(cgroup_value "$C" memory memory.max memory.limit_in_bytes)" = 50331648 ]
	cri UpdateContainerResources "{\"container_id\": \"$C\", \"linux\": {\"memory_limit_in_bytes\": 67108864}}"
	[ "$(cgroup_value "$C" memory memory.max memory.limit_in_bytes)" = 67108864 ]
	if is_pure_v2_host; then
		[ "$(cgroup_value "$C" cpu cpu.max -)" = "50000 100000" ]
	else
		[ "$(cgroup_value "$C" cpu - cpu.cfs_quota_us)" = 50000 ]
		[ "$(cgroup_value "$C" cpu - cpu.shares)" = 512 ]
	fi
}

@test "a set of processors" {
	pod
	run once '.linux.resources.cpuset_cpus = "0"' grep Cpus_allowed_list /proc/self/status
	gave 0 $'Cpus_allowed_list:\t0'
}

@test "the out-of-memory score" {
	pod
	run once '.linux.resources.oom_score_adj = 555' cat /proc/self/oom_score_adj
	gave 0 555
}

@test "figures of a container" {
	pod
	container . sleep 600
	cri ContainerStats "{\"container_id\": \"$C\"}" | jq -e \
		'(.stats.cpu.usage_core_nano_seconds.value | tonumber) > 0 and (.stats.memory.working_set_bytes.value | tonumber) > 0'
}

# --- restrictions -----------------------------------------------------------------------------------------------------

@test "a user and groups" {
	pod
	run once '.linux.security_context = {run_as_user: {value: 5}, run_as_group: {value: 6}, supplemental_groups: [7]}' id
	gave 0 "uid=5 gid=6 groups=6,7"
}

@test "capabilities" {
	pod
	run once '.linux.security_context.capabilities = {drop_capabilities: ["ALL"], add_capabilities: ["NET_RAW"]}' \
		grep -E 'Cap(Prm|Eff|Bnd)' /proc/self/status
	gave 0 "$(printf 'Cap%s:\t0000000000002000\n' Prm Eff Bnd)"
}

@test "no new privileges, and the seccomp profile" {
	pod
	run once '.linux.security_context = {no_new_privs: true, seccomp: {profile_type: "RuntimeDefault"}}' \
		grep -E 'NoNewPrivs|Seccomp:' /proc/self/status
	gave 0 $'NoNewPrivs:\t1\nSeccomp:\t2'
	run once '.linux.security_context.seccomp = {profile_type: "Unconfined"}' grep Seccomp: /proc/self/status
	gave 0 $'Seccomp:\t0'
}

@test "a read-only root" {
	pod
	run once '.linux.security_context.readonly_rootfs = true' sh -c 'touch /new 2>&1'
	[[ $output == *"Read-only file system"* ]]
}

@test "a privileged container" {
	pod '.linux.security_context.privileged = true'
	run once '.linux.security_context.privileged = true' sh -c 'grep Seccomp: /proc/self/status; touch /proc/sys/kernel/hostname && echo yes'
	[[ $output == *$'Seccomp:\t0\nyes' ]]
}

@test "masked and read-only paths" {
	pod
	run once '.linux.security_context = {masked_paths: ["/proc/timer_list"], readonly_paths: ["/proc/sys"]}' \
		sh -c 'wc -c </proc/timer_list; echo 1 2>/dev/null >/proc/sys/vm/drop_caches || echo refused'
	gave 0 $'0\nrefused'
}

# --- files ------------------------------------------------------------------------------------------------------------

@test "mounts: writable, read-only" {
	echo host >"$V/file"
	pod
	run once ".mounts = [{container_path: \"/v\", host_path: \"$V\"}]" sh -c 'cat /v/file; echo new >/v/file'
	gave 0 host
	[ "$(<"$V/file")" = new ]
	run once ".mounts = [{container_path: \"/v\", host_path: \"$V\", readonly: true}]" sh -c 'touch /v/file 2>&1'
	[[ $output == *"Read-only file system"* ]]
}

@test "mounts that come later reach the container" {
	mkdir "$V/sub" && mount --bind "$V" "$V" && mount --make-rshared "$V"
	pod
	container ".mounts = [{container_path: \"/v\", host_path: \"$V\", propagation: 1}]" sleep 600
	mount -t tmpfs none "$V/sub" && touch "$V/sub/seen"
	run inside ls /v/sub
	umount "$V/sub"
	umount -l "$V"
	gave 0 seen
}

@test "a device" {
	[ -c /dev/fuse ] || skip "this host has no /dev/fuse"
	pod
	run once '.devices = [{container_path: "/dev/one", host_path: "/dev/fuse", permissions: "rw"}]' \
		sh -c 'stat -c "%t %T" /dev/one; : <>/dev/one && echo opened'
	gave 0 $'a e5\nopened'
}

@test "a terminal" {
	pod
	run once '.tty = true' sh -c 'test -t 0 && test -t 1 && tty'
	[[ ${output//$'\r'/} == /dev/pts/0 ]]
}

@test "a pod with a user namespace" {
	dpkg --compare-versions "$(dpkg-query -W -f '${Version}' containerd)" ge 2 || skip "containerd 2 has them first"
	local ids='[{"host_id": 100000, "container_id": 0, "length": 65536}]'
	local options="{mode: \"POD\", uids: $ids, gids: $ids}"
	pod ".linux.security_context.namespace_options.userns_options = $options"
	container ".linux.security_context.namespace_options.userns_options = $options" sh -c 'touch /tmp/mine; sleep 600'
	eventually inside test -e /tmp/mine
	run inside sh -c 'tr -s " " </proc/self/uid_map; id -u; stat -c %u /tmp/mine'
	gave 0 $' 0 100000 65536\n0\n0'
	[ "$(stat -c %u "/proc/$(pid)")" = 100000 ]
	run inside sh -c 'echo in'
	gave 0 in
}
