# What conductor's tests share. Black box: its command line, its exit codes, and what lies in the store. Images are made from
# scratch with busybox; only base.bats needs a mirror. CONDUCTOR and RUNTIME choose the programs.

: "${BUILD:=build}"
CONDUCTOR=$(realpath "${CONDUCTOR:-$BATS_TEST_DIRNAME/../../$BUILD/conductor}")
RUNTIME=$(realpath "${RUNTIME:-$BATS_TEST_DIRNAME/../../$BUILD/boxcar}")

setup() {
	STORE=$BATS_TEST_TMPDIR/store
	mkdir "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work" || return 1
	cp /bin/busybox .
}

teardown() {
	local name left=0
	for name in "$STORE"/containers/*; do
		[ -d "$name" ] && c stop --force "${name##*/}" >/dev/null 2>&1
	done
	left_behind || left=1
	while read -r mount; do # never walk into a mount when the directory is removed
		umount -l "$mount"
	done < <(awk -v at="$BATS_TEST_TMPDIR/" 'index($5, at) == 1 { print $5 }' /proc/self/mountinfo | sort -r)
	return $left
}

# WITHIN: what conductor is to be run by, such as a program that puts it into a network namespace.
WITHIN=()

c() {
	"${WITHIN[@]}" "$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" "$@" 3>&-
}

# The Conductorfile from stdin, behind lines that give it busybox and its shell.
file() {
	{ printf 'FROM scratch\nCOPY busybox /bin/\nCOPY busybox /bin/sh\nSHELL ["/bin/sh", "-c"]\n'; cat; } >Conductorfile
}

# What is still there of the test's mounts, cgroups, locks and scratch directories.
left_behind() {
	local left=0
	if grep -F " $BATS_TEST_TMPDIR/" /proc/self/mountinfo; then left=1; fi
	if [ -d "$STORE/tmp" ] && ls -A "$STORE/tmp" "$STORE/locks" | grep -v -e : -e '^$'; then left=1; fi
	local tag
	tag=$(printf '%s\0' "$STORE" | sha256sum | cut -c1-8)
	if find /sys/fs/cgroup -maxdepth 3 -name "*conductor*$tag*" | grep .; then left=1; fi
	[ $left = 0 ] || echo "the above was left behind"
	return $left
}

# As bats' `run`, with a bound, and no pipe that a detached container would hold.
try() {
	status=0
	timeout 60 "${WITHIN[@]}" "$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" "$@" </dev/null >"$BATS_TEST_TMPDIR/tried" 2>&1 3>&- || status=$?
	output=$(<"$BATS_TEST_TMPDIR/tried")
	echo "$output"
}

works() {
	try "$@"
	[ "$status" = 0 ]
}

fails() {
	try "$@"
	[ "$status" != 0 ] && [ "$status" != 124 ]
}

says() {
	[[ $output == *"$1"* ]] || { echo "does not say: $1"; return 1; }
}

# A file of an image, from a container that shows it: in_image IMAGE COMMAND...
in_image() {
	c run --rm "$1" "look$RANDOM" -- "${@:2}" </dev/null
}

# A process is gone, or dead and waiting for its parent to notice.
is_gone() {
	! grep -q '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status" 2>/dev/null
}

layers() {
	ls "$STORE/layers" | wc -l
}
