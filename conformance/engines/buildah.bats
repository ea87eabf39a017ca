# buildah, which supervises the runtime itself: create, start, state every tenth of a second, kill and delete, from the bundle's
# directory, without --root or --log, with descriptors open that are none of the container's.
load harness

setup_file() {
	engine_prepare buildah busybox-static jq procps golang-github-containers-common || return 1
	export CONTAINERS_CONF=$DIR/containers.conf CONTAINERS_STORAGE_CONF=$DIR/storage.conf XDG_CONFIG_HOME=$DIR
	printf '[containers]\ndefault_ulimits = ["nofile=1024:4096"]\n[engine]\ncgroup_manager = "cgroupfs"\n' >"$CONTAINERS_CONF"
	printf '[storage]\ndriver = "%s"\ngraphroot = "%s"\nrunroot = "%s"\n' "$(driver)" "$DIR/root" "$DIR/run" >"$CONTAINERS_STORAGE_CONF"
	echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$DIR/policy.json"
	image_tar && image_archive localhost/bb || return 1
	# the name that buildah runs the container by goes to the runtime's default root
	find "/run/${RUNTIME##*/}" -mindepth 1 -maxdepth 1 2>/dev/null | sort >"$DIR/states-before"
	bounded buildah --signature-policy "$DIR/policy.json" pull "oci-archive:$DIR/archive.tar"
	export IMAGE
	IMAGE=$(bounded buildah images --quiet | head -n 1)
}

driver() {
	if is_on_overlay; then echo vfs; else echo overlay; fi
}

teardown_file() {
	bounded buildah rm --all >/dev/null
	engine_finish
}

setup() {
	C=$(bounded buildah from --ulimit nofile=1024:4096 --ulimit nproc=4096:4096 --signature-policy "$DIR/policy.json" --cgroup-parent "/$MARK" "$IMAGE")
	export C
}

teardown() {
	bounded buildah rm --all >/dev/null
	local found
	found=$(cgroups_left '*'; find "/run/${RUNTIME##*/}" -mindepth 1 -maxdepth 1 2>/dev/null | sort | comm -13 "$DIR/states-before" -
		awk -v at="$DIR/root/" 'index($5, at) == 1 && $5 ~ /merged/ { print "mount " $5 }' /proc/self/mountinfo)
	[ -z "$found" ] || {
		printf 'left behind:\n%s\n' "$found"
		return 1
	}
}

# A command in the working container: step [OPTION...] -- COMMAND...
step() {
	local options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	bounded buildah run --runtime "$RUNTIME" --isolation oci --network none "${options[@]}" "$C" -- "$@"
}

export -f step

build() {
	bounded buildah build --runtime "$RUNTIME" --isolation oci --network none --signature-policy "$DIR/policy.json" \
		--ulimit nofile=1024:4096 --ulimit nproc=4096:4096 --cgroup-parent "/$MARK" "$@"
}

@test "a step prints what its command prints" {
	run step -- echo hello there
	gave 0 "hello there"
}

@test "a step's exit code" {
	run step -- sh -c 'exit 42'
	failed_with 42 ""
}

@test "stdout and stderr stay apart, input arrives with its end" {
	run --separate-stderr step -- sh -c 'echo out; echo err >&2'
	gave 0 out
	[[ $stderr == *err* ]]
	[ "$(printf 'one\ntwo\n' | step -- cat)" = $'one\ntwo' ]
}

@test "a terminal" {
	run on_terminal step --terminal -- sh -c 'test -t 0 && test -t 1 && tty'
	gave 0 /dev/pts/0
}

@test "steps follow each other in one root" {
	step -- sh -c 'echo one >/file'
	run step -- cat /file
	gave 0 one
}

@test "user, environment, directory, host name" {
	bounded buildah config --env A=1 --user user --workingdir /home/user "$C"
	run step --hostname web -- sh -c 'echo $A; id -u; pwd; hostname'
	gave 0 $'1\n1000\n/home/user\nweb'
}

@test "a volume, writable and read-only" {
	mkdir "$BATS_TEST_TMPDIR/v" && echo host >"$BATS_TEST_TMPDIR/v/file"
	run step --volume "$BATS_TEST_TMPDIR/v:/v" -- sh -c 'cat /v/file; echo new >/v/file'
	gave 0 host
	[ "$(<"$BATS_TEST_TMPDIR/v/file")" = new ]
	run step --volume "$BATS_TEST_TMPDIR/v:/v:ro" -- touch /v/file
	failed_with 1 "Read-only file system"
}

@test "capabilities and the seccomp filter" {
	run step --cap-drop all -- grep -E 'CapEff|Seccomp:' /proc/self/status
	gave 0 $'CapEff:\t0000000000000000\nSeccomp:\t2'
}

@test "descriptors of buildah's do not reach the command" {
	run step -- sh -c 'ls /proc/self/fd | tr "\n" " "'
	gave 0 "0 1 2 3 " # 3 is the directory that ls reads
}

@test "a command that is missing is named" {
	run step -- nowhere
	[[ $status != 0 && $output == *nowhere* ]]
}

@test "a build: RUN, USER, ENV, COPY, and the image of it" {
	mkdir "$BATS_TEST_TMPDIR/b" && cd "$BATS_TEST_TMPDIR/b" && echo copied >file
	printf 'FROM %s\nENV A=1\nCOPY file /file\nRUN echo "$A" >/made && cat /file >>/made\nUSER user\nRUN id -u >/tmp/user\n' \
		"$IMAGE" >Containerfile
	build --tag built .
	C=$(bounded buildah from --ulimit nofile=1024:4096 --ulimit nproc=4096:4096 --signature-policy "$DIR/policy.json" --cgroup-parent "/$MARK" localhost/built)
	run step -- cat /made /tmp/user
	gave 0 $'1\ncopied\n1000'
}

@test "a build whose command fails, fails" {
	printf 'FROM %s\nRUN exit 7\n' "$IMAGE" >"$BATS_TEST_TMPDIR/Containerfile"
	run build -f "$BATS_TEST_TMPDIR/Containerfile" "$BATS_TEST_TMPDIR"
	failed_with 7 "exit 7"
}

@test "a build with several stages, and a mount of a step's own" {
	printf 'FROM %s AS one\nRUN echo one >/one\nFROM %s\nCOPY --from=one /one /two\nRUN --mount=type=tmpfs,target=/t touch /t/x && cat /two\n' \
		"$IMAGE" "$IMAGE" >"$BATS_TEST_TMPDIR/Containerfile"
	run build -f "$BATS_TEST_TMPDIR/Containerfile" "$BATS_TEST_TMPDIR"
	[[ $status = 0 && $output == *one* ]]
}
