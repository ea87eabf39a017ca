# An ordinary user with subordinate ids builds, runs and moves images: conductor is root of a user namespace and nowhere else.
load harness

setup_file() {
	"$BATS_TEST_DIRNAME/../packages" uidmap passwd util-linux busybox-static jq attr procps || return 1
	DIR=$(mktemp -d) ORDINARY=ordinary$$
	export DIR ORDINARY
	chmod 711 "$DIR"
	install -m 755 "$CONDUCTOR" "$DIR/conductor"
	install -m 755 "$RUNTIME" "$DIR/boxcar"
	local name
	for name in "$ORDINARY" "${ORDINARY}b"; do # from 1000 on: these get subordinate ids
		useradd --create-home --home-dir "$DIR/$name" --shell /bin/sh "$name" || return 1
		chmod 711 "$DIR/$name"
	done
}

teardown_file() {
	userdel "${ORDINARY}b"
	userdel "$ORDINARY"
	rm -rf "$DIR"
}

setup() {
	CONDUCTOR=$DIR/conductor RUNTIME=$DIR/boxcar WORK=$DIR/$ORDINARY/$BATS_TEST_NUMBER STORE=$DIR/$ORDINARY/$BATS_TEST_NUMBER/store
	WITHIN=(as "$ORDINARY")
	mkdir "$WORK"
	cp /bin/busybox "$WORK"
	chown -R "$ORDINARY:" "$WORK"
	cd "$WORK" || return 1
	{
		printf '#!/bin/sh\nuser=$1; shift\n'
		printf 'exec runuser -u "$user" -- env -i HOME="%s/$user" PATH="$PATH" "$@"\n' "$DIR"
	} >"$BATS_TEST_TMPDIR/as"
	chmod 755 "$BATS_TEST_TMPDIR/as"
	WITHIN[0]=$BATS_TEST_TMPDIR/as
}

teardown() {
	local name left=0
	for name in "$STORE"/containers/*; do
		[ -d "$name" ] && c stop --force "${name##*/}" >/dev/null 2>&1
	done
	left_behind || left=1
	if grep -F " $DIR/" /proc/self/mountinfo; then left=1; fi
	if pgrep -a -r R,S,D,T -u "$ORDINARY"; then left=1; fi
	cd / && rm -rf "$WORK"
	return $left
}

image() {
	file <<-'END'
		RUN /bin/busybox --install -s /bin; mkdir /d /e /home; echo 1 >/d/a; echo 2 >/e/b; chown 5:6 /e; chmod 700 /e
		RUN rm -r /d; mkdir /d; echo 3 >/d/c; rm /e/b; echo 4 >/e/of-another; chown 7:8 /e/of-another
		CMD ["sh", "-c", "find /d /e | sort; id -u"]
	END
	works build img
}

shows_image() {
	[ "$(c run --rm "$1" shown </dev/null)" = $'/d\n/d/c\n/e\n/e/of-another\n0' ]
	[ "$(in_image "$1" stat -c %u:%g:%a /e)" = 5:6:700 ]
	[ "$(in_image "$1" stat -c %u:%g /e/of-another)" = 7:8 ]
}

@test "build: COPY, RUN, whiteouts, an opaque directory and files of other users; again from the cache" {
	image
	shows_image img
	works build img
	says "cached"
	[[ $output != *"done ("* ]]
	works inspect-layers --files img
	says "- /e/b"
	local opaque
	opaque=$(getfattr -R --absolute-names -n user.overlay.opaque "$STORE/layers" 2>/dev/null | grep -c '="y"')
	[ "$opaque" = 1 ]
}

@test "detached: exec, also as another user, logs, inspect, stop; two at once" {
	image
	works run -d --hostname other img web -- sh -c 'echo started; exec sleep 1000'
	works run -d -u 5:6 img web2 -- sleep 1000
	[ "$(c exec web hostname </dev/null)" = other ]
	[ "$(c exec web2 -- 'id -u' </dev/null)" = 5 ]
	[ "$(c exec -u 9 web -- 'id -u' </dev/null)" = 9 ]
	status=0
	c exec web -- sh -c 'exit 3' </dev/null || status=$?
	[ $status = 3 ]
	[ "$(c logs web)" = started ]
	works ps
	says "running"
	local pid
	pid=$(c inspect --pid web)
	[ "$(stat -c %U "/proc/$pid")" = "$ORDINARY" ]
	c inspect --namespaces web | grep -E '^user +[0-9]+ +own'
	fails rmi img
	says "conductor stop"
	works stop -t 0 web web2
	is_gone "$pid"
	works ps
	says "No containers found"
	works rmi img
	works gc
	works rmcache
	[ "$(layers)" = 0 ]
}

@test "export and import, a directory and an archive, both ways between root and the user" {
	image
	works export img layout
	works export img image.tar
	works import layout one
	works import image.tar two
	shows_image one
	shows_image two
	[ "$("$CONDUCTOR" --root "$BATS_TEST_TMPDIR/roots" --runtime "$RUNTIME" import layout three >&2 && "$CONDUCTOR" --runtime "$RUNTIME" \
		--root "$BATS_TEST_TMPDIR/roots" run --rm three x </dev/null)" = $'/d\n/d/c\n/e\n/e/of-another\n0' ]
	"$CONDUCTOR" --root "$BATS_TEST_TMPDIR/roots" export three theirs 3>&-
	[ "$(jq -r '.manifests[0].digest' theirs/index.json)" != null ]
	chown -R "$ORDINARY:" theirs
	works import theirs four
	shows_image four
}

@test "what needs root is refused by its name" {
	image
	works run -d img web -- sleep 1000
	fails addnetwork web -i
	says "a network needs root"
	fails peer web web
	says "a network needs root"
	fails mini -- true
	says "without root nothing may be mounted below the directory"
	[ "$(c run --rm img alone -- sh -c 'ls /sys/class/net' </dev/null)" = lo ]
	[ "$(c run --rm --net-host img host -- sh -c 'ls -d /sys/class/net' </dev/null)" = /sys/class/net ]
	local option
	for option in "--memory 50M" "--cpu 0.5" "--pids 20"; do
		# shellcheck disable=SC2086 # two words
		fails run $option --rm img limited -- true
		says "the limit needs a cgroup with the controller"
		[ ! -e "$STORE/containers/limited" ]
	done
}

@test "a failed RUN and a killed build leave nothing, and the next one succeeds" {
	file <<<'RUN /bin/busybox false'
	fails build img
	says "exit code 1"
	left_behind
	local step seconds=$((100000 + $$))
	printf 'USER 5:6\nRUN exec /bin/busybox sleep %d\n' "$seconds" | file
	"${WITHIN[@]}" "$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" build img >/dev/null 2>&1 3>&- &
	for step in $(seq 500); do
		if pgrep -r R,S -fx "/bin/busybox sleep $seconds" >/dev/null; then break; fi
		sleep 0.02
	done
	pgrep -r R,S -fx "/bin/busybox sleep $seconds"
	pkill -KILL -u "$ORDINARY" -x conductor
	wait || true
	works gc
	if pgrep -r R,S -fx "/bin/busybox sleep $seconds"; then return 1; fi
	left_behind
	image
	shows_image img
}

@test "a store of one's own by default, that nobody else reads" {
	image
	"${WITHIN[@]}" "$CONDUCTOR" --runtime "$RUNTIME" build img
	[ -d "$DIR/$ORDINARY/.local/share/conductor/layers" ]
	[ "$("${WITHIN[@]}" XDG_DATA_HOME="$WORK/data" "$CONDUCTOR" images)" = "No images found" ]
	[ -d "$WORK/data/conductor/layers" ]
	local name
	for name in layers images containers; do
		WITHIN=("${WITHIN[0]}" "${ORDINARY}b")
		run "${WITHIN[@]}" ls "$DIR/$ORDINARY/.local/share/conductor/$name"
		[ "$status" != 0 ]
	done
	fails images
	says "ermission denied"
	WITHIN=("${WITHIN[0]}" "$ORDINARY")
}

@test "without subordinate ids it says what is missing" {
	image
	unshare --mount --propagation private sh -c 'mount --bind /dev/null /etc/subuid && exec "$@"' sh \
		"${WITHIN[@]}" "$CONDUCTOR" --root "$STORE" images >"$BATS_TEST_TMPDIR/said" 2>&1 && return 1
	grep "/etc/subuid gives the user $ORDINARY no subordinate ids" "$BATS_TEST_TMPDIR/said"
	grep "usermod --add-subuids" "$BATS_TEST_TMPDIR/said"
}

@test "a bundle: a copy of the root, which the user's own runtime runs in a user namespace of the same ids" {
	image
	works bundle img ./b -- sh -c 'find /d /e; stat -c %u:%g:%a /e; id -u; hostname; echo x >/e/new'
	[ ! -e b/upper ]
	[ ! -e b/work ]
	[ "$(stat -c %U b/config.json)" = "$ORDINARY" ]
	works rmi img
	works rmcache
	[ "$(layers)" = 0 ]
	[ "$("${WITHIN[@]}" "$RUNTIME" --root "$WORK/rt" run --bundle b "b$$" </dev/null)" = $'/d\n/d/c\n/e\n/e/of-another\n5:6:700\n0\nimg' ]
	[ -n "$("${WITHIN[@]}" find b/rootfs -path b/rootfs/e)" ]
	"${WITHIN[@]}" unshare --map-root-user --map-auto rm -r b
}

@test "a heredoc with an interpreter, files of a stage by wildcards, .dockerignore, volumes" {
	mkdir src && echo 1 >src/a && echo 2 >src/b && echo b >.dockerignore && echo src/b >>.dockerignore && chown -R "$ORDINARY:" src
	{
		printf '# syntax=docker\nFROM scratch AS one\nCOPY busybox /bin/\nCOPY busybox /bin/sh\nSHELL ["/bin/sh", "-c"]\nCOPY --chown=5:6 src /src/\n'
		printf 'RUN <<EOF\n#!/bin/busybox sh\n/bin/busybox id -u >/script\nEOF\n'
		printf 'FROM one\nCOPY --from=one /s[cr]* /from/\nRUN /bin/busybox mkdir /data; /bin/busybox chown 7:8 /data\nVOLUME /data\n'
	} >Conductorfile
	works build img
	[ "$(c run --rm img look -- /bin/sh -c '/bin/busybox find /from | /bin/busybox sort; /bin/busybox stat -c %u:%g /data /from/a; echo x >/data/x' </dev/null)" = \
		$'/from\n/from/a\n/from/script\n7:8\n0:0' ]
}

@test "a base system by mmdebstrap, and a package on it" {
	"$BATS_TEST_DIRNAME/../packages" mmdebstrap
	printf 'FROM debian:bookworm\nRUN apt-get update\nRUN apt-get install -y --no-install-recommends make && stat -c %%U:%%G /etc/shadow >/owner\n' >Conductorfile
	status=0
	timeout 700 "${WITHIN[@]}" "$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" build img </dev/null >out 2>&1 3>&- || status=$?
	cat out
	[ $status = 0 ]
	[ "$(c run --rm img look -- bash -c 'cat /owner; make --version | head -n 1; id -u; ls /var/lib/apt/lists' </dev/null)" = \
		"$(printf 'root:shadow\nGNU Make 4.3\n0')" ]
}
