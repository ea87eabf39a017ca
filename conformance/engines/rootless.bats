# podman and buildah as an ordinary user with subordinate ids: the engine makes the user namespace (newuidmap, newgidmap), and the
# runtime is root in it and nowhere else.
load harness

setup_file() {
	engine_prepare podman buildah conmon golang-github-containers-common uidmap busybox-static jq procps util-linux passwd || return 1
	export ORDINARY=ordinary${MARK##*-}
	ORDINARY=${ORDINARY,,}
	useradd --create-home --home-dir "$DIR/home" --shell /bin/bash "$ORDINARY"
	mkdir "$DIR/run" "$DIR/home/work"
	install -m 755 "$RUNTIME" "$DIR/runtime"
	{
		printf '[containers]\ndefault_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]\nnetns = "none"\n'
		printf '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\nruntime = "under-test"\n'
		printf 'runtime_supports_json = ["under-test"]\n[engine.runtimes]\nunder-test = ["%s"]\n' "$DIR/runtime"
	} >"$DIR/home/containers.conf"
	echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$DIR/home/policy.json"
	image_tar && image_archive localhost/bb || return 1
	chmod 644 "$DIR/rootfs.tar" "$DIR/archive.tar" && chmod 700 "$DIR/run"
	chown -R "$ORDINARY:" "$DIR/home" "$DIR/run" "$DIR/tmp"
	podman import --change 'ENV PATH=/bin' --change 'CMD sh' "$DIR/rootfs.tar" localhost/bb
}

teardown_file() {
	forget_all
	# the process that keeps the user namespace
	pkill -KILL -u "$ORDINARY" || true
	eventually no_process_of_the_user
	engine_finish
	userdel "$ORDINARY"
}

no_process_of_the_user() {
	not pgrep -u "$ORDINARY" >/dev/null
}

setup() {
	NAME=c$BATS_TEST_NUMBER
	WORK=$DIR/home/work
}

teardown() {
	forget_all
	local found
	found=$(find "$DIR/run/runtime" -mindepth 1 -maxdepth 1 2>/dev/null || true)
	[ -z "$found" ] || {
		printf 'left behind:\n%s\n' "$found"
		return 1
	}
}

forget_all() {
	podman rm --all --force --time 0 >/dev/null 2>&1
}

# As that user, with an environment of its own.
as_user() {
	(cd "$DIR/home" && bounded runuser -u "$ORDINARY" -- env -i HOME="$DIR/home" XDG_RUNTIME_DIR="$DIR/run" PATH="$PATH" \
		CONTAINERS_CONF="$DIR/home/containers.conf" TERM=dumb PODMAN_IGNORE_CGROUPSV1_WARNING=1 TMPDIR="$DIR/tmp" "$@")
}

podman() {
	as_user podman --storage-driver vfs "$@"
}

buildah() {
	as_user buildah --storage-driver vfs "$@"
}

once() {
	podman run --rm "$@"
}

export -f as_user podman buildah once

detached() {
	ID=$(podman run --detach --name "$NAME" "$@")
	[ ${#ID} = 64 ]
}

@test "run prints what the command prints, with its exit code" {
	run once bb sh -c 'echo hello; exit 42'
	gave 42 hello
}

@test "root inside is the user outside, and the other ids are subordinate ones" {
	run once bb sh -c 'id -u; tr -s " " </proc/self/uid_map'
	gave 0 $'0\n 0 '"$(id -u "$ORDINARY")"$' 1\n 1 '"$(awk -F: -v u="$ORDINARY" '$1 == u { print $2 " " $3 }' /etc/subuid)"
}

@test "a user of the image's is a subordinate one" {
	detached --user user bb sleep 600
	first=$(awk -F: -v u="$ORDINARY" '$1 == u { print $2 }' /etc/subuid)
	[ "$(stat -c %u "/proc/$(podman inspect --format '{{.State.Pid}}' "$NAME")")" = $((first + 999)) ]
}

@test "groups" {
	run once --user user bb id
	gave 0 "uid=1000(user) gid=1001(user) groups=1001(user),1002(extra)"
}

@test "stdout and stderr stay apart, input arrives with its end" {
	run --separate-stderr once bb sh -c 'echo out; echo err >&2'
	gave 0 out
	[ "$stderr" = err ]
	[ "$(printf 'one\ntwo\n' | once --interactive bb cat)" = $'one\ntwo' ]
}

@test "a terminal" {
	run on_terminal once --tty --interactive bb sh -c 'test -t 0 && test -t 1 && tty'
	gave 0 /dev/pts/0
}

@test "a detached container, its logs, its end" {
	detached bb sh -c 'echo first; sleep 0.2; echo last; exit 3'
	[ "$(podman wait "$NAME")" = 3 ]
	run podman logs "$NAME"
	gave 0 $'first\nlast'
}

@test "stop, start, restart, kill" {
	detached bb sh -c 'trap "exit 7" TERM; touch /tmp/ready; while :; do sleep 0.1; done'
	eventually podman exec "$NAME" test -e /tmp/ready
	podman stop --time 10 "$NAME"
	[ "$(podman inspect --format '{{.State.ExitCode}}' "$NAME")" = 7 ]
	podman start "$NAME"
	podman restart --time 0 "$NAME"
	podman kill --signal KILL "$NAME"
	[ "$(podman wait "$NAME")" = 137 ]
}

@test "exec: output, user, exit code" {
	detached bb sleep 600
	run podman exec --user user "$NAME" sh -c 'id -u; exit 5'
	gave 5 1000
}

@test "exec: a terminal" {
	detached bb sleep 600
	run on_terminal podman exec --tty --interactive "$NAME" tty
	gave 0 /dev/pts/0
}

@test "exec: in all the container's namespaces" {
	detached bb sleep 600
	look='for n in ipc mnt net pid user uts; do readlink /proc/$0/ns/$n; done'
	[ "$(podman exec "$NAME" sh -c "$look" self)" = "$(podman exec "$NAME" sh -c "$look" 1)" ]
}

@test "a command that is missing gives 127, one that cannot be executed 126" {
	run -127 once bb nowhere
	failed_with 127 nowhere
	run once bb /etc/plain
	failed_with 126 "permission denied"
}

@test "volumes, with the user's own files" {
	as_user mkdir -p work/v
	as_user sh -c 'echo host >work/v/file'
	run once -v "$WORK/v:/v" bb sh -c 'cat /v/file; stat -c %u /v/file; echo new >/v/file'
	gave 0 $'host\n0'
	[ "$(<"$WORK/v/file")" = new ]
	run once -v "$WORK/v:/v:ro" bb touch /v/file
	failed_with 1 "Read-only file system"
}

@test "a file of root's is nobody's, and may not be written" {
	run once -v /etc/hostname:/h bb sh -c 'stat -c %u /h; echo x 2>/dev/null >/h || echo refused'
	gave 0 $'65534\nrefused'
}

@test "capabilities hold inside only" {
	run once bb sh -c 'mount -t tmpfs none /mnt 2>/dev/null || echo refused; chown 5 /tmp && echo mine'
	gave 0 $'refused\nmine'
	run once --cap-drop all bb grep CapEff /proc/self/status
	gave 0 $'CapEff:\t0000000000000000'
}

@test "--privileged is all that there is in the namespace" {
	run once --privileged bb sh -c 'mount -t tmpfs none /mnt && echo mounted; grep Seccomp: /proc/self/status'
	gave 0 $'mounted\nSeccomp:\t0'
}

@test "the seccomp filter, no new privileges, masked paths" {
	run once --security-opt no-new-privileges bb sh -c 'grep -E "NoNewPrivs|Seccomp:" /proc/self/status; wc -c </proc/timer_list'
	gave 0 $'NoNewPrivs:\t1\nSeccomp:\t2\n0'
}

@test "--read-only, tmpfs, /dev" {
	run once --read-only --tmpfs /scratch:size=1m bb sh -c 'touch /new 2>/dev/null || echo refused; touch /scratch/new && echo written
		for d in null zero full tty random urandom; do test -c /dev/$d || echo no $d; done; echo x >/dev/null; head -c 3 /dev/zero | wc -c'
	gave 0 $'refused\nwritten\n3'
}

@test "--userns keep-id: the user is the same inside" {
	run once --userns keep-id bb id -u
	gave 0 "$(id -u "$ORDINARY")"
}

@test "a user namespace of one's own, within the user's" {
	run once --uidmap 0:1:1000 --gidmap 0:1:1000 bb sh -c 'id -u; tr -s " " </proc/self/uid_map'
	gave 0 $'0\n 0 1 1000'
}

@test "limits that nobody may set are the engine's to leave out, and nothing fails" {
	run --separate-stderr once --memory 100m bb echo fine
	gave 0 fine
}

@test "host names, kernel parameters, limits of the process" {
	run once --hostname web --sysctl kernel.msgmax=4096 --ulimit nofile=512:1024 bb sh -c 'hostname; cat /proc/sys/kernel/msgmax; ulimit -n'
	gave 0 $'web\n4096\n512'
}

@test "a pod" {
	podman pod create --name "$NAME" --network none --infra-image localhost/bb --infra-command '/bin/sleep 600' --share uts,ipc,net
	run podman run --rm --pod "$NAME" bb hostname
	gave 0 "$NAME"
	podman pod rm --force --time 0 "$NAME"
}

@test "files are copied in and out" {
	detached bb sleep 600
	as_user sh -c 'echo copied >work/in'
	podman cp "$WORK/in" "$NAME:/tmp/file"
	[ "$(podman exec "$NAME" cat /tmp/file)" = copied ]
}

@test "buildah: a step, and a build" {
	printf 'FROM localhost/bb\nRUN echo built >/built && id -u >>/built\n' | as_user sh -c 'cat >work/Containerfile'
	buildah build --signature-policy "$DIR/home/policy.json" --runtime "$DIR/runtime" --isolation oci --network none \
		--ulimit nofile=1024:4096 --ulimit nproc=4096:4096 --tag built "$WORK"
	run once localhost/built cat /built
	gave 0 $'built\n0'
}

# step OPTION... -- COMMAND... in the working container
step() {
	buildah run --runtime "$DIR/runtime" --network none "$@"
}
export -f step

@test "buildah: steps in a working container, with either isolation" {
	working=$(buildah from --signature-policy "$DIR/home/policy.json" --pull-never --ulimit nofile=1024:4096 --ulimit nproc=4096:4096 localhost/bb)
	for isolation in rootless oci; do
		run --separate-stderr step --isolation $isolation "$working" -- sh -c 'echo out; echo err >&2; exit 9'
		gave 9 out
		[[ $stderr == err* ]]
		run --separate-stderr step --isolation $isolation --user user "$working" -- sh -c 'id -u; touch /new 2>/dev/null || echo refused'
		gave 0 $'1000\nrefused'
		as_user mkdir -p work/v
		run --separate-stderr step --isolation $isolation --volume "$WORK/v:/v" --env X=y --workingdir /etc "$working" -- \
			sh -c 'echo $X >/v/file; pwd; tr -s " " </proc/self/uid_map | head -n 1; grep NoNewPrivs: /proc/self/status; hostname >/dev/null'
		gave 0 $'/etc\n 0 '"$(id -u "$ORDINARY")"$' 1\nNoNewPrivs:\t0'
		[ "$(<"$WORK/v/file")" = y ] && [ "$(stat -c %U "$WORK/v/file")" = "$ORDINARY" ]
	done
	run step --isolation oci "$working" -- nowhere
	[ "$status" != 0 ]
	[[ $output == *nowhere* ]]
	run on_terminal buildah run --runtime "$DIR/runtime" --network none --isolation oci --tty "$working" tty
	gave 0 /dev/pts/0
	step --isolation oci "$working" -- sh -c 'echo kept >/kept; chown 5:6 /kept'
	buildah commit --signature-policy "$DIR/home/policy.json" --quiet --rm "$working" localhost/kept
	run once localhost/kept sh -c 'cat /kept; stat -c %u:%g /kept'
	gave 0 $'kept\n5:6'
}

@test "boxcar alone, with nothing but a single id" {
	as_user sh -c 'cd work && rm -rf b && mkdir -p b/rootfs/bin && cp /bin/busybox b/rootfs/bin/sh && '"$DIR"'/runtime spec --rootless --bundle b'
	as_user sh -c 'cd work/b && sed -i "s/\"terminal\": true/\"terminal\": false/; s/\"sh\"/\"sh\", \"-c\", \"echo alone\"/" config.json'
	run as_user "$DIR/runtime" run --bundle "$WORK/b" "$NAME"
	gave 0 alone
}

@test "boxcar alone, inside podman's user namespace" {
	as_user sh -c 'cd work && rm -rf b && mkdir -p b/rootfs/bin && cp /bin/busybox b/rootfs/bin/sh'
	cat >"$WORK/script" <<-'END'
		cd work/b && "$1" spec --rootless && sed -i 's/"terminal": true/"terminal": false/; s/"sh"/"sh", "-c", "echo alone"/' config.json
		"$1" run "$2" </dev/null && "$1" run --detach "$2" </dev/null >/dev/null 2>&1 && "$1" delete --force "$2"
		jq 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(select(.type != "user")) | .process.user.additionalGids = [7]' \
			config.json >outer.json && "$1" run --config outer.json "$2" </dev/null
	END
	run as_user podman --storage-driver vfs unshare sh work/script "$DIR/runtime" "$NAME"
	[ "$status" = 0 ] && [ "$(grep -c alone <<<"$output")" = 2 ] || { echo "$output"; return 1; }
}
