# Builds that are killed or interrupted: no half layer, no mount, no lost lock, and the next build succeeds.
load harness

# The next build succeeds, and nothing of the killed one is left.
recovers() {
	works build img
	[ "$(in_image img '/bin/busybox cat /last')" = end ]
	left_behind
	for layer in "$STORE"/layers/*; do
		[ -s "$layer/meta.json" ] && [ -d "$layer/diff" ]
	done
}

@test "killed at many moments" {
	mkdir many && for i in {1..200}; do echo $i >many/$i; done
	printf 'COPY many /many\nRUN /bin/busybox sleep 0.1; echo 1 >/one\nCOPY many /again\nRUN echo end >/last\n' | file
	for delay in 0.002 0.01 0.02 0.03 0.05 0.08 0.1 0.15 0.2 0.25 0.3; do
		"$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" build img </dev/null >out 2>&1 3>&- &
		pid=$!
		sleep $delay
		kill -KILL $pid 2>/dev/null || true
		wait $pid || true
		if grep -F " $STORE/" /proc/self/mountinfo; then false; fi
	done
	recovers
}

@test "killed during RUN: the command ends too, and the next build cleans up" {
	printf 'RUN /bin/busybox sleep 300; echo end >/last\n' | file
	"$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" build img </dev/null >out 2>&1 3>&- &
	pid=$!
	for i in {1..100}; do ls "$STORE"/runtime/build-* >/dev/null 2>&1 && break; sleep 0.05; done
	sleep 0.3
	kill -KILL $pid
	wait $pid || true
	if grep -F " $STORE/" /proc/self/mountinfo; then false; fi
	works gc
	left_behind
	[ -z "$(ls "$STORE/runtime")" ]
	printf 'RUN echo end >/last\n' | file
	recovers
}

@test "interrupted: it ends at once, with 128 + the signal, and leaves nothing" {
	printf 'RUN /bin/busybox sleep 300\n' | file
	for signal in TERM INT; do
		# a shell's background jobs ignore SIGINT
		python3 -c 'import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])' \
			"$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" build img </dev/null >out 2>&1 3>&- &
		pid=$!
		for i in {1..100}; do ls "$STORE"/runtime/build-* >/dev/null 2>&1 && break; sleep 0.05; done
		sleep 0.3
		kill -$signal $pid
		status=0
		wait $pid || status=$?
		cat out
		[ $status = $((128 + $(kill -l $signal))) ]
		grep "interrupted by signal SIG$signal" out
		left_behind
		[ -z "$(ls "$STORE/runtime")" ]
	done
}

@test "killed at system calls of a COPY" {
	mkdir many && for i in {1..10}; do echo $i >many/$i; done
	printf 'COPY many /many\n' | file
	works build warm # busybox's layers
	rm -r "$STORE/images/warm.json"
	works rmcache
	killed=0
	for call in mkdirat openat write fsync syncfs renameat2 fsmount unlinkat fchownat; do
		for when in 1 4; do
			status=0
			strace -f -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when=$when \
				"$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" build img </dev/null >out 2>&1 3>&- || status=$?
			[ $status = 0 ] || killed=$((killed + 1))
			if grep -F " $STORE/" /proc/self/mountinfo; then false; fi
			works build img
			left_behind
			rm -f "$STORE/images/img.json"
			works rmcache
			[ "$(layers)" = 0 ]
		done
	done
	[ $killed -ge 14 ]
}

@test "a full disk is an error, and leaves nothing" {
	mkdir small && mount -t tmpfs -o size=3m x small
	STORE=$PWD/small/store
	head -c 4000000 /dev/urandom >large
	printf 'FROM scratch\nCOPY large /\n' >Conductorfile
	fails build img
	says "no space left on device"
	[ "$(layers)" = 0 ]
	left=0
	[ -z "$(ls "$STORE/tmp" "$STORE/locks" | grep -v -e : -e '^$')" ] || left=1
	umount small
	STORE=$BATS_TEST_TMPDIR/store
	[ $left = 0 ]
}
