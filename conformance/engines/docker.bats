# Docker: a private daemon with a containerd of its own, whose shim calls the runtime; what Docker adds are its hooks, its profile,
# its limits, and what it says of an error.
load harness

setup_file() {
	engine_prepare docker.io containerd busybox-static jq procps || return 1
	configuration >"$DIR/daemon.json"
	# another client may come first in PATH
	export DOCKER_HOST=unix://$DIR/sock DOCKER_CONFIG=$DIR/client DOCKER=/usr/bin/docker
	dockerd --config-file "$DIR/daemon.json" --data-root "$DIR/root" --exec-root "$DIR/state" --pidfile "$DIR/pid" \
		--host "$DOCKER_HOST" >"$DIR/log" 2>&1 3>&- &
	eventually answers || { tail -n 20 "$DIR/log"; return 1; }
	image_tar || return 1
	bounded $DOCKER import --change 'ENV PATH=/bin' --change 'CMD ["sh"]' "$DIR/rootfs.tar" bb
}

# default-ulimits and the score: root may be without CAP_SYS_RESOURCE, which Docker's own defaults need.
configuration() {
	jq -n --arg runtime "$RUNTIME" --arg parent "/$MARK" --argjson score "$(score)" --arg driver "$(driver)" '{
		runtimes: {"under-test": {path: $runtime}, "with-arguments": {path: $runtime, runtimeArgs: ["--debug"]}}, "default-runtime": "under-test", "cgroup-parent": $parent,
		iptables: false, ip6tables: false, bridge: "none", "storage-driver": $driver,
		"default-ulimits": {nofile: {Name: "nofile", Soft: 1024, Hard: 4096}},
		"exec-opts": ["native.cgroupdriver=cgroupfs"]} + $score'
}

# Newer daemons leave their own score alone, and do not know the word.
score() {
	if dpkg --compare-versions "$(dpkg-query -W -f '${Version}' docker.io)" lt 25; then echo '{"oom-score-adjust": 0}'; else echo '{}'; fi
}

driver() {
	if is_on_overlay; then echo vfs; else echo overlay2; fi
}

answers() {
	bounded $DOCKER version >/dev/null 2>&1
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
	NAME=c$BATS_TEST_NUMBER
	V=$BATS_TEST_TMPDIR/v
	mkdir "$V"
}

teardown() {
	forget_all
	nothing_left
}

forget_all() {
	local all
	all=$(bounded $DOCKER ps --all --quiet)
	[ -z "$all" ] || bounded $DOCKER rm --force $all >/dev/null
}

docker() {
	bounded $DOCKER "$@"
}

# A container that is gone when its command ends: once [OPTION...] bb COMMAND...
once() {
	running --network none "$@"
}

# The same in a network that is named. What a command writes right before its end the daemon may lose, with every runtime: so it is
# run by a shell that stays for a moment.
running() {
	local options=()
	while [ $# -gt 0 ] && [ "$1" != bb ]; do
		options+=("$1")
		shift
	done
	[ $# -lt 2 ] || set -- bb sh -c '"$@"; code=$?; sleep 0.5; exit $code' sh "${@:2}"
	docker run --rm "${options[@]}" "$@"
}

# One that is not: for what comes of a command itself.
alone() {
	docker run --rm --network none "$@"
}

export -f docker once running alone

# A detached container of this test: detached [OPTION...] bb COMMAND...
detached() {
	ID=$(docker run --detach --name "$NAME" --network none "$@")
	[ ${#ID} = 64 ]
}

inside() {
	docker exec "$NAME" "$@"
}

inspected() {
	docker inspect --format "$1" "$NAME"
}

logged() {
	docker logs "$NAME" 2>&1 | grep -q "$1"
}

has_state() {
	[ "$(inspected '{{.State.Status}}')" = "$1" ]
}

nothing_left() {
	local found
	found=$(cgroups_left '*'; find "$DIR/state/runtime-runc" -mindepth 2 -maxdepth 2 2>/dev/null
		awk -v at="$DIR/root/" 'index($5, at) == 1 && $5 ~ /merged/ { print "mount " $5 }' /proc/self/mountinfo)
	[ -z "$found" ] || {
		printf 'left behind:\n%s\n' "$found"
		return 1
	}
}

# --- the daemon -------------------------------------------------------------------------------------------------------

@test "the runtime under test is the daemon's, and its version is read" {
	[ "$(docker info --format '{{.DefaultRuntime}}')" = under-test ]
	docker info --format '{{json .Runtimes}}' | jq -e --arg path "$RUNTIME" '."under-test".path == $path'
}

@test "runtime arguments come in front of the command" {
	detached --runtime with-arguments bb sleep 600
	# the daemon puts them into a program of its own
	grep -rh -- "$RUNTIME --debug" "$DIR/root/runtimes"
	run inside echo in
	gave 0 in
}

# --- one command ------------------------------------------------------------------------------------------------------

@test "run prints what the command prints" {
	run once bb echo hello there
	gave 0 "hello there"
}

@test "run's exit code is the command's" {
	for code in 0 1 42 255; do
		run once bb sh -c "exit $code"
		gave $code ""
	done
}

@test "a command that a signal ends gives 128 and the signal's number" {
	run once bb sh -c 'sh -c "kill -KILL \$\$"; exit $?'
	gave 137
}

@test "stdout and stderr stay apart" {
	run --separate-stderr once bb sh -c 'echo out; echo err >&2'
	gave 0 out
	[ "$stderr" = err ]
}

@test "input reaches the container, and its end too" {
	output=$(printf 'one\ntwo\n' | once --interactive bb cat)
	[ "$output" = $'one\ntwo' ]
}

@test "much input" {
	[ "$(head -c 300000 /dev/zero | once --interactive bb wc -c)" = 300000 ]
}

@test "much output" {
	[ "$(once bb sh -c 'head -c 3000000 /dev/zero' | wc -c)" = 3000000 ]
}

@test "environment" {
	run once --env A=1 --env 'B=two words' bb sh -c 'echo "$A,$B,$PATH,$HOME"'
	gave 0 '1,two words,/bin,/root'
}

@test "the working directory, made when it is missing" {
	run once --workdir /home/user bb pwd
	gave 0 /home/user
	run once --workdir /new/deep bb pwd
	gave 0 /new/deep
}

@test "a user by name" {
	run once --user user bb id
	gave 0 "uid=1000(user) gid=1001(user) groups=1001(user),1002(extra)"
}

@test "a user by number, with groups" {
	run once --user 5:6 --group-add 7 bb id
	failed_with 0 "uid=5 gid=6"
	[[ $output == *7* ]]
}

@test "a host name and a domain" {
	run once --hostname web --domainname test bb sh -c 'hostname; cat /proc/sys/kernel/domainname'
	gave 0 $'web\ntest'
}

@test "hosts and resolv.conf are the engine's" {
	run once --add-host peer:10.1.2.3 --dns 10.9.8.7 bb sh -c 'cat /etc/hosts /etc/resolv.conf'
	gave 0
	[[ $output == *10.1.2.3* ]]
}

@test "an entrypoint" {
	run alone --entrypoint /bin/sh bb -c 'echo of mine; sleep 0.5'
	gave 0 "of mine"
}

@test "a terminal: the size, control, and output in order" {
	run on_terminal once --tty --interactive bb sh -c \
		'test -t 0 && test -t 1 && test -t 2 && tty; for i in $(seq 20); do
		[ "$(stty size 2>/dev/null)" = "33 77" ] && break; sleep 0.5; done; stty size; echo opened >/dev/tty; exit 6'
	gave 6 $'/dev/pts/0\n33 77\nopened'
}

@test "a terminal belongs to the user" {
	# the client complains of a command that has ended before it could tell it the size
	run on_terminal once --tty --user user bb sh -c \
		'for i in $(seq 20); do [ "$(stty size 2>/dev/null)" = "33 77" ] && break; sleep 0.5; done; stat -c %u "$(tty)"'
	gave 0 1000
}

@test "limits of the process" {
	run once --ulimit nofile=512:1024 --ulimit nproc=300:400 bb sh -c 'ulimit -n; ulimit -Hn; ulimit -u'
	gave 0 $'512\n1024\n300'
}

@test "the out-of-memory score" {
	run once --oom-score-adj 555 bb cat /proc/self/oom_score_adj
	gave 0 555
}

@test "a command that is missing gives 127" {
	run -127 alone bb nowhere
	failed_with 127 "nowhere"
	[[ $output == *"executable file not found"* ]]
}

@test "a path that is missing gives 127" {
	run -127 alone bb /bin/nowhere
	failed_with 127 "no such file or directory"
}

@test "a file that cannot be executed gives 126" {
	run alone bb /etc/plain
	failed_with 126 "permission denied"
}

@test "a directory as the command gives 126" {
	run alone bb /etc
	failed_with 126 "denied"
}

# --- a life -----------------------------------------------------------------------------------------------------------

@test "a detached container, its logs, its end" {
	detached bb sh -c 'echo first; echo second >&2; sleep 0.2; echo last; sleep 0.5; exit 3'
	run docker wait "$NAME"
	gave 0 3
	run docker logs "$NAME"
	gave 0
	[[ $output == *first* && $output == *second* && $output == *last* ]]
	has_state exited
}

@test "inspect shows a process that lives" {
	detached bb sleep 600
	eventually runs "$(inspected '{{.State.Pid}}')" "sleep 600"
	has_state running
}

@test "ps lists it" {
	detached bb sleep 600
	run docker ps --format '{{.Names}} {{.Status}}'
	gave 0
	[[ $output == "$NAME Up"* ]]
}

@test "created, and started later" {
	docker create --name "$NAME" --network none bb sh -c 'echo started; sleep 0.5'
	has_state created
	run docker start --attach "$NAME"
	gave 0 started
}

@test "created, and removed before it was started" {
	docker create --name "$NAME" --network none bb echo never
	docker rm "$NAME"
	nothing_left
}

@test "started again" {
	detached bb sh -c 'echo again >>/tmp/count; wc -l </tmp/count; sleep 600'
	eventually logged 1
	docker restart --time 0 "$NAME"
	eventually logged 2
	has_state running
}

@test "a policy starts it again" {
	detached --restart on-failure:2 bb sh -c 'echo again >>/tmp/count; cat /tmp/count; exit 1'
	eventually has_state exited
	[ "$(inspected '{{.RestartCount}}')" = 2 ]
}

@test "stop sends TERM" {
	detached bb sh -c 'trap "exit 7" TERM; echo ready; while :; do sleep 0.1; done'
	eventually logged ready
	docker stop --time 10 "$NAME"
	[ "$(inspected '{{.State.ExitCode}}')" = 7 ]
}

@test "stop sends KILL to one that does not listen" {
	detached bb sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done'
	eventually logged ready
	docker stop --time 1 "$NAME"
	[ "$(inspected '{{.State.ExitCode}}')" = 137 ]
}

@test "a stop signal of its own" {
	detached --stop-signal USR1 bb sh -c 'trap "exit 8" USR1; echo ready; while :; do sleep 0.1; done'
	eventually logged ready
	docker stop --time 10 "$NAME"
	[ "$(inspected '{{.State.ExitCode}}')" = 8 ]
}

@test "kill sends the signal that is named" {
	detached bb sh -c 'trap "echo usr1" USR1; trap "exit 9" HUP; echo ready; while :; do sleep 0.1; done'
	eventually logged ready
	docker kill --signal USR1 "$NAME"
	eventually logged usr1
	docker kill --signal HUP "$NAME"
	[ "$(docker wait "$NAME")" = 9 ]
}

@test "kill of one that has ended is an error" {
	detached bb true
	docker wait "$NAME"
	run docker kill "$NAME"
	failed_with 1 "is not running"
}

@test "rm --force ends a running container with all its children" {
	detached bb sh -c 'for i in 1 2 3; do setsid sleep 600 & done; sleep 600'
	pid=$(inspected '{{.State.Pid}}')
	docker rm --force "$NAME"
	[ ! -e "/proc/$pid" ]
	nothing_left
}

@test "rm refuses a running container" {
	detached bb sleep 600
	run docker rm "$NAME"
	failed_with 1 "running"
}

@test "five containers at once" {
	for i in 1 2 3 4 5; do
		once --name "$NAME-$i" bb sh -c "sleep 0.2; echo $i" >"$BATS_TEST_TMPDIR/$i" 3>&- &
	done
	wait
	[ "$(cat "$BATS_TEST_TMPDIR"/[1-5] | xargs)" = "1 2 3 4 5" ]
}

@test "attach" {
	detached --interactive bb sh -c 'read line; echo "heard $line"; sleep 0.5'
	[ "$({ echo word; sleep 1; } | docker attach "$NAME")" = "heard word" ]
}

@test "a name can be used again at once" {
	for i in 1 2 3; do
		once --name "$NAME" bb true
	done
}

# --- pausing, looking, changing ---------------------------------------------------------------------------------------

@test "pause stops the processes, unpause lets them go on" {
	detached bb sh -c 'i=0; while :; do echo $((i=i+1)); sleep 0.05; done'
	eventually logged 3
	docker pause "$NAME"
	has_state paused
	before=$(docker logs "$NAME" | wc -l)
	sleep 0.5
	[ "$(docker logs "$NAME" | wc -l)" = "$before" ]
	docker unpause "$NAME"
	eventually has_more_lines "$before"
	has_state running
}

has_more_lines() {
	[ "$(docker logs "$NAME" | wc -l)" -gt "$1" ]
}

@test "a paused container refuses exec, and can be killed" {
	detached bb sleep 600
	docker pause "$NAME"
	run inside true
	failed_with 1 "paused"
	docker rm --force "$NAME"
	nothing_left
}

@test "top shows the processes" {
	detached bb sh -c 'sleep 601 & sleep 602'
	eventually in_cgroup "$ID" "sleep 601"
	eventually in_cgroup "$ID" "sleep 602"
	run docker top "$NAME"
	gave 0
	[[ $output == *"sleep 601"* && $output == *"sleep 602"* ]]
}

@test "top with options of ps" {
	detached bb sleep 601
	eventually in_cgroup "$ID" "sleep 601"
	run docker top "$NAME" -o pid,args
	gave 0
	[[ $output == *PID*"sleep 601"* ]]
}

@test "stats show the processes and the memory" {
	detached --memory 48m bb sleep 600
	run docker stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}}' "$NAME"
	gave 0
	[[ $output == "$NAME 1 "*"/ 48MiB" ]]
}

@test "update changes limits, and leaves the others" {
	detached --memory 64m --cpu-shares 512 --pids-limit 30 bb sleep 600
	docker update --memory 96m --memory-swap 128m --cpu-quota 50000 "$NAME"
	[ "$(cgroup_value "$ID" memory memory.max memory.limit_in_bytes)" = $((96 << 20)) ]
	is_pure_v2_host || [ "$(cgroup_value "$ID" cpu - cpu.cfs_quota_us)" = 50000 ]
	is_pure_v2_host || [ "$(cgroup_value "$ID" cpu - cpu.shares)" = 512 ]
	[ "$(cgroup_value "$ID" pids pids.max pids.max)" = 30 ]
}

@test "update of the number of processes" {
	detached --pids-limit 30 bb sleep 600
	docker update --pids-limit 40 "$NAME"
	[ "$(cgroup_value "$ID" pids pids.max pids.max)" = 40 ]
}

@test "rename, and diff" {
	detached bb sh -c 'touch /new; sleep 600'
	eventually inside test -e /new
	docker rename "$NAME" "$NAME-b"
	run docker diff "$NAME-b"
	gave 0
	[[ $output == *"A /new"* ]]
}

# --- exec -------------------------------------------------------------------------------------------------------------

@test "exec: output and exit code" {
	detached bb sleep 600
	run --separate-stderr inside sh -c 'echo out; echo err >&2; exit 42'
	gave 42 out
	[ "$stderr" = err ]
}

@test "exec: input" {
	detached bb sleep 600
	[ "$(echo in | docker exec --interactive "$NAME" cat)" = in ]
}

@test "exec: environment, user, directory" {
	detached --env A=1 bb sleep 600
	run docker exec --env B=2 --user user --workdir /home "$NAME" sh -c 'echo "$A$B$HOME"; id -u; id -G; pwd'
	gave 0 $'12/home/user\n1000\n1001 1002\n/home'
}

@test "exec: a terminal" {
	detached bb sleep 600
	run on_terminal docker exec --tty --interactive "$NAME" sh -c \
		'tty; for i in $(seq 20); do [ "$(stty size 2>/dev/null)" = "33 77" ] && break; sleep 0.5; done; stty size; exit 5'
	gave 5 $'/dev/pts/0\n33 77'
}

@test "exec: detached" {
	detached bb sleep 600
	docker exec --detach "$NAME" sleep 601
	eventually in_cgroup "$ID" "sleep 601"
}

@test "exec: in all the container's namespaces, cgroups and restrictions" {
	detached --cap-drop all --cap-add chown bb sleep 600
	look='ls -l /proc/$0/ns | sed "s/.*[0-9] \([a-z]* ->\)/\1/" | grep -v _for_ | tail -n +2; cat /proc/$0/cgroup
		grep -E "^(Cap|Seccomp:|NoNewPrivs)" /proc/$0/status'
	found=$(inside sh -c "$look" self)
	[[ $found == *NoNewPrivs* ]]
	[ "$found" = "$(inside sh -c "$look" 1)" ]
}

@test "exec --privileged has more" {
	may_ask_for_all
	detached bb sleep 600
	run docker exec --privileged "$NAME" grep CapEff /proc/self/status
	has_all_capabilities "${lines[0]}"
}

@test "exec: a command that is missing is named" {
	detached bb sleep 600
	run inside nowhere
	[[ $status = 12[67] && $output == *nowhere* && $output == *"executable file not found"* ]] # 126 up to Docker 20.10
	run inside /bin/nowhere
	[[ $status = 12[67] && $output == *"no such file or directory"* ]]
}

@test "exec: a file that cannot be executed gives 126" {
	detached bb sleep 600
	run inside /etc/plain
	failed_with 126 "permission denied"
	has_state running
}

@test "exec: twenty, one after the other, and five at once" {
	detached bb sleep 600
	for i in {1..20}; do
		inside true
	done
	for i in 1 2 3 4 5; do
		inside echo $i >"$BATS_TEST_TMPDIR/$i" 3>&- &
	done
	wait
	[ "$(cat "$BATS_TEST_TMPDIR"/[1-5] | xargs)" = "1 2 3 4 5" ]
}

@test "a health check runs in it" {
	detached --health-cmd 'test -e /tmp/well' --health-interval 1s --health-retries 1 bb sh -c 'sleep 2; touch /tmp/well; sleep 600'
	eventually is_healthy
}

is_healthy() {
	[ "$(inspected '{{.State.Health.Status}}')" = healthy ]
}

# --- limits -----------------------------------------------------------------------------------------------------------

@test "a memory limit is set" {
	detached --memory 48m bb sleep 600
	[ "$(cgroup_value "$ID" memory memory.max memory.limit_in_bytes)" = $((48 << 20)) ]
}

@test "a memory limit bites, and is told" {
	run docker run --name "$NAME" --network none --memory 48m bb tail /dev/zero
	gave 137
	[ "$(inspected '{{.State.OOMKilled}}')" = true ]
}

@test "a limit of processes bites" {
	run once --pids-limit 20 bb sh -c 'for i in $(seq 30); do sleep 600 & done'
	failed_with 2 "can't fork"
}

@test "processors: a quota and shares" {
	is_pure_v2_host && skip "cgroup v1 files"
	detached --cpus 0.5 --cpu-shares 512 bb sleep 600
	[ "$(cgroup_value "$ID" cpu - cpu.cfs_quota_us)" = 50000 ]
	[ "$(cgroup_value "$ID" cpu - cpu.shares)" = 512 ]
}

@test "processors: a set" {
	run once --cpuset-cpus 0 bb grep Cpus_allowed_list /proc/self/status
	gave 0 $'Cpus_allowed_list:\t0'
}

@test "the process is in the container's cgroup in every hierarchy" {
	detached bb sleep 600
	run grep -v ":/$MARK/$ID\$" "/proc/$(inspected '{{.State.Pid}}')/cgroup"
	gave 1 ""
}

# --- restrictions -----------------------------------------------------------------------------------------------------

@test "--read-only leaves only a tmpfs writable" {
	run once --read-only --tmpfs /run bb sh -c 'touch /new 2>/dev/null || echo refused; touch /run/new && echo written'
	gave 0 $'refused\nwritten'
}

@test "Docker's own capabilities" {
	run once bb grep CapEff /proc/self/status
	gave 0 $'CapEff:\t00000000a80425fb'
}

@test "capabilities that are dropped and added" {
	run once --cap-drop all --cap-add net_bind_service --cap-add net_raw bb grep -E 'Cap(Prm|Eff|Bnd)' /proc/self/status
	gave 0 "$(printf 'Cap%s:\t0000000000002400\n' Prm Eff Bnd)"
}

@test "another user has none" {
	run once --user user bb grep -E 'Cap(Prm|Eff)' /proc/self/status
	gave 0 "$(printf 'Cap%s:\t0000000000000000\n' Prm Eff)"
}

@test "--privileged has what the engine has" {
	may_ask_for_all
	run once --privileged bb grep -E "CapEff|Seccomp:" /proc/self/status
	has_all_capabilities "${lines[0]}"
	[ "${lines[1]}" = $'Seccomp:\t0' ]
}

# Docker 20.10 asks for every capability, also for those that root here is without; runc then gives none.
may_ask_for_all() {
	local own=$((16#$(awk '/CapBnd/ { print $2 }' /proc/self/status)))
	case ${RUNTIME##*/} in boxcar*) return ;; esac
	[ $own = $(((1 << $(</proc/sys/kernel/cap_last_cap) + 1) - 1)) ] || ! dpkg --compare-versions "$(dpkg-query -W -f '${Version}' docker.io)" lt 26 ||
		skip "this runtime cannot leave out a capability that root here is without"
}

# Of ours, all that this Docker knows: 20.10 knows 38.
has_all_capabilities() {
	local own=$((16#$(awk '/CapEff/ { print $2 }' /proc/self/status))) got=$((16#${1##*[[:space:]]}))
	[ $((got & ~own)) = 0 ] && [ $((own & 0x3fffffffff & ~got)) = 0 ]
}

@test "--privileged writes to /proc/sys and sees devices" {
	may_ask_for_all
	run once --privileged bb sh -c 'touch /proc/sys/kernel/hostname && test -c /dev/kmsg -o -c /dev/fuse && echo yes'
	gave 0 yes
}

@test "the seccomp filter is on" {
	run once bb grep Seccomp: /proc/self/status
	gave 0 $'Seccomp:\t2'
}

@test "the seccomp filter is off when that is wanted" {
	run once --security-opt seccomp=unconfined bb grep Seccomp: /proc/self/status
	gave 0 $'Seccomp:\t0'
}

@test "a seccomp profile of one's own bites" {
	echo '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO",
		"errnoRet": 95}]}' >"$V/profile"
	run once --security-opt "seccomp=$V/profile" bb mkdir /tmp/new
	failed_with 1 "Operation not supported"
}

@test "no-new-privileges" {
	run once --security-opt no-new-privileges bb grep NoNewPrivs /proc/self/status
	gave 0 $'NoNewPrivs:\t1'
}

@test "paths are masked and read-only" {
	run once bb sh -c 'cat /proc/kcore /proc/keys /proc/timer_list 2>/dev/null | wc -c; ls /sys/firmware | wc -l
		echo 1 2>/dev/null >/proc/sys/vm/drop_caches || echo refused'
	gave 0 $'0\n0\nrefused'
}

@test "paths are not masked when that is not wanted" {
	run once --security-opt systempaths=unconfined bb sh -c 'head -c 1 /proc/timer_list | wc -c'
	gave 0 1
}

@test "a device, with just the access that is given" {
	[ -c /dev/fuse ] || skip "this host has no /dev/fuse"
	run once --device /dev/fuse:/dev/one bb sh -c 'stat -c "%t %T" /dev/one; : <>/dev/one && echo opened'
	gave 0 $'a e5\nopened'
	run once --device /dev/fuse:/dev/one:r bb sh -c ': </dev/one && echo read; : >/dev/one'
	failed_with 1 "Operation not permitted"
}

@test "a device that was not given cannot be opened" {
	run once bb sh -c 'mknod /tmp/fuse c 10 229 && : <>/tmp/fuse'
	failed_with 1 "Operation not permitted"
}

@test "a rule for devices" {
	[ -c /dev/fuse ] || skip "this host has no /dev/fuse"
	run once --cap-add mknod --device-cgroup-rule 'c 10:229 rwm' bb sh -c 'mknod /tmp/fuse c 10 229 && : <>/tmp/fuse && echo opened'
	gave 0 opened
}

# --- file systems -----------------------------------------------------------------------------------------------------

@test "a volume, written from both sides" {
	echo host >"$V/file"
	run once -v "$V:/v" bb sh -c 'cat /v/file; echo container >/v/file'
	gave 0 host
	[ "$(<"$V/file")" = container ]
}

@test "a read-only volume" {
	echo host >"$V/file"
	run once -v "$V:/v:ro" bb sh -c 'cat /v/file; echo no >/v/file'
	failed_with 1 "Read-only file system"
	# Docker 25 wants it to be so below, too, of a runtime whose features name rro
	dpkg --compare-versions "$(dpkg-query -W -f '${Version}' docker.io)" ge 25 || return 0
	mkdir "$V/sub" && mount -t tmpfs none "$V/sub" && touch "$V/sub/seen"
	run once -v "$V:/v:ro" bb sh -c 'ls /v/sub; touch /v/sub/new'
	umount "$V/sub"
	failed_with 1 "Read-only file system"
	[[ $output == *seen* ]]
}

@test "a file as a volume" {
	echo host >"$V/file"
	run once -v "$V/file:/etc/plain:ro" bb cat /etc/plain
	gave 0 host
}

@test "a named volume keeps what is in it" {
	once -v "$NAME:/n" bb sh -c 'echo kept >/n/file'
	run once -v "$NAME:/n" bb cat /n/file
	gave 0 kept
	docker volume rm "$NAME"
}

@test "propagation of a volume" {
	mkdir "$V/sub" && mount --bind "$V" "$V" && mount --make-shared "$V"
	detached -v "$V:/v:rslave" bb sleep 600
	mount -t tmpfs none "$V/sub" && touch "$V/sub/seen"
	run inside ls /v/sub
	umount "$V/sub" && umount "$V"
	gave 0 seen
}

@test "--mount with options" {
	run once --mount "type=bind,source=$V,target=/deep/er/v,readonly" bb sh -c 'touch /deep/er/v/x'
	failed_with 1 "Read-only file system"
}

@test "--tmpfs with size and mode" {
	run once --tmpfs /scratch:size=1m,mode=700 bb sh -c 'stat -c "%a" /scratch; dd if=/dev/zero of=/scratch/big bs=2M count=1'
	failed_with 1 "No space left on device"
	[[ $output == 700* ]]
}

@test "/dev and its file systems" {
	run once --shm-size 2m bb sh -c 'df -k /dev/shm | tail -n 1 | awk "{ print \$2 }"; ls -l /dev/fd | sed "s/.*-> //"
		for d in null zero full tty random urandom; do test -c /dev/$d || echo no $d; done; readlink /dev/ptmx
		grep -c " /dev/mqueue mqueue " /proc/mounts'
	gave 0 $'2048\n/proc/self/fd\npts/ptmx\n1'
}

@test "--sysctl" {
	run once --sysctl net.ipv4.ip_unprivileged_port_start=99 --sysctl kernel.msgmax=4096 bb sh -c \
		'cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/msgmax'
	gave 0 $'99\n4096'
}

@test "files are copied into a container and out of it" {
	detached bb sleep 600
	echo copied >"$V/in"
	docker cp "$V/in" "$NAME:/tmp/file"
	run inside cat /tmp/file
	gave 0 copied
	docker cp "$NAME:/etc/plain" "$V/out"
	[ "$(<"$V/out")" = text ]
}

@test "commit makes an image of it" {
	docker run --name "$NAME" --network none bb touch /made
	docker commit "$NAME" "made$NAME"
	run alone "made$NAME" sh -c 'ls /made; sleep 0.5'
	gave 0 /made
	docker rmi "made$NAME"
}

@test "a build runs its commands in it" {
	printf 'FROM bb\nRUN echo built >/built\nCMD cat /built; sleep 0.5\n' >"$V/Dockerfile"
	DOCKER_BUILDKIT=0 docker build --network none -t "built$NAME" "$V"
	run once "built$NAME"
	gave 0 built
	docker rmi "built$NAME"
}

# --- namespaces -------------------------------------------------------------------------------------------------------

@test "--init runs an init above the command" {
	command -v docker-init || skip "this host has no docker-init"
	run once --init bb sh -c 'echo $$'
	gave 0
	[ "$output" -gt 1 ]
}

@test "namespaces of another container" {
	detached --ipc shareable bb sh -c 'touch /dev/shm/mine; exec sleep 600'
	eventually in_cgroup "$ID" "sleep 600"
	run once --pid "container:$NAME" bb cat /proc/1/comm
	gave 0 sleep
	run running --network "container:$NAME" bb readlink /proc/self/ns/net
	gave 0 "$(readlink "/proc/$(inspected '{{.State.Pid}}')/ns/net")"
	run once --ipc "container:$NAME" bb ls /dev/shm
	gave 0 mine
}

@test "namespaces of the host" {
	run running --network host --pid host --uts host --ipc host bb sh -c \
		'for n in net pid uts ipc; do readlink /proc/self/ns/$n; done'
	gave 0 "$(for n in net pid uts ipc; do readlink /proc/self/ns/$n; done)"
}

# A second daemon: this is a choice for all its containers. Its ranges of ids are seen by it alone.
@test "a user namespace for every container" {
	local other=$DIR/remapped pid
	mkdir "$other" && chmod 711 "$other"
	printf 'daemon:100000:65536\n' >"$other/ids"
	jq '. + {"userns-remap": "daemon"}' "$DIR/daemon.json" >"$other/daemon.json"
	touch /etc/subuid /etc/subgid
	unshare --mount --propagation slave sh -c 'mount --bind "$0/ids" /etc/subuid && mount --bind "$0/ids" /etc/subgid && exec dockerd "$@"' \
		"$other" --config-file "$other/daemon.json" --data-root "$other/root" --exec-root "$other/state" --pidfile "$other/pid" \
		--host "unix://$other/sock" >"$other/log" 2>&1 3>&- &
	pid=$!
	local DOCKER_HOST=unix://$other/sock
	eventually answers || { tail -n 20 "$other/log"; return 1; }
	docker import --change 'ENV PATH=/bin' "$DIR/rootfs.tar" bb
	echo host >"$V/file" && chmod 755 "$V" "$BATS_TEST_TMPDIR" && chmod 644 "$V/file"
	detached -v "$V:/v" bb sleep 600
	run inside sh -c 'tr -s " " </proc/self/uid_map; id -u; touch /mine; stat -c %u /mine /v/file; echo x 2>/dev/null >/v/file || echo refused'
	local host
	host=$(stat -c %u "/proc/$(inspected '{{.State.Pid}}')")
	forget_all
	kill $pid && eventually test ! -e "/proc/$pid"
	gave 0 $' 0 100000 65536\n0\n0\n65534\nrefused'
	[ "$host" = 100000 ]
}

@test "one that shares the host's processes is ended whole" {
	detached --pid host bb sh -c 'sleep 601 & sleep 602'
	eventually in_cgroup "$ID" "sleep 601"
	docker rm --force "$NAME"
	nothing_left
}

@test "the death of the shim leaves nothing that cannot be removed" {
	detached bb sleep 600
	kill -KILL "$(pgrep -f "containerd-shim.* -id $ID( |\$)")"
	eventually has_state exited
	docker rm --force "$NAME"
	nothing_left
}
