# podman's other ways to reach a runtime: pausing, figures, changes, health, hooks, restarts, builds, Kubernetes files.
load podman

# --- pausing, looking, changing ---------------------------------------------------------------------------------------

@test "pause stops the processes, unpause lets them go on" {
	detached bb sh -c 'i=0; while :; do echo $((i=i+1)); sleep 0.05; done'
	eventually logged 3
	bounded podman pause "$NAME"
	[ "$(inspected '{{.State.Status}}')" = paused ]
	before=$(bounded podman logs "$NAME" | wc -l)
	sleep 0.5
	[ "$(bounded podman logs "$NAME" | wc -l)" = "$before" ]
	bounded podman unpause "$NAME"
	[ "$(inspected '{{.State.Status}}')" = running ]
	eventually has_more_lines "$before"
}

has_more_lines() {
	[ "$(bounded podman logs "$NAME" | wc -l)" -gt "$1" ]
}

@test "pause of a paused container, and unpause of a running one, are errors" {
	detached bb sleep 600
	run bounded podman unpause "$NAME"
	failed_with 125 "not paused"
	bounded podman pause "$NAME"
	run bounded podman pause "$NAME"
	[ "$status" != 0 ]
	bounded podman unpause "$NAME"
}

@test "a paused container is removed" {
	detached bb sleep 600
	bounded podman pause "$NAME"
	bounded podman rm --force --time 0 "$NAME"
	nothing_left
}

@test "exec in a paused container is an error" {
	detached bb sleep 600
	bounded podman pause "$NAME"
	run bounded podman exec "$NAME" true
	[ "$status" != 0 ]
}

@test "top" {
	detached bb sh -c 'sleep 601 & sleep 602'
	eventually in_cgroup "$ID" "sleep 601"
	eventually in_cgroup "$ID" "sleep 602"
	run bounded podman top "$NAME" pid args
	gave 0
	[[ $output == *"sleep 601"* && $output == *"sleep 602"* ]]
}

@test "stats" {
	detached --memory 48m bb sleep 600
	bounded podman stats --no-stream --format json "$NAME" | jq -e --arg name "$NAME" \
		'.[0].name == $name and .[0].pids == "1" and (.[0].mem_usage | endswith("50.33MB"))'
}

@test "update changes limits" {
	detached --memory 64m --pids-limit 30 bb sleep 600
	run bounded podman update --memory 96m --cpu-shares 512 "$NAME"
	gave 0
	[ "$(cgroup_value "$ID" memory memory.max memory.limit_in_bytes)" = $((96 << 20)) ]
	is_pure_v2_host || [ "$(cgroup_value "$ID" cpu - cpu.shares)" = 512 ]
	[ "$(cgroup_value "$ID" pids pids.max pids.max)" = 30 ]
}

@test "ps, by state" {
	detached bb sleep 600
	[ "$(bounded podman ps --filter status=running --filter name="$NAME" --quiet --no-trunc)" = "$ID" ]
	bounded podman kill "$NAME"
	bounded podman wait "$NAME"
	[ -z "$(bounded podman ps --filter status=running --filter name="$NAME" --quiet)" ]
}

@test "events" {
	detached bb true
	bounded podman wait "$NAME"
	eventually has_life
}

has_life() {
	run bounded podman events --stream=false --filter container="$NAME" --format '{{.Status}}'
	[ "$status" = 0 ] && [[ ${output//$'\n'/ } == *create*start*died* ]]
}

@test "info shows the runtime and its version" {
	bounded podman info --format json | jq -e --arg path "$RUNTIME" \
		'.host.ociRuntime | .name == "under-test" and .path == $path and (.version | test("version"))'
}

# --- health, restarts, time -------------------------------------------------------------------------------------------

@test "a health check" {
	detached --health-cmd 'test -e /tmp/well' --health-interval disable bb sleep 600
	run bounded podman healthcheck run "$NAME"
	[ "$status" = 1 ]
	bounded podman exec "$NAME" touch /tmp/well
	run bounded podman healthcheck run "$NAME"
	gave 0
}

@test "a policy starts it again" {
	detached --restart on-failure:2 bb sh -c 'echo again >>/tmp/count; wc -l </tmp/count; exit 1'
	eventually logged 3
	[ "$(inspected '{{.RestartCount}}')" = 2 ]
}

@test "a time after which it is ended" {
	detached --timeout 1 bb sleep 600
	[ "$(bounded podman wait "$NAME")" != 0 ]
}

@test "a stop signal of its own" {
	detached --stop-signal USR1 bb sh -c 'trap "exit 8" USR1; echo ready; while :; do sleep 0.1; done'
	eventually logged ready
	bounded podman stop --time 10 "$NAME"
	[ "$(inspected '{{.State.ExitCode}}')" = 8 ]
}

@test "restart of a running container gives it another process" {
	detached bb sleep 600
	before=$(inspected '{{.State.Pid}}')
	bounded podman restart --time 0 "$NAME"
	[ "$(inspected '{{.State.Pid}}')" != "$before" ]
}

@test "stop and start, three times" {
	detached bb sleep 600
	for i in 1 2 3; do
		bounded podman stop --time 0 "$NAME"
		bounded podman start "$NAME"
		[ "$(inspected '{{.State.Running}}')" = true ]
	done
}

@test "start of a running container changes nothing" {
	detached bb sleep 600
	before=$(inspected '{{.State.Pid}}')
	bounded podman start "$NAME"
	[ "$(inspected '{{.State.Pid}}')" = "$before" ]
}

@test "kill of one that has ended is an error" {
	detached bb true
	bounded podman wait "$NAME"
	run bounded podman kill "$NAME"
	[ "$status" != 0 ]
}

@test "wait for two at once" {
	detached bb sh -c 'exit 3'
	bounded podman run --detach --name "$NAME-b" --cgroup-parent "/$MARK" bb sh -c 'exit 4'
	[ "$(bounded podman wait "$NAME" "$NAME-b" | xargs)" = "3 4" ]
}

@test "a container that a signal of the kernel's ends" {
	run once bb sh -c 'sh -c "kill -SEGV \$\$"; exit $?'
	gave 139
}

# podman gives the runtime its service manager's socket, or one of conmon's.
@test "a service tells its manager when it is ready" {
	python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("listening", flush=True)
s.settimeout(30)
while "READY=1" not in s.recv(4096).decode():
    pass
print("ready")' "$BATS_TEST_TMPDIR/manager" >"$BATS_TEST_TMPDIR/told" 2>&1 3>&- &
	local manager=$! probe
	probe=$(realpath "$BATS_TEST_DIRNAME/../../${BUILD:-build}/conformance/probe")
	eventually grep -q listening "$BATS_TEST_TMPDIR/told"
	NOTIFY_SOCKET=$BATS_TEST_TMPDIR/manager detached --sdnotify container -v "$probe:/probe:ro" bb sh -c \
		'printf "READY=1\n" | /probe notify "$NOTIFY_SOCKET"; exec sleep 600'
	wait $manager
	grep -x ready "$BATS_TEST_TMPDIR/told"
	eventually in_cgroup "$ID" "sleep 600"
}

# --- hooks ------------------------------------------------------------------------------------------------------------

# hook WHEN SCRIPT: run by every container with the annotation "hook"
hook() {
	mkdir -p "$BATS_TEST_TMPDIR/hooks"
	printf '#!/bin/sh\n%s\n' "$2" >"$BATS_TEST_TMPDIR/$1" && chmod +x "$BATS_TEST_TMPDIR/$1"
	jq -n --arg path "$BATS_TEST_TMPDIR/$1" --arg when "$1" \
		'{version: "1.0.0", hook: {path: $path}, when: {annotations: {"^hook$": ".*"}}, stages: [$when]}' \
		>"$BATS_TEST_TMPDIR/hooks/$1.json"
}

hooked() {
	bounded podman --hooks-dir "$BATS_TEST_TMPDIR/hooks" run --rm --cgroup-parent "/$MARK" --annotation hook=1 bb "$@"
}

@test "hooks of every kind run in their order, with the state" {
	for when in prestart createRuntime createContainer poststart poststop; do
		hook $when "echo $when \$(sed 's/.*\"status\":\"\([a-z]*\)\".*/\1/' | tr -d '\n') >>$BATS_TEST_TMPDIR/order"
	done
	run hooked true
	gave 0
	eventually grep -q poststop "$BATS_TEST_TMPDIR/order"
	[ "$(cut -d ' ' -f 1 "$BATS_TEST_TMPDIR/order" | grep -v -e prestart -e createRuntime | xargs)" = "createContainer poststart poststop" ]
	[ "$(wc -l <"$BATS_TEST_TMPDIR/order")" = 5 ]
}

@test "a hook that fails is told, and nothing is left" {
	hook createRuntime 'echo it is broken >&2; exit 3'
	run hooked true
	[[ $status != 0 && $output == *"it is broken"* ]]
	nothing_left
}

@test "a hook that changes the root" {
	hook createContainer 'root=$(jq -r .root.path "$(jq -r .bundle)/config.json") && echo by the hook >"$root/etc/hooked"'
	run hooked cat /etc/hooked
	gave 0 "by the hook"
}

# --- options ----------------------------------------------------------------------------------------------------------

@test "descriptors that are passed on" {
	run bash -c 'timeout 30 podman run --rm --cgroup-parent "/$MARK" --preserve-fds 2 bb sh -c "cat <&3; cat <&4" \
		3< <(echo three) 4< <(echo four)'
	gave 0 $'three\nfour'
}

@test "no descriptor of the engine's reaches the command" {
	run once bb sh -c 'ls /proc/self/fd | xargs'
	gave 0 "0 1 2 3" # 3 is the directory that ls reads
}

@test "the caller's own groups" {
	run setpriv --groups 4321,4322 bash -c 'once --group-add keep-groups --user user bb id -G'
	case ${RUNTIME##*/} in
	boxcar*) gave 0 "1001 4321 4322" ;; # the annotation is crun's
	*) gave 0 ;;
	esac
}

@test "annotations and labels" {
	detached --annotation one=1 --label two=2 bb sleep 600
	[ "$(inspected '{{index .Config.Labels "two"}} {{index .Config.Annotations "one"}}')" = "2 1" ]
}

@test "an environment file, and an unset variable" {
	printf 'A=1\nB=two words\n' >env
	run once --env-file env --unsetenv container bb sh -c 'echo "$A,$B,$container"'
	gave 0 "1,two words,"
}

@test "a zone of time" {
	run once --env TZ=UTC-3 bb date +%z
	gave 0 +0300
}

@test "a rule for devices" {
	[ -c /dev/fuse ] || skip "this host has no /dev/fuse"
	run once --cap-add mknod --device-cgroup-rule 'c 10:229 rwm' bb sh -c 'mknod /tmp/fuse c 10 229 && : <>/tmp/fuse && echo opened'
	gave 0 opened
}

@test "cgroup namespaces: the container's own, and the host's" {
	run once --cgroupns private bb cat /proc/self/cgroup
	gave 0
	[[ $output != *$MARK* ]]
	run once --cgroupns host bb cat /proc/self/cgroup
	[[ $output == *$MARK* ]]
}

@test "no cgroup of its own" {
	case ${RUNTIME##*/} in boxcar* | crun*) ;; *) skip "this runtime always makes one" ;; esac
	run bounded podman run --rm --cgroups disabled --cgroupns host bb cat /proc/self/cgroup
	gave 0
	[[ $output != *libpod-* || $(</proc/self/cgroup) == *libpod-* ]]
	bounded podman run --detach --name "$NAME" --cgroups disabled bb sleep 600
	run bounded podman exec "$NAME" echo in
	gave 0 in
	bounded podman rm --force --time 0 "$NAME"
}

@test "limits of block devices" {
	is_pure_v2_host && skip "cgroup v1 files"
	device=$(lsblk -dno PATH 2>/dev/null | head -n 1)
	[ -n "$device" ] || skip "this host has no block device"
	detached --device-read-bps "$device:1mb" bb sleep 600
	[[ $(cgroup_value "$ID" blkio - blkio.throttle.read_bps_device) == *" 1048576" ]]
}

@test "a reservation of memory, and swap" {
	is_pure_v2_host && skip "cgroup v1 files"
	detached --memory 64m --memory-reservation 32m --memory-swap 96m bb sleep 600
	[ "$(cgroup_value "$ID" memory - memory.soft_limit_in_bytes)" = $((32 << 20)) ]
}

@test "a list of system calls that are refused, with the error that is named" {
	echo '{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "syscalls": [{"names": ["chdir"], "action": "SCMP_ACT_ALLOW"}]}' \
		| jq '.syscalls[0].names = ["read", "write", "close", "openat", "open", "execve", "execveat", "exit", "exit_group", "mmap", "brk",
		"rt_sigaction", "rt_sigprocmask", "getuid", "geteuid", "getgid", "getegid", "fstat", "stat", "newfstatat", "lseek", "arch_prctl",
		"set_tid_address", "prlimit64", "getrandom", "mprotect", "munmap", "uname", "readlink", "readlinkat", "getpid", "getppid", "rseq",
		"set_robust_list", "ioctl", "dup", "dup2", "fcntl", "futex", "prctl", "capset", "capget", "setgroups", "setuid", "setgid",
		"setresuid", "setresgid", "chdir", "getcwd", "sched_yield", "nanosleep", "wait4", "epoll_pwait", "epoll_create1", "epoll_ctl",
		"eventfd2", "pipe2", "fstatfs", "statfs", "madvise", "tgkill", "sigaltstack", "gettid", "clone", "access", "faccessat2",
		"getdents64", "sendfile"]' >profile
	run once --security-opt "seccomp=$PWD/profile" bb mkdir /tmp/new
	failed_with 1 "Function not implemented"
}

@test "--ipc private, and none of the host's" {
	run once --ipc private bb readlink /proc/self/ns/ipc
	gave 0
	[ "$output" != "$(readlink /proc/self/ns/ipc)" ]
}

@test "processes of the host are seen when that is wanted" {
	run once --pid host bb sh -c "test -d /proc/$$ && echo seen"
	gave 0 seen
}

@test "a root that may not be written, with volumes that may" {
	mkdir v
	run once --read-only -v "$PWD/v:/v" bb sh -c 'touch /v/x && echo written; touch /x 2>/dev/null || echo refused'
	gave 0 $'written\nrefused'
}

@test "a volume that belongs to the container's user" {
	mkdir v
	run once --user user -v "$PWD/v:/v:U" bb sh -c 'touch /v/mine && stat -c %u /v/mine'
	gave 0 1000
}

@test "a volume that hides what is written" {
	mkdir v && echo host >v/file
	run once -v "$PWD/v:/v:O" bb sh -c 'echo changed >/v/file; cat /v/file'
	gave 0 changed
	[ "$(<v/file)" = host ]
}

@test "a read-only bind, with what is mounted below it" {
	mkdir -p v/sub && mount --bind v v && mount -t tmpfs none v/sub && touch v/sub/seen
	run once -v "$PWD/v:/v:rbind,ro" bb sh -c 'ls /v/sub; touch /v/x 2>&1'
	umount v/sub
	umount v
	[[ $output == $'seen\n'*"Read-only file system"* ]]
}

@test "an image as a volume" {
	run once --mount type=image,source=localhost/bb,target=/image bb cat /image/etc/plain
	gave 0 text
}

@test "the owner of a bind is mapped" {
	mkdir v && touch v/file && chown 100000:100000 v/file
	run once --uidmap 0:100000:2000 --gidmap 0:100000:2000 -v "$PWD/v:/v" bb stat -c '%u:%g' /v/file
	gave 0 0:0
}

@test "secrets" {
	echo hush | bounded podman secret create "s$NAME" - >/dev/null
	run once --secret "s$NAME" bb cat "/run/secrets/s$NAME"
	bounded podman secret rm "s$NAME"
	gave 0 hush
}

# --- images, pods, Kubernetes -----------------------------------------------------------------------------------------

@test "commit, and a container of what was made" {
	bounded podman run --name "$NAME" --cgroup-parent "/$MARK" bb sh -c 'echo made >/made'
	bounded podman commit -q "$NAME" "localhost/made$BATS_TEST_NUMBER"
	run once "localhost/made$BATS_TEST_NUMBER" cat /made
	bounded podman rm --force "$NAME"
	bounded podman rmi --force "localhost/made$BATS_TEST_NUMBER"
	gave 0 made
}

@test "a build" {
	printf 'FROM localhost/bb\nRUN echo built >/built\nCMD cat /built\n' >Containerfile
	bounded podman build --isolation oci --network none --cgroup-parent "/$MARK/build" --tag "localhost/built" .
	run once localhost/built
	bounded podman rmi --force localhost/built
	gave 0 built
}

@test "the container's file system is mounted, and exported" {
	detached bb sh -c 'echo here >/file; sleep 600'
	eventually bounded podman exec "$NAME" test -s /file
	[ "$(cat "$(bounded podman mount "$NAME")/file")" = here ]
	bounded podman unmount "$NAME"
	[ "$(bounded podman export "$NAME" | tar -xO file)" = here ]
}

@test "attach" {
	detached --interactive bb sh -c 'read line; echo "heard $line"'
	[ "$({ echo word; sleep 1; } | bounded podman attach "$NAME")" = "heard word" ]
}

@test "a pod is paused and goes on" {
	bounded podman pod create --name "$NAME" --network none --infra-image localhost/bb --infra-command '/bin/sleep 600' \
		--cgroup-parent "/$MARK"
	bounded podman run --detach --pod "$NAME" --name "$NAME-a" bb sleep 600
	bounded podman pod pause "$NAME"
	[ "$(bounded podman inspect --format '{{.State.Status}}' "$NAME-a")" = paused ]
	bounded podman pod unpause "$NAME"
	[ "$(bounded podman inspect --format '{{.State.Status}}' "$NAME-a")" = running ]
	bounded podman pod kill "$NAME"
	bounded podman pod rm --force --time 0 "$NAME"
	nothing_left
}

@test "a pod whose first container is killed is gone with it" {
	bounded podman pod create --name "$NAME" --network none --infra-image localhost/bb --infra-command '/bin/sleep 600' \
		--cgroup-parent "/$MARK"
	bounded podman run --detach --pod "$NAME" --name "$NAME-a" bb sleep 600
	infra=$(bounded podman pod inspect --format '{{.InfraContainerID}}' "$NAME")
	kill -KILL "$(bounded podman inspect --format '{{.State.Pid}}' "$infra")"
	bounded podman pod rm --force --time 0 "$NAME"
	nothing_left
}

@test "--init reaps what is left to it" {
	# the one that stays waits for none
	local script='sh -c "sleep 1 &"; exec sleep 600'
	detached --init bb sh -c "$script"
	orphan_has_ended
	eventually has_no_zombie
	bounded podman rm --force --time 0 "$NAME"
	detached bb sh -c "$script"
	orphan_has_ended
	not has_no_zombie
}

orphan_has_ended() {
	eventually in_cgroup "$ID" "sleep 600"
	eventually not in_cgroup "$ID" "sleep 1"
}

has_no_zombie() {
	[ "$(bounded podman exec "$NAME" sh -c 'grep -l "^State:.Z" /proc/[0-9]*/status | wc -l')" = 0 ]
}

@test "twenty containers, one after the other" {
	for i in {1..20}; do
		once bb true
	done
}

@test "a long command line and a large environment" {
	run once --env "LONG=$(head -c 100000 /dev/zero | tr '\0' x)" bb sh -c 'echo ${#LONG}'
	gave 0 100000
}

@test "names that need care: blanks, quotes, newlines in arguments" {
	run once bb printf '%s|' 'a b' "it's" '"q"' $'two\nlines' 'ü'
	gave 0 $'a b|it\'s|"q"|two\nlines|ü|'
}
