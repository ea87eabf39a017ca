# podman, as root, with the runtime under test as its only runtime. podman calls version, create, start, kill and
# delete, and conmon create and exec; pods, volumes, --init and the like reach the runtime as a config.json that podman
# wrote.
load podman

# --- one command ------------------------------------------------------------------------------------------------------

@test "run prints what the command prints" {
	run once bb echo hello there
	gave 0 "hello there"
}

@test "run's exit code is the command's" {
	for code in 1 42 255; do
		run once bb sh -c "exit $code"
		gave $code ""
	done
}

@test "stdout and stderr stay apart" {
	run --separate-stderr once bb sh -c 'echo out; echo err >&2'
	gave 0 out
	[ "$stderr" = err ]
}

@test "environment, directory and the engine's own variables" {
	run once --env A=1 --env 'B=two words' --workdir /home/user bb sh -c 'echo "$A,$B,$PATH,$container,$HOME"; pwd'
	gave 0 $'1,two words,/bin,podman,/root\n/home/user'
}

@test "a user by name and by number, with groups" {
	run once --user user bb id
	gave 0 "uid=1000(user) gid=1001(user) groups=1001(user),1002(extra)"
	run once --user 5555:6666 --group-add 7777 bb id
	gave 0 "uid=5555(5555) gid=6666(6666) groups=6666(6666),7777"
}

@test "a host name, and the files that name it" {
	run once --hostname web.test bb sh -c 'hostname; echo "$(cat /etc/hostname)"; grep -c web.test /etc/hosts'
	gave 0 $'web.test\nweb.test\n1'
}

@test "input reaches an interactive container, and its end too" {
	output=$(printf 'one\ntwo\n' | once --interactive bb cat)
	[ "$output" = $'one\ntwo' ]
	[ "$(head -c 300000 /dev/zero | once --interactive bb wc -c)" = 300000 ]
}

@test "a terminal: the size, the owner, control, and output in order" {
	run on_terminal once --tty --interactive --user user bb sh -c \
		'test -t 0 && test -t 1 && test -t 2 && tty; stat -c %u "$(tty)"; for i in $(seq 20); do
		[ "$(stty size 2>/dev/null)" = "33 77" ] && break; sleep 0.5; done; stty size; echo opened >/dev/tty'
	gave 0 $'/dev/pts/0\n1000\n33 77\nopened'
}

@test "limits of the process: files, score, umask" {
	run once --ulimit nofile=512:1024 --ulimit nproc=300:400 --oom-score-adj 555 --umask 0027 bb sh -c \
		'ulimit -n; ulimit -Hn; ulimit -u; cat /proc/self/oom_score_adj; umask'
	gave 0 $'512\n1024\n300\n555\n0027'
}

@test "a command that is missing gives 127, one that cannot be executed 126" {
	run -127 once bb nowhere
	failed_with 127 "nowhere"
	run -127 once bb /bin/nowhere
	failed_with 127 "no such file or directory"
	run once bb /etc/plain
	failed_with 126 "permission denied"
}

@test "an engine that does not know the runtime reads its errors from stderr" {
	other() { bounded podman --runtime "$RUNTIME" run --rm --cgroup-parent "/$MARK" bb "$@"; }
	run other echo by path
	gave 0 "by path"
	run -127 other nowhere
	failed_with 127 "nowhere"
	run other /etc/plain
	failed_with 126 "permission denied"
}

@test "a plain directory instead of an image" {
	run bounded podman run --rm --cgroup-parent "/$MARK" --rootfs "$DIR/rootfs" cat /etc/plain
	gave 0 text
}

# --- a life -----------------------------------------------------------------------------------------------------------

@test "a detached container, its logs, its end" {
	detached bb sh -c 'echo first; echo second >&2; sleep 0.2; echo last; exit 3'
	run bounded podman wait "$NAME"
	gave 0 3
	run bounded podman logs "$NAME"
	gave 0 $'first\nsecond\nlast'
	[ "$(inspected '{{.State.Status}} {{.State.ExitCode}}')" = "exited 3" ]
}

@test "inspect shows the runtime, and a process that lives" {
	detached bb sleep 600
	[ "$(inspected '{{.OCIRuntime}} {{.State.Running}}')" = "under-test true" ]
	eventually runs "$(inspected '{{.State.Pid}}')" "sleep 600"
	[[ $(states) == *$ID* ]]
}

@test "a container is created before it is started, and can be removed before it is" {
	ID=$(bounded podman create --name "$NAME" --cgroup-parent "/$MARK" bb echo started)
	bounded podman init "$NAME"
	[ "$(inspected '{{.State.Status}}')" = initialized ]
	[[ $(states) == *$ID* ]]
	bounded podman rm "$NAME"
	nothing_left
	bounded podman create --name "$NAME" --cgroup-parent "/$MARK" bb echo started
	bounded podman init "$NAME"
	run bounded podman start --attach "$NAME"
	gave 0 started
}

@test "a container is started again" {
	detached bb sh -c 'echo again >>/tmp/count; wc -l </tmp/count; sleep 600'
	eventually logged 1
	bounded podman restart --time 0 "$NAME"
	[ "$(inspected '{{.State.Running}}')" = true ]
	run bounded podman exec "$NAME" sh -c 'until [ "$(wc -l </tmp/count)" = 2 ]; do sleep 0.1; done; cat /tmp/count'
	gave 0 $'again\nagain'
}

@test "stop sends TERM, and KILL to one that does not listen" {
	detached bb sh -c 'trap "exit 7" TERM; touch /tmp/ready; while :; do sleep 0.1; done'
	eventually bounded podman exec "$NAME" test -e /tmp/ready
	bounded podman stop --time 10 "$NAME"
	[ "$(inspected '{{.State.ExitCode}}')" = 7 ]
	bounded podman rm "$NAME"
	detached bb sh -c 'trap "" TERM; while :; do sleep 0.1; done'
	bounded podman stop --time 1 "$NAME"
	[ "$(inspected '{{.State.ExitCode}}')" = 137 ]
}

@test "kill sends the signal that is named" {
	detached bb sh -c 'trap "echo usr1" USR1; trap "echo hup; exit 9" HUP; echo ready; while :; do sleep 0.1; done'
	eventually logged ready
	bounded podman kill --signal USR1 "$NAME"
	eventually logged usr1
	bounded podman kill --signal HUP "$NAME"
	[ "$(bounded podman wait "$NAME")" = 9 ]
	logged hup
}

@test "rm --force ends a running container with all its children" {
	detached bb sh -c 'for i in 1 2 3; do setsid sleep 600 & done; sleep 600'
	pid=$(inspected '{{.State.Pid}}')
	bounded podman rm --force --time 0 "$NAME"
	[ ! -e "/proc/$pid" ]
	nothing_left
	run bounded podman inspect "$NAME"
	[ "$status" = 125 ]
}

@test "five containers at once" {
	for i in 1 2 3 4 5; do
		once --name "$NAME-$i" bb sh -c "sleep 0.2; echo $i" >"$BATS_TEST_TMPDIR/$i" &
	done
	wait
	[ "$(cat "$BATS_TEST_TMPDIR"/[1-5] | xargs)" = "1 2 3 4 5" ]
}

# --- exec -------------------------------------------------------------------------------------------------------------

@test "exec: output, input, exit code" {
	detached bb sleep 600
	run --separate-stderr bounded podman exec "$NAME" sh -c 'echo out; echo err >&2; exit 42'
	gave 42 out
	[ "$stderr" = err ]
	[ "$(echo in | bounded podman exec --interactive "$NAME" cat)" = in ]
}

@test "exec: environment, user, directory" {
	detached --env A=1 bb sleep 600
	run bounded podman exec --env B=2 --user user --workdir /home "$NAME" sh -c 'echo "$A$B$HOME"; id -u; id -G; pwd'
	gave 0 $'12/home/user\n1000\n1001 1002\n/home'
}

@test "exec: a terminal" {
	detached bb sleep 600
	run on_terminal bounded podman exec --tty --interactive "$NAME" sh -c \
		'tty; for i in $(seq 20); do [ "$(stty size 2>/dev/null)" = "33 77" ] && break; sleep 0.5; done; stty size; exit 5'
	gave 5 $'/dev/pts/0\n33 77'
}

@test "exec: detached" {
	detached bb sleep 600
	bounded podman exec --detach "$NAME" sh -c 'echo done >/tmp/done; sleep 600'
	eventually bounded podman exec "$NAME" test -s /tmp/done
}

@test "exec: in all the container's namespaces, cgroups and restrictions" {
	detached --cap-drop all --cap-add chown bb sleep 600
	pid=$(inspected '{{.State.Pid}}')
	look='ls -l /proc/$0/ns | sed "s/.*[0-9] \([a-z]* ->\)/\1/" | grep -v _for_ | tail -n +2; cat /proc/$0/cgroup
		grep -E "^(Cap|Seccomp:|NoNewPrivs)" /proc/$0/status'
	found=$(bounded podman exec "$NAME" sh -c "$look" self)
	[[ $found == *NoNewPrivs* ]]
	[ "$found" = "$(bounded podman exec "$NAME" sh -c "$look" 1)" ]
	bounded podman exec --detach "$NAME" sleep 601
	eventually in_cgroup "$ID" "sleep 601"
}

@test "exec: a command that is missing gives 127, one that cannot be executed 126" {
	detached bb sleep 600
	run -127 bounded podman exec "$NAME" nowhere
	failed_with 127 "nowhere"
	run -127 bounded podman exec "$NAME" /bin/nowhere
	failed_with 127 "no such file or directory"
	run bounded podman exec "$NAME" /etc/plain
	failed_with 126 "permission denied"
	[ "$(inspected '{{.State.Running}}')" = true ]
}

# --- limits -----------------------------------------------------------------------------------------------------------

@test "a memory limit is set and bites" {
	detached --memory 48m bb sleep 600
	[ "$(cgroup_value "$ID" memory memory.max memory.limit_in_bytes)" = $((48 << 20)) ]
	bounded podman rm --force --time 0 "$NAME"
	run once --memory 48m bb tail /dev/zero
	gave 137
}

@test "a limit of processes is set and bites" {
	detached --pids-limit 20 bb sleep 600
	[ "$(cgroup_value "$ID" pids pids.max pids.max)" = 20 ]
	run once --pids-limit 20 bb sh -c 'for i in $(seq 30); do sleep 600 & done'
	failed_with 2 "can't fork"
}

@test "processors: a quota, shares, a set" {
	detached --cpus 0.5 --cpu-shares 512 --cpuset-cpus 0 bb sleep 600
	if is_pure_v2_host; then
		[ "$(cgroup_value "$ID" cpu cpu.max -)" = "50000 100000" ]
		[ "$(cgroup_value "$ID" cpu cpu.weight -)" = 20 ]
	else
		[ "$(cgroup_value "$ID" cpu - cpu.cfs_quota_us)" = 50000 ]
		[ "$(cgroup_value "$ID" cpu - cpu.shares)" = 512 ]
	fi
	[ "$(cgroup_value "$ID" cpuset cpuset.cpus cpuset.cpus)" = 0 ]
	run bounded podman exec "$NAME" grep Cpus_allowed_list /proc/self/status
	gave 0 $'Cpus_allowed_list:\t0'
}

@test "the process is in the container's cgroup in every hierarchy" {
	detached bb sleep 600
	pid=$(inspected '{{.State.Pid}}')
	while IFS=: read -r _ controllers path; do
		[[ $path == /$MARK/libpod-$ID* ]] || echo "$controllers: $path"
	done <"/proc/$pid/cgroup" >"$BATS_TEST_TMPDIR/elsewhere"
	# hierarchies that the host has not mounted cannot be entered
	[ ! -s "$BATS_TEST_TMPDIR/elsewhere" ] || { cat "$BATS_TEST_TMPDIR/elsewhere"; return 1; }
}

# --- restrictions -----------------------------------------------------------------------------------------------------

@test "--read-only leaves only a tmpfs writable" {
	run once --read-only --read-only-tmpfs=false --tmpfs /run:notmpcopyup bb sh -c \
		'touch /new 2>/dev/null || echo refused; touch /run/new && echo written'
	gave 0 $'refused\nwritten'
}

@test "capabilities that are dropped and added show in the process" {
	run once --cap-drop all bb grep Cap /proc/self/status
	gave 0 "$(printf 'Cap%s:\t0000000000000000\n' Inh Prm Eff Bnd Amb)"
	run once --cap-drop all --cap-add net_bind_service,net_raw bb grep -E 'Cap(Prm|Eff|Bnd)' /proc/self/status
	gave 0 "$(printf 'Cap%s:\t0000000000002400\n' Prm Eff Bnd)"
	run once --user user --cap-add net_raw bb grep -E 'Cap(Prm|Eff|Amb)' /proc/self/status
	gave 0 "$(printf 'Cap%s:\t0000000000002000\n' Prm Eff Amb)"
	run once --user user bb grep -E 'Cap(Prm|Eff)' /proc/self/status
	gave 0 "$(printf 'Cap%s:\t0000000000000000\n' Prm Eff)"
}

@test "--privileged has what the engine has" {
	run once --privileged bb sh -c 'grep -E "CapEff|Seccomp:" /proc/self/status; test -b /dev/loop0 && echo loop
		touch /proc/sys/kernel/hostname && echo writable'
	expected=$(grep CapEff /proc/self/status)$'\nSeccomp:\t0'
	[ ! -e /dev/loop0 ] || expected+=$'\nloop'
	gave 0 "$expected"$'\nwritable'
}

@test "the seccomp filter is on, and off when that is wanted" {
	run once bb grep Seccomp: /proc/self/status
	gave 0 $'Seccomp:\t2'
	run once --security-opt seccomp=unconfined bb grep Seccomp: /proc/self/status
	gave 0 $'Seccomp:\t0'
}

@test "a seccomp profile of one's own bites" {
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO",
		"errnoRet": 95}]}' >"$BATS_TEST_TMPDIR/profile"
	run once --security-opt "seccomp=$BATS_TEST_TMPDIR/profile" bb mkdir /tmp/new
	failed_with 1 "Operation not supported"
}

@test "no-new-privileges" {
	run once --security-opt no-new-privileges bb grep NoNewPrivs /proc/self/status
	gave 0 $'NoNewPrivs:\t1'
	run once bb grep NoNewPrivs /proc/self/status
	gave 0 $'NoNewPrivs:\t0'
}

@test "paths are masked and read-only, unless that is not wanted" {
	run once bb sh -c 'cat /proc/kcore /proc/keys /proc/timer_list 2>/dev/null | wc -c; ls /sys/firmware | wc -l
		echo 1 2>/dev/null >/proc/sys/vm/drop_caches || echo refused; grep -c " /proc/sys .*[ ,]ro[ ,]" /proc/mounts'
	gave 0 $'0\n0\nrefused\n1'
	run once --security-opt unmask=ALL bb sh -c 'grep -c " /proc/" /proc/mounts; head -c 1 /proc/timer_list | wc -c'
	gave 0 $'0\n1'
}

@test "a device, with just the access that is given" {
	[ -c /dev/fuse ] || skip "this host has no /dev/fuse"
	run once bb sh -c 'test -e /dev/fuse || echo none; mknod /tmp/fuse c 10 229 && : <>/tmp/fuse'
	failed_with 1 "Operation not permitted"
	run once --device /dev/fuse:/dev/one bb sh -c 'stat -c "%t %T" /dev/one; : <>/dev/one && echo opened'
	gave 0 $'a e5\nopened'
	run once --device /dev/fuse:/dev/one:r bb sh -c ': </dev/one && echo read; : >/dev/one'
	failed_with 1 "Operation not permitted"
	[[ $output == read* ]]
}

# --- file systems -----------------------------------------------------------------------------------------------------

@test "volumes: writable, read-only, a file, a named one" {
	mkdir "$BATS_TEST_TMPDIR/v"
	echo host >"$BATS_TEST_TMPDIR/v/file"
	run once -v "$BATS_TEST_TMPDIR/v:/v" bb sh -c 'cat /v/file; echo container >/v/file'
	gave 0 host
	[ "$(<"$BATS_TEST_TMPDIR/v/file")" = container ]
	run once -v "$BATS_TEST_TMPDIR/v:/v:ro" bb sh -c 'cat /v/file; echo no >/v/file'
	failed_with 1 "Read-only file system"
	run once -v "$BATS_TEST_TMPDIR/v/file:/etc/plain:ro" bb cat /etc/plain
	gave 0 container
	once -v "$NAME:/n" bb sh -c 'echo kept >/n/file'
	run once -v "$NAME:/n" bb cat /n/file
	gave 0 kept
	bounded podman volume rm "$NAME"
}

@test "mounts with options: nodev, noexec, nosuid, a missing target below the root" {
	mkdir "$BATS_TEST_TMPDIR/v"
	run once -v "$BATS_TEST_TMPDIR/v:/deep/er/v:nodev,noexec,nosuid" bb grep /deep/er/v /proc/mounts
	gave 0
	[[ $output == *nosuid,nodev,noexec* ]]
}

@test "--tmpfs with size and mode" {
	run once --tmpfs /scratch:size=1m,mode=700,notmpcopyup bb sh -c 'stat -c "%a" /scratch
		df -k /scratch | tail -n 1 | awk "{ print \$2 }"
		dd if=/dev/zero of=/scratch/big bs=2M count=1'
	failed_with 1 "No space left on device"
	[[ $output == $'700\n1024\n'* ]]
}

@test "a tmpfs has what the image has there, also those of --read-only" {
	run once --tmpfs /home bb ls /home
	gave 0 user
	run once --read-only bb sh -c \
		'touch /new 2>/dev/null || echo refused; touch /tmp/new && touch /run/new && echo written'
	gave 0 $'refused\nwritten'
}

@test "/dev and its file systems" {
	run once --shm-size 2m bb sh -c 'df -k /dev/shm | tail -n 1 | awk "{ print \$2 }"; ls -l /dev/fd | sed "s/.*-> //"
		for d in null zero full tty random urandom; do test -c /dev/$d || echo no $d; done; echo x >/dev/null
		test -c /dev/pts/ptmx && readlink /dev/ptmx; grep -c " /dev/mqueue mqueue " /proc/mounts; head -c 3 /dev/zero | wc -c'
	gave 0 $'2048\n/proc/self/fd\npts/ptmx\n1\n3'
}

@test "--sysctl" {
	run once --sysctl net.ipv4.ip_unprivileged_port_start=99 --sysctl kernel.msgmax=4096 bb sh -c \
		'cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/msgmax'
	gave 0 $'99\n4096'
}

@test "files are copied into a container and out of it" {
	detached bb sleep 600
	echo copied >"$BATS_TEST_TMPDIR/in"
	bounded podman cp "$BATS_TEST_TMPDIR/in" "$NAME:/tmp/file"
	run bounded podman exec "$NAME" cat /tmp/file
	gave 0 copied
	bounded podman cp "$NAME:/etc/plain" "$BATS_TEST_TMPDIR/out"
	[ "$(<"$BATS_TEST_TMPDIR/out")" = text ]
}

# --- namespaces -------------------------------------------------------------------------------------------------------

@test "--init runs an init above the command" {
	run once --init bb sh -c 'cat /proc/1/comm; echo $$'
	gave 0
	[[ ${lines[0]} == *init ]]
	[ "${lines[1]}" -gt 1 ]
}

@test "a user namespace with maps" {
	detached --uidmap 0:100000:2000 --gidmap 0:200000:2000 --cap-drop all --cap-add chown bb sleep 600
	run bounded podman exec "$NAME" sh -c 'tr -s " " </proc/self/uid_map; tr -s " " </proc/self/gid_map; id -u
		touch /tmp/new; stat -c "%u %g" /tmp/new; grep CapEff /proc/self/status'
	gave 0 $' 0 100000 2000\n 0 200000 2000\n0\n0 0\nCapEff:\t0000000000000001'
	[ "$(stat -c '%u %g' "/proc/$(inspected '{{.State.Pid}}')")" = "100000 200000" ]
	run once --uidmap 0:100000:2000 --gidmap 0:100000:2000 --user user --read-only \
		--read-only-tmpfs=false bb sh -c 'id -u; id -g'
	gave 0 $'1000\n1001'
}

@test "a user namespace with the host's or another container's network" {
	local show='mount -t sysfs | head -n 1; ls /sys/class/net; touch /sys/new'
	run once --uidmap 0:100000:2000 --gidmap 0:100000:2000 --network host bb sh -c "$show"
	[[ ${lines[0]} == *" on /sys type sysfs (ro,"* && $output == *lo* && $output == *"Read-only"* ]]
	detached bb sleep 600
	run once --uidmap 0:100000:2000 --gidmap 0:100000:2000 --network "container:$NAME" bb sh -c "$show"
	[[ ${lines[0]} == *" on /sys type sysfs (ro,"* && $output == *"Read-only"* ]]
}

@test "an id-mapped volume" {
	"$RUNTIME" features | jq -e '.linux.mountExtensions.idmap.enabled == true' || skip "this runtime maps no mounts" # runc before 1.2
	mkdir "$DIR/mapped"
	touch "$DIR/mapped/file"
	run once --uidmap 0:100000:2000 --gidmap 0:100000:2000 -v "$DIR/mapped:/data:idmap" bb sh -c 'stat -c %u:%g /data/file; touch /data/new'
	gave 0 0:0
	[ "$(stat -c %u:%g "$DIR/mapped/new")" = 0:0 ]
	rm -r "$DIR/mapped"
}

@test "namespaces of another container, and of the host" {
	detached --hostname first --ipc shareable bb sh -c 'touch /dev/shm/mine; exec sleep 600'
	eventually in_cgroup "$ID" "sleep 600"
	run once --pid "container:$NAME" bb cat /proc/1/comm
	gave 0 sleep
	first=$(namespaces "$(inspected '{{.State.Pid}}')")
	run once --network "container:$NAME" --uts "container:$NAME" --ipc "container:$NAME" bb sh -c \
		'hostname; ls /dev/shm; for n in net uts ipc pid mnt; do readlink /proc/self/ns/$n; done'
	[ "$status" = 0 ]
	[ "${lines[0]},${lines[1]}" = "first,mine" ]
	[ "$(comm -12 <(printf '%s\n' "${lines[@]}" | sort) <(sort <<<"$first") | cut -d : -f 1 | xargs)" = "ipc net uts" ]
	run once --network host --pid host --uts host --ipc host bb sh -c \
		'for n in net pid uts ipc; do readlink /proc/self/ns/$n; done'
	gave 0 "$(for n in net pid uts ipc; do readlink /proc/self/ns/$n; done)"
}

@test "one that shares the host's processes is ended whole" {
	detached --pid host bb sh -c 'sleep 601 & sleep 602'
	eventually in_cgroup "$ID" "sleep 601"
	bounded podman rm --force --time 0 "$NAME"
	nothing_left
}

@test "a pod shares the namespaces of its first container" {
	bounded podman pod create --name "$NAME" --network none --hostname pod --share net,uts,ipc,pid \
		--infra-image localhost/bb --infra-command '/bin/sleep 600' --cgroup-parent "/$MARK"
	bounded podman run --detach --pod "$NAME" --name "$NAME-a" bb sh -c 'touch /dev/shm/a; exec sleep 600'
	eventually bounded podman exec "$NAME-a" sh -c 'ps -o args | grep -x "sleep 600"'
	run bounded podman run --rm --pod "$NAME" bb sh -c 'hostname; ls /dev/shm; ps -o args | grep -c "^sleep\|^/bin/sleep"'
	gave 0 $'pod\na\n2'
	infra=$(bounded podman pod inspect --format '{{.InfraContainerID}}' "$NAME")
	[ "$(pod_namespaces "$NAME-a")" = "$(pod_namespaces "$infra")" ]
	bounded podman pod stop --time 0 "$NAME"
	bounded podman pod start "$NAME"
	[ "$(bounded podman pod inspect --format '{{.State}}' "$NAME")" = Running ]
	bounded podman pod rm --force --time 0 "$NAME"
	nothing_left
}

pod_namespaces() {
	namespaces "$(bounded podman inspect --format '{{.State.Pid}}' "$1")" | grep -v ^mnt
}
