# The course's scenario 2: what a container cannot see, and what it cannot take; `mini`, a container made of nothing.
load harness

image() {
	printf 'RUN /bin/busybox --install -s /bin\n' | file
	works build img
}

@test "files, processes, host name and network are the container's own" {
	image
	works run -d --hostname inside img web -- sleep 1000
	[ "$(c exec web hostname </dev/null)" = inside ]
	c exec --user 0 web -- sh -c 'hostname other' </dev/null || true # it may not; and if it may, it is its own
	[ "$(hostname)" != inside ]
	[ "$(hostname)" != other ]
	[ "$(c exec web 'ps -o pid,comm' </dev/null | awk 'NR > 1 { print $1 }' | sort -n | head -n 1)" = 1 ]
	[ "$(c exec web 'ps -o comm' </dev/null | grep -c -v -e COMMAND -e sleep -e ps -e sh)" = 0 ]
	[ "$(c exec web 'ip -o link' </dev/null | wc -l)" = 1 ]
	c exec web -- ping -c 1 127.0.0.1 </dev/null
	if c exec web -- ls "$BATS_TEST_TMPDIR" </dev/null; then false; fi
	c exec web -- sh -c 'echo inside >/tmp-file; rm -rf /bin/false' </dev/null
	[ ! -e /tmp-file ]
	[ -e /bin/false ]
	if c exec web kill -9 $$ </dev/null; then false; fi
}

@test "a part of a processor: its limit is told, and throttling counted" {
	image
	works run -d --cpu 0.5 img half -- sleep 1000
	[ "$(c stats --json --count 1 half </dev/null | jq '.cpu.quota_us / .cpu.period_us')" = 0.5 ]
	# a busy machine may not give half a processor, but a twentieth
	works run -d --cpu 0.05 img busy -- sh -c 'while :; do :; done'
	for i in {1..100}; do
		throttled=$(c stats --json --count 1 busy </dev/null | jq '.cpu.throttled_periods')
		[ "$throttled" -lt 3 ] || break
		sleep 0.1
	done
	[ "$throttled" -ge 3 ]
}

@test "who takes more memory than its limit is killed, and counted" {
	image
	works run -d --memory 20M img hog -- sh -c 'sleep 1000 & exec sleep 1000'
	status=0
	c exec hog -- sh -c 'x=$(head -c 100000000 /dev/zero | tr "\0" x); echo survived' </dev/null >said 2>&1 || status=$?
	[ $status != 0 ]
	if grep survived said; then false; fi
	[ "$(c stats --json --count 1 hog </dev/null | jq '.memory.oom_kills > 0')" = true ]
}

@test "a limit of memory is one of swap, too, where there is some" {
	image
	printf 'Filename\tType\tSize\tUsed\tPriority\n' >none
	{ cat none; printf '/swap\tfile\t1\t0\t-2\n'; } >some
	export CONDUCTOR STORE RUNTIME
	for swaps in none some; do
		unshare -m --propagation private bash -e -c 'mount --bind $0 /proc/swaps; "$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" \
			run --rm --memory 20M img x -- true
			"$CONDUCTOR" --root "$STORE" bundle --memory 20M img b-$0' $swaps </dev/null 3>&-
	done
	jq -e '.linux.resources.memory == {"limit": 20971520}' b-none/config.json
	jq -e '.linux.resources.memory == {"limit": 20971520, "swap": 20971520}' b-some/config.json
}

@test "a fork bomb is stopped" {
	image
	works run -d --pids 20 img bomb -- sleep 1000
	c exec bomb -- sh -c 'while :; do sleep 1000 & done' </dev/null >said 2>&1 || true
	grep -i "can't fork" said
	[ "$(c stats --json --count 1 bomb </dev/null | jq '.pids.count <= 20 and .pids.limit_hits > 0')" = true ]
	works stop --force bomb
}

@test "two processes in one namespace" {
	image
	works run -d img one -- sleep 1000
	c exec one -- sh -c 'sleep 999 & echo $! >/pid; wait' </dev/null >/dev/null 2>&1 &
	for i in {1..50}; do [ "$(c exec one 'ps -o args' </dev/null | grep -c '^sleep')" = 2 ] && break; sleep 0.1; done
	[ "$(c exec one 'ps -o args' </dev/null | grep -c '^sleep')" = 2 ]
	c inspect --namespaces one | grep -E '^pid +[0-9]+ +own +[1-9]'
}

@test "mini: the host's root, copy on write; limits; its own network or the host's" {
	[ "$(c mini -- sh -c 'echo $$' </dev/null)" = 1 ]
	c mini -- sh -c 'echo x >/etc/conductor-mini-test; rm -f /bin/busybox' </dev/null
	[ ! -e /etc/conductor-mini-test ]
	[ -e /bin/busybox ]
	[ "$(c mini --net-isolate ls /sys/class/net </dev/null)" = lo ]
	[ "$(c mini ls /sys/class/net </dev/null)" = "$(ls /sys/class/net)" ]
	status=0
	c mini -- sh -c 'exit 7' </dev/null || status=$?
	[ $status = 7 ]
	mkdir -p root/bin && cp busybox root/bin/ && ln -s busybox root/bin/sh
	[ "$(c mini --memory 100M --cpu 0.5 --rootfs root -- /bin/sh -c 'echo y >/new; /bin/busybox ls /' </dev/null | grep -c new)" = 1 ]
	[ ! -e root/new ]
	fails mini --memory x true
	fails mini --rootfs /no/such true
	fails mini -- /no/such
	[ -z "$(ls "$STORE/containers")" ]
}
