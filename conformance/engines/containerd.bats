# containerd with ctr, whose shim gives the runtime --root, --log and --log-format json, and calls create, start, exec,
# kill and delete. What the shim says of an error comes from the log's last line.
load harness

setup_file() {
	engine_prepare containerd busybox-static jq procps || return 1
	mkdir "$DIR"/{root,state,shims,fifo}
	configuration >"$DIR/config.toml"
	# who names no runtime gets the one called runc
	mkdir "$DIR/bin" && ln -s "$RUNTIME" "$DIR/bin/runc"
	PATH=$DIR/bin:$PATH containerd --config "$DIR/config.toml" >"$DIR/log" 2>&1 3>&- &
	echo $! >"$DIR/pid"
	eventually answers || { cat "$DIR/log"; return 1; }
	export IMAGE=localhost/bb:latest
	image_tar && image_archive "$IMAGE" || return 1
	engine images import --snapshotter "$(snapshotter)" "$DIR/archive.tar"
}

configuration() {
	cat <<-END
		version = 2
		root = "$DIR/root"
		state = "$DIR/state"
		disabled_plugins = ["io.containerd.grpc.v1.cri"]
		[grpc]
		address = "$DIR/sock"
		[plugins."io.containerd.internal.v1.opt"]
		path = "$DIR/opt"
	END
}

answers() {
	bounded ctr --address "$DIR/sock" version >/dev/null 2>&1
}

snapshotter() {
	if is_on_overlay; then echo native; else echo overlayfs; fi
}

teardown_file() {
	local pid sockets
	pid=$(<"$DIR/pid")
	sockets=$(sed -s 's|^unix://||; $s/$/\n/' "$DIR"/state/io.containerd.runtime.v2.task/"$MARK"/*/address 2>/dev/null)
	forget_all
	kill "$pid" && eventually test ! -e "/proc/$pid"
	engine_finish
	# these are the shim's, wherever the daemon's own directories are
	rm -f $sockets
	rm -rf --one-file-system "/run/containerd/runc/$MARK"
	rmdir /run/containerd/{runc,s,fifo} /run/containerd 2>/dev/null
	true
}

setup() {
	export ID=c$BATS_TEST_NUMBER
}

teardown() {
	forget_all
	nothing_left
}

# A client, in a namespace of our own: engine COMMAND...
engine() {
	bounded ctr --address "$DIR/sock" --namespace "$MARK" "$@"
}

# ctr run with the runtime under test, up to the image's name: contain OPTION...
contain() {
	engine run --runtime io.containerd.runc.v2 --runc-binary "$RUNTIME" --runc-root "$DIR/runc" --fifo-dir "$DIR/fifo" \
		--snapshotter "$(snapshotter)" "$@"
}

# A container that is gone when its command ends: contain_once [OPTION...] IMAGE ID COMMAND...
contain_once() {
	contain --rm "$@"
}

# The same, and what its command writes is printed afterwards. ctr itself loses the output of one container in a hundred, with
# every runtime: so it goes to a file of the host's.
once() {
	local options=() said=$BATS_TEST_TMPDIR/said status
	while [[ $1 != "$ID"* ]]; do
		options+=("$1")
		shift
	done
	mkdir -p "$said" && : >"$said/$1" && chmod 666 "$said/$1"
	contain_once --mount "type=bind,src=$said,dst=/said,options=rbind:rw" "${options[@]}" "$1" /bin/sh -c 'exec "$@" >"$0" 2>&1' "/said/$1" "${@:2}"
	status=$?
	cat "$said/$1"
	return $status
}

# What ctr's own streams bring: prints STATUS STDOUT STDERR COMMAND...
prints() {
	local expected="$1/$2/$3"
	run --separate-stderr "${@:4}"
	[ "$status/$output/$stderr" = "$expected" ] || {
		printf 'expected %s, got %s\n' "$expected" "$status/$output/$stderr"
		return 1
	}
}

# For these.
thrice() {
	"$@" || "$@" || "$@"
}

detached() {
	contain --detach "$@"
}

# Another process in this test's container: inside [OPTION...] -- COMMAND...
inside() {
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	engine tasks exec --fifo-dir "$DIR/fifo" --exec-id "e$RANDOM" "${options[@]}" "$ID" "$@"
}

export -f engine snapshotter contain contain_once inside

status_of() {
	engine tasks list | awk -v id="$1" '$1 == id { print $3 }'
}

pid_of() {
	engine tasks list | awk -v id="$1" '$1 == id { print $2 }'
}

has_status() {
	[ "$(status_of "$ID")" = "$1" ]
}

forget_all() {
	local id
	for id in $(engine tasks list --quiet); do
		engine tasks delete --force "$id"
	done
	for id in $(engine containers list --quiet); do
		engine containers delete "$id"
	done
}

# No cgroup, mount, state or shim of any container.
nothing_left() {
	local found
	found=$(cgroups_left '*'; find "$DIR/runc" "$DIR/state" /run/containerd -path "*/$MARK/*" 2>/dev/null
		awk -v at="$DIR/state" 'index($5, at) == 1 { print "mount " $5 }' /proc/self/mountinfo
		pgrep -a -f "containerd-shim.* -namespace $MARK " || true)
	[ -z "$found" ] || {
		printf 'left behind:\n%s\n' "$found"
		return 1
	}
}

# --- one command ------------------------------------------------------------------------------------------------------

@test "run prints what the command prints" {
	thrice prints 0 "hello there" "" contain_once $IMAGE $ID echo hello there
	nothing_left
}

@test "run's exit code is the command's" {
	for code in 1 42 255; do
		run contain_once $IMAGE $ID sh -c "exit $code"
		gave $code ""
	done
}

@test "stdout and stderr stay apart, input arrives" {
	thrice prints 0 out err contain_once $IMAGE $ID sh -c 'echo out; echo err >&2'
	# without a terminal ctr passes no end of input on
	[ "$(echo in | once $IMAGE $ID head -n 1)" = in ]
}

@test "environment and directory" {
	run once --env A=1 --env 'B=two words' --cwd /home/user $IMAGE $ID sh -c 'echo "$A,$B,$PATH"; pwd'
	gave 0 $'1,two words,/bin\n/home/user'
}

@test "a terminal: the size, control, and output in order" {
	thrice prints 6 $'/dev/pts/0\n33 77\nopened' "" on_terminal contain_once --tty $IMAGE $ID sh -c \
		'tty; for i in 1 2 3 4 5 6; do [ "$(stty size 2>/dev/null)" = "33 77" ] && break; sleep 0.5; done; stty size
		echo opened >/dev/tty; exit 6'
}

@test "a command that is missing or cannot be executed is named, and leaves nothing" {
	run contain_once $IMAGE $ID nowhere
	failed_with 1 'executable file not found'
	[[ $output == *nowhere* ]]
	run contain_once $IMAGE $ID /bin/nowhere
	failed_with 1 'no such file or directory'
	run contain_once $IMAGE $ID /etc/plain
	failed_with 1 'permission denied'
	[[ $output != *"unable to retrieve OCI runtime error"* ]]
	forget_all
	nothing_left
}

@test "a directory instead of an image" {
	run once --rootfs "$DIR/rootfs" $ID /bin/cat /etc/plain
	gave 0 text
}

@test "a configuration of one's own" {
	own_config '.process.args = ["hostname"] | .hostname = "own"'
	thrice prints 0 own "" contain_once --config "$BATS_TEST_TMPDIR/own.json" $ID
}

@test "hooks of a configuration run at their time" {
	printf '#!/bin/sh\necho "$1" >>"%s"\n' "$BATS_TEST_TMPDIR/order" >"$BATS_TEST_TMPDIR/hook"
	chmod +x "$BATS_TEST_TMPDIR/hook"
	own_config '.process.args = ["sleep", "600"] | .hooks = (["createRuntime", "createContainer", "poststart", "poststop"] |
		map({(.): [{path: $hook, args: ["hook", .]}]}) | add)' --arg hook "$BATS_TEST_TMPDIR/hook"
	detached --config "$BATS_TEST_TMPDIR/own.json" $ID
	[ "$(xargs <"$BATS_TEST_TMPDIR/order")" = "createRuntime createContainer poststart" ]
	engine tasks delete --force $ID
	[ "$(tail -n 1 "$BATS_TEST_TMPDIR/order")" = poststop ]
}

# The runtime's own default with a change: own_config FILTER [JQ-OPTION...]
own_config() {
	local filter=$1
	shift
	"$RUNTIME" spec --bundle "$BATS_TEST_TMPDIR"
	jq "$@" --arg root "$DIR/rootfs" --arg path "/$MARK/$ID" \
		'.root.path = $root | .process.terminal = false | .linux.cgroupsPath = $path | '"$filter" \
		"$BATS_TEST_TMPDIR/config.json" >"$BATS_TEST_TMPDIR/own.json"
}

# --- a life -----------------------------------------------------------------------------------------------------------

@test "a detached container is listed while it runs and after it has ended" {
	detached --pid-file "$BATS_TEST_TMPDIR/pid" $IMAGE $ID sleep 600
	has_status RUNNING
	pid=$(pid_of $ID)
	[ "$pid" = "$(<"$BATS_TEST_TMPDIR/pid")" ]
	[ "$(tr '\0' ' ' <"/proc/$pid/cmdline")" = "sleep 600 " ]
	engine tasks kill --signal KILL $ID
	eventually has_status STOPPED
	run engine tasks delete $ID
	failed_with 0 "exit code 137"
	engine containers delete $ID
	nothing_left
}

@test "a container is created, and its task started later, by the runtime that is called runc" {
	engine containers create --runtime io.containerd.runc.v2 --snapshotter "$(snapshotter)" $IMAGE $ID echo started
	run engine tasks start --fifo-dir "$DIR/fifo" $ID
	gave 0 started
}

@test "a task can run again in its container" {
	detached $IMAGE $ID sh -c 'echo again >>/tmp/count; sleep 600'
	inside -- sh -c 'until [ -s /tmp/count ]; do sleep 0.1; done'
	engine tasks kill --signal KILL $ID
	eventually has_status STOPPED
	run engine tasks delete $ID
	engine tasks start --detach --fifo-dir "$DIR/fifo" $ID
	thrice prints 0 $'again\nagain' "" inside -- sh -c 'until [ "$(wc -l </tmp/count)" = 2 ]; do sleep 0.1; done; cat /tmp/count'
}

@test "kill sends the signal that is named, TERM without a name" {
	detached $IMAGE $ID sh -c 'trap "echo usr1 >/tmp/usr1" USR1; trap "exit 9" TERM; touch /tmp/ready
		while :; do sleep 0.1; done'
	eventually inside -- test -e /tmp/ready
	engine tasks kill --signal USR1 $ID
	eventually inside -- test -s /tmp/usr1
	engine tasks kill $ID
	eventually has_status STOPPED
	run engine tasks delete $ID
	failed_with 0 "exit code 9"
}

@test "kill --all reaches every process, also in another container's pid namespace" {
	detached $IMAGE $ID-first sleep 600
	detached --with-ns "pid:/proc/$(pid_of $ID-first)/ns/pid" $IMAGE $ID sh -c \
		'trap : TERM; sleep 601 & setsid sleep 602 & wait; sleep 600'
	eventually in_cgroup $ID "sleep 602"
	engine tasks kill --all $ID
	eventually not in_cgroup $ID "sleep 601"
	eventually not in_cgroup $ID "sleep 602"
	eventually in_cgroup $ID "sleep 600"
}

@test "pause stops the processes, resume lets them go on" {
	detached $IMAGE $ID sh -c 'while :; do echo x >>/tmp/count; sleep 0.05; done'
	eventually inside -- test -s /tmp/count
	engine tasks pause $ID
	has_status PAUSED
	run inside -- true
	failed_with 1 "paused"
	run engine tasks pause $ID
	[ "$status" = 1 ]
	engine tasks resume $ID
	has_status RUNNING
	run inside -- sh -c 'before=$(wc -l </tmp/count); until [ "$(wc -l </tmp/count)" -gt "$before" ]; do sleep 0.05; done'
	gave 0
}

@test "the processes are listed, and what they use is counted" {
	detached $IMAGE $ID sh -c 'sleep 601 & exec sleep 602'
	eventually in_cgroup $ID "sleep 601"
	run engine tasks ps $ID
	failed_with 0 "$(pid_of $ID)"
	[ "$(grep -c '^[0-9]' <<<"$output")" = 2 ]
	run engine tasks metrics --format json $ID
	[ "$status" = 0 ]
	[ "$(jq '.. | .pids? // empty | .current // empty' <<<"$output" | head -n 1)" = 2 ] || { echo "$output"; return 1; }
}

@test "the end of the first process is the end of all, also without a pid namespace" {
	own_config '.linux.namespaces |= map(select(.type != "pid")) |
		.process.args = ["/bin/sh", "-c", "setsid sleep 601 & setsid sleep 602 & wait"]'
	detached --config "$BATS_TEST_TMPDIR/own.json" $ID
	eventually in_cgroup $ID "sleep 602"
	engine tasks kill --signal KILL $ID
	eventually has_status STOPPED
	eventually not in_cgroup $ID "sleep 601"
	eventually not in_cgroup $ID "sleep 602"
}

@test "a task that has ended is not found by a signal" {
	detached $IMAGE $ID true
	eventually has_status STOPPED
	run engine tasks kill $ID
	failed_with 1 "not found"
}

@test "delete refuses a running task, unless it is forced" {
	detached $IMAGE $ID sleep 600
	run engine tasks delete $ID
	failed_with 1 "must be stopped"
	pid=$(pid_of $ID)
	engine tasks delete --force $ID
	[ ! -e "/proc/$pid" ]
	[ -z "$(status_of $ID)" ]
	engine containers delete $ID
	nothing_left
}

@test "the death of the shim leaves nothing that cannot be deleted" {
	detached $IMAGE $ID sleep 600
	pid=$(pid_of $ID)
	task=$DIR/state/io.containerd.runtime.v2.task/$MARK/$ID
	socket=$(cat "$task/address" 2>/dev/null || jq -r .address "$task/bootstrap.json") # the latter since containerd 2
	kill -KILL "$(pgrep -f "containerd-shim.* -namespace $MARK -id $ID( |\$)")"
	rm -f "${socket#unix://}"
	eventually test ! -e "/proc/$pid"
	forget_all
	nothing_left
}

@test "four containers at once" {
	for i in 1 2 3 4; do
		once $IMAGE $ID-$i echo $i >"$BATS_TEST_TMPDIR/$i" 3>&- &
	done
	wait
	[ "$(cat "$BATS_TEST_TMPDIR"/[1-4] | xargs)" = "1 2 3 4" ]
}

# --- exec -------------------------------------------------------------------------------------------------------------

@test "exec: output, exit code, user, directory" {
	detached $IMAGE $ID sleep 600
	thrice prints 42 out err inside -- sh -c 'echo out; echo err >&2; exit 42'
	thrice prints 0 $'1000\n/home' "" inside --user 1000 --cwd /home -- sh -c 'id -u; pwd'
}

@test "exec: in all the container's namespaces and cgroups" {
	detached $IMAGE $ID sleep 600
	look='{ ls -l /proc/$0/ns | sed "s/.*[0-9] \([a-z]* ->\)/\1/" | grep -v _for_ | tail -n +2; cat /proc/$0/cgroup
		grep -E "^(Cap|Seccomp:|NoNewPrivs)" /proc/$0/status; } >/tmp/$0'
	inside -- sh -c "$look" self
	inside -- sh -c "$look" 1
	inside -- grep NoNewPrivs /tmp/self
	inside -- cmp /tmp/self /tmp/1
}

@test "exec: a terminal" {
	detached $IMAGE $ID sleep 600
	thrice prints 5 $'/dev/pts/0\n33 77' "" on_terminal inside --tty -- sh -c \
		'tty; for i in 1 2 3 4 5 6; do [ "$(stty size 2>/dev/null)" = "33 77" ] && break; sleep 0.5; done; stty size; exit 5'
}

@test "exec: detached, and ended by a signal" {
	detached $IMAGE $ID sleep 600
	engine tasks exec --fifo-dir "$DIR/fifo" --exec-id second --detach $ID sh -c 'exec sleep 601'
	eventually in_cgroup $ID "sleep 601"
	engine tasks kill --exec-id second --signal KILL $ID
	eventually not in_cgroup $ID "sleep 601"
	has_status RUNNING
}

@test "exec: a command that is missing is named" {
	detached $IMAGE $ID sleep 600
	run inside -- nowhere
	failed_with 1 'executable file not found'
	run inside -- /etc/plain
	failed_with 1 'permission denied'
	has_status RUNNING
}

# --- limits and restrictions ------------------------------------------------------------------------------------------

@test "a memory limit is set and bites" {
	detached --memory-limit $((48 << 20)) $IMAGE $ID sleep 600
	[ "$(cgroup_value $ID memory memory.max memory.limit_in_bytes)" = $((48 << 20)) ]
	engine tasks delete --force $ID
	engine containers delete $ID
	run contain_once --memory-limit $((48 << 20)) $IMAGE $ID tail /dev/zero
	gave 137
}

@test "processors: a quota" {
	detached --cpus 0.5 --cpu-shares 512 $IMAGE $ID sleep 600
	if is_pure_v2_host; then
		[ "$(cgroup_value $ID cpu cpu.max -)" = "50000 100000" ]
	else
		[ "$(cgroup_value $ID cpu - cpu.cfs_quota_us)" = 50000 ]
		[ "$(cgroup_value $ID cpu - cpu.shares)" = 512 ]
	fi
}

@test "--read-only" {
	run once --read-only $IMAGE $ID touch /new
	failed_with 1 "Read-only file system"
}

@test "mounts: writable and read-only" {
	mkdir "$BATS_TEST_TMPDIR/v"
	echo host >"$BATS_TEST_TMPDIR/v/file"
	bind=type=bind,src=$BATS_TEST_TMPDIR/v,dst=/v,options=rbind
	run once --mount "$bind:rw" $IMAGE $ID sh -c 'cat /v/file; echo new >/v/file'
	gave 0 host
	[ "$(<"$BATS_TEST_TMPDIR/v/file")" = new ]
	run once --mount "$bind:ro" $IMAGE $ID sh -c 'cat /v/file; echo no >/v/file'
	failed_with 1 "Read-only file system"
	run once --mount type=tmpfs,src=tmpfs,dst=/scratch,options=nosuid:size=1m $IMAGE $ID grep /scratch /proc/mounts
	gave 0
	[[ $output == *nosuid*size=1024k* ]]
}

@test "a seccomp filter, no new privileges, capabilities" {
	run once --seccomp $IMAGE $ID grep -E 'Seccomp:|NoNewPrivs' /proc/self/status
	gave 0 $'NoNewPrivs:\t1\nSeccomp:\t2'
	run once --allow-new-privs --cap-drop CAP_CHOWN --cap-add CAP_SYS_TIME $IMAGE $ID \
		grep -E 'CapEff|NoNew|Seccomp:' /proc/self/status
	gave 0 $'CapEff:\t00000000aa0425fa\nNoNewPrivs:\t0\nSeccomp:\t0'
}

@test "a device" {
	[ -c /dev/fuse ] || skip "this host has no /dev/fuse"
	run once --device /dev/fuse $IMAGE $ID sh -c 'stat -c "%t %T" /dev/fuse; : <>/dev/fuse && echo opened'
	gave 0 $'a e5\nopened'
	run once --cap-add CAP_MKNOD $IMAGE $ID sh -c 'mknod /tmp/fuse c 10 229 && : <>/tmp/fuse'
	failed_with 1 "Operation not permitted"
}

@test "namespaces of another container, and of the host" {
	detached $IMAGE $ID-first sleep 600
	pid=$(pid_of $ID-first)
	run once --with-ns "network:/proc/$pid/ns/net" --with-ns "pid:/proc/$pid/ns/pid" --net-host $IMAGE $ID sh -c \
		'cat /proc/1/comm; readlink /proc/self/ns/pid'
	gave 0 $'sleep\n'"$(readlink "/proc/$pid/ns/pid")"
	run once --net-host $IMAGE $ID readlink /proc/self/ns/net
	gave 0 "$(readlink /proc/self/ns/net)"
	run once --with-ns "network:/proc/$pid/ns/net" $IMAGE $ID readlink /proc/self/ns/net
	gave 0 "$(readlink "/proc/$pid/ns/net")"
}

@test "a user namespace with maps" {
	run once --uidmap 0:100000:2000 --gidmap 0:200000:2000 $IMAGE $ID sh -c \
		'tr -s " " </proc/self/uid_map; tr -s " " </proc/self/gid_map; id -u; touch /tmp/new; stat -c "%u %g" /tmp/new'
	gave 0 $' 0 100000 2000\n 0 200000 2000\n0\n0 0'
}
