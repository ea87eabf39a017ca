# A build killed before every single one of its system calls: no half layer, no mount, no lost lock, and the next build succeeds.
load harness

stepper=$BATS_TEST_DIRNAME/../../$BUILD/conformance/stepper

# Killed at call N: struck N IMAGE
struck() {
	: >where
	"$stepper" -n "$1" -k main -t 60 -o where -- "$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" build "$2" </dev/null >out 2>&1 3>&- || true
	grep -q 'struck=1' where
}

# What lies in the store is whole, and nothing is mounted.
is_whole() {
	if grep -F " $STORE/" /proc/self/mountinfo; then return 1; fi
	is_whole_store
}

is_whole_store() {
	local layer
	for layer in "$STORE"/layers/*; do
		[ ! -e "$layer" ] || { [ -s "$layer/meta.json" ] && [ -d "$layer/diff" ] && jq -e .key "$layer/meta.json" >/dev/null; } || return 1
	done
}

calls() {
	"$stepper" -c -t 60 -o counted -- "$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" build "$1" </dev/null >/dev/null 2>&1 3>&-
	tail -n 1 counted
}

@test "the store's writer, at every system call of a COPY into an empty store" {
	mkdir -p many/sub && for i in 1 2 3; do echo $i >many/$i; done
	ln -s 1 many/link && ln many/1 many/sub/hard
	printf 'FROM scratch\nCOPY many /many\n' >Conductorfile
	total=$(calls img)
	rm -r "$STORE"
	[ "$total" -gt 100 ]
	killed=0
	for ((n = 1; n <= total; n++)); do
		if struck $n img; then killed=$((killed + 1)); fi
		[ ! -d "$STORE" ] || is_whole || { echo "after call $n of $total"; cat where; false; }
		c build img </dev/null >out 2>&1 || { echo "the build after one killed at call $n of $total:"; cat where out; false; }
		left_behind || { cat where; false; }
		[ "$(layers)" = 1 ]
		[ "$(<"$STORE"/layers/*/diff/many/sub/hard)" = 1 ]
		[ -L "$(echo "$STORE"/layers/*/diff/many/link)" ]
		[ "$(ls "$STORE"/layers/*/diff/many | wc -l)" = 5 ]
		rm -r "$STORE"
	done
	[ "$killed" -gt $((total * 9 / 10)) ]
}

@test "a whole build with a RUN, at a part of its system calls" {
	printf 'COPY Conductorfile /f\nRUN echo end >/last\n' | file
	total=$(calls img)
	for ((n = 7; n <= total; n += 23)); do
		rm -rf "$STORE"
		struck $n img || true
		[ ! -d "$STORE" ] || is_whole || { echo "after call $n of $total"; cat where; false; }
		works build img
		left_behind
		[ "$(in_image img '/bin/busybox cat /last')" = end ]
	done
}

@test "run, killed at a part of its system calls: gc and stop leave nothing, and the name is free" {
	printf 'RUN /bin/busybox --install -s /bin\n' | file
	works build img
	run_web=("$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" run -d img web -- sleep 1000)
	"$stepper" -c -t 60 -o counted -- "${run_web[@]}" </dev/null >/dev/null 2>&1 3>&-
	total=$(tail -n 1 counted)
	works stop -f web
	for ((n = 5; n <= total; n += 37)); do
		: >where
		"$stepper" -n $n -k main -t 60 -o where -- "${run_web[@]}" </dev/null >out 2>&1 3>&- || true
		works gc
		[ ! -e "$STORE/containers/web" ] || works stop -f web
		left_behind
		[ -z "$(ls "$STORE/containers" "$STORE/runtime" | grep -v -e : -e '^$')" ] || { echo "after call $n of $total"; cat where; false; }
		works run -d img web -- sleep 1000
		works stop -f web
	done
}

@test "killed at every step" {
	mkdir one two && echo 1 >one/f && echo 2 >two/f
	printf 'COPY one /one\nRUN /bin/busybox sleep 0.4; echo a >/a\nCOPY two /two\nRUN /bin/busybox sleep 0.4; echo end >/last\nENV A=1\n' | file
	for step in 5 7; do # [N/8] is said when a RUN begins
		rm -rf "$STORE"
		"$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" build img </dev/null >out 2>&1 3>&- &
		pid=$!
		for i in {1..200}; do grep -q "^\[$((step + 1))/" out && break; sleep 0.02; done
		sleep 0.1
		kill -KILL $pid
		wait $pid || true
		is_whole
		works build img
		says "COPY one /one: cached" # what was done is kept
		left_behind
		[ "$(in_image img '/bin/busybox cat /last')" = end ]
	done
	for ended in "COPY busybox /bin/:" "COPY busybox /bin/sh:" "COPY one /one:" "COPY two /two:"; do
		rm -rf "$STORE"
		"$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" build img </dev/null >out 2>&1 3>&- &
		pid=$!
		for i in {1..400}; do grep -qF "$ended" out && break; sleep 0.01; done
		kill -KILL $pid
		wait $pid || true
		is_whole
		works build img
		left_behind
	done
}

@test "full disk at a RUN and at a COPY of many files; with room again the build succeeds" {
	mkdir small many && mount -t tmpfs -o size=12m x small
	STORE=$PWD/small/store
	for i in {1..40}; do head -c 300000 /dev/zero >many/$i; done
	nothing_left() { [ -z "$(ls "$STORE/tmp" "$STORE/locks" | grep -v -e : -e '^$')" ]; }
	whole() { is_whole_store && nothing_left; }
	failed=0
	printf 'RUN /bin/busybox head -c 20000000 /dev/zero >/large\n' | file
	fails build img && whole || failed=1
	printf 'COPY many /many\n' | file
	fails build img && says "no space left on device" && whole || failed=2
	mount -o remount,size=60m small
	works build img && whole || failed=3
	umount small
	STORE=$BATS_TEST_TMPDIR/store
	[ $failed = 0 ]
}
