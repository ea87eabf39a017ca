# Containers: run, exec, ps, stop, logs, inspect, bundle.
load harness

image() {
	printf 'CMD ["/bin/busybox", "echo", "by", "default"]\nRUN /bin/busybox --install -s /bin\n' | file
	works build img
}

@test "the foreground: output, input, exit code; the name is kept until stop" {
	image
	[ "$(c run img one </dev/null)" = "by default" ]
	works ps
	says "one "
	says "stopped"
	fails run img one
	says "there is a container one already"
	works stop one
	says "one succesfully removed"
	works ps
	says "No containers found"
	[ "$(echo text | c run --rm img two cat)" = text ]
	status=0
	c run --rm img three -- sh -c 'exit 42' </dev/null || status=$?
	[ $status = 42 ]
	[ -z "$(ls "$STORE/containers")" ]
}

@test "a command as words, as one text, after -- or without" {
	image
	[ "$(c run --rm img x -- echo 'a  b' c </dev/null)" = "a  b c" ]
	[ "$(c run --rm img x echo -n d </dev/null)" = d ]
	[ "$(c run --rm img x 'echo e   f' </dev/null)" = "e f" ]
	[ "$(c run --rm img x 'echo g; echo h' </dev/null)" = $'g\nh' ]
}

@test "detached: exec, logs, inspect, stop" {
	image
	works run -d -e A=1 --hostname other img web -- sh -c 'echo started; exec sleep 1000'
	works ps
	says "running"
	[ "$(c exec web hostname </dev/null)" = other ]
	[ "$(c exec web -- 'echo $A' </dev/null)" = 1 ]
	[ "$(c exec -e B=2 web -- sh -c 'echo $B' </dev/null)" = 2 ]
	status=0
	c exec web false </dev/null || status=$?
	[ $status = 1 ]
	[ "$(c logs web)" = started ]
	pid=$(c inspect --pid web)
	[ "$(tr '\0' ' ' <"/proc/$pid/cmdline")" = "sleep 1000 " ]
	[ "$(c inspect web | jq -r .status)" = running ]
	c inspect --namespaces web | grep -E '^pid +[0-9]+ +own'
	c inspect --namespaces web | grep -E '^user +[0-9]+ +host'
	[ "$(c exec web ps </dev/null | grep -c sleep)" = 1 ]
	works stop web
	is_gone "$pid"
	fails inspect web
	left_behind
}

@test "stop asks first, and does not wait for who does not listen" {
	image
	works run -d img polite -- sh -c 'trap "echo bye; exit" TERM; echo ready; while :; do sleep 0.1; done'
	for i in {1..50}; do [ "$(c logs polite)" = ready ] && break; sleep 0.1; done
	c logs -f polite >followed 3>&- &
	sleep 0.3
	works stop polite
	wait
	[ "$(<followed)" = $'ready\nbye' ]
	works run -d img deaf -- sleep 1000
	began=$SECONDS
	works stop deaf
	[ $((SECONDS - began)) -lt 5 ]
}

@test "what a container writes is its own" {
	image
	works run -d img a -- sleep 1000
	c exec a -- sh -c 'echo changed >/new; rm /bin/sh' </dev/null
	[ -e "$STORE/containers/a/merged/new" ]
	[ ! -e "$STORE/containers/a/rootfs/bin/sh" ]
	[ "$(in_image img 'ls /bin/sh')" = /bin/sh ]
	echo from-host >"$STORE/containers/a/merged/file"
	[ "$(c exec a cat /file </dev/null)" = from-host ]
	works stop a
}

@test "limits, volumes, user, network" {
	image
	mkdir shared && echo x >shared/f
	works run -d --memory 50M --cpu 0.5 --pids 20 -v ./shared:/s -v "$PWD/shared:/ro:ro" img lim -- sleep 1000
	jq -e '.linux.resources | .memory.limit == 52428800 and .cpu.quota == 50000 and .pids.limit == 20' "$STORE/containers/lim/config.json"
	c exec lim -- sh -c 'echo y >/s/g' </dev/null
	[ "$(<shared/g)" = y ]
	if c exec lim -- sh -c 'echo z >/ro/g' </dev/null; then false; fi
	[ "$(c exec lim -- sh -c 'ls /sys/class/net' </dev/null)" = lo ]
	works stop lim
	[ "$(c run --rm --net-host img h 'ls /sys/class/net' </dev/null)" = "$(ls /sys/class/net)" ]
	[ "$(c run --rm --user 3:4 img u id </dev/null)" = "uid=3 gid=4" ]
	for bad in "--memory 0" "--memory 5X" "--memory 99999999999T" "--cpu 0" "--cpu x" "--pids x" "-v x" "-v x:y" "-v /nosuch:/y" \
		"--net-host --net-isolate"; do
		fails run $bad img z
	done
	[ -z "$(ls "$STORE/containers")" ]
}

@test "a directory instead of an image, copy on write" {
	mkdir -p root/bin && cp busybox root/bin/ && ln -s busybox root/bin/sh
	[ "$(c run --rm --rootfs root x -- /bin/sh -c 'echo y >/new; /bin/busybox cat /new' </dev/null)" = y ]
	[ ! -e root/new ]
}

@test "bundle: any runtime runs it, and its layers stay while it is there" {
	image
	works bundle img ./b -- echo from the bundle
	[ "$("$RUNTIME" --root "$BATS_TEST_TMPDIR/rt" run --bundle "$PWD/b" "b$$" </dev/null)" = "from the bundle" ]
	works rmi img
	works rmcache
	says "0 layers removed"
	umount b/rootfs
	rm -r b
	works rmcache
	[ "$(layers)" = 0 ]
	fails bundle img .
}

@test "a volume is the container's own, filled with what the image has there, and no part of its root" {
	file <<-'END'
		RUN /bin/busybox mkdir -p /data/sub && echo first >/data/sub/f && /bin/busybox chown -R 5:6 /data && /bin/busybox chmod 2750 /data
		RUN /bin/busybox ln -s /data/sub /link
		VOLUME /data/sub /data /none
		VOLUME /link
	END
	works build img
	works run -d img web -- /bin/busybox sleep 1000
	[ "$(c exec web -- /bin/busybox stat -c '%a %u:%g' /data </dev/null)" = "2750 5:6" ]
	[ "$(c exec web -- /bin/busybox cat /data/sub/f /link/f </dev/null)" = $'first\nfirst' ]
	c exec web -- /bin/sh -c 'for d in data data/sub none; do echo new >/$d/new || exit; done' </dev/null
	[ -z "$(find "$STORE/containers/web/upper" -name new)" ]
	[ "$(find "$STORE/containers/web/volumes" -name new | wc -l)" = 3 ]
	works run -d img other -- /bin/busybox sleep 1000
	[ "$(c exec other -- /bin/busybox ls /data/sub </dev/null)" = f ]
	works stop web
	mkdir mine && echo mine >mine/f
	[ "$(c run --rm -v ./mine:/data/sub img third -- /bin/busybox cat /data/sub/f </dev/null)" = mine ]
	works bundle img b -- /bin/busybox cat /data/sub/f
	[ "$("$RUNTIME" --root "$BATS_TEST_TMPDIR/rt" run --bundle "$PWD/b" "b$$" </dev/null)" = first ]
	umount b/rootfs
}

@test "stop begins with the image's signal" {
	printf 'RUN /bin/busybox --install -s /bin\nSTOPSIGNAL USR1\n' | file
	works build img
	works run -d img web -- sh -c 'trap "echo usr1; exit" USR1; trap "echo term" TERM; echo ready; while :; do sleep 0.1; done'
	for i in {1..100}; do [ "$(c logs web)" = ready ] && break; sleep 0.1; done
	c logs -f web >followed 3>&- &
	for i in {1..100}; do [ -s followed ] && break; sleep 0.05; done
	works stop web
	wait $!
	[ "$(<followed)" = $'ready\nusr1' ]
}

@test "config.json says what the image says of itself, and what a label says goes first" {
	file <<-'END'
		LABEL one=1 org.opencontainers.image.os="no system"
		STOPSIGNAL SIGUSR1
		EXPOSE 80 53/udp
	END
	works build img
	works bundle img b -- true
	jq -e --slurpfile i "$STORE/images/img.json" '.annotations | . == {
		"one": "1", "org.opencontainers.image.os": "no system", "org.opencontainers.image.architecture": $i[0].architecture,
		"org.opencontainers.image.created": $i[0].created, "org.opencontainers.image.stopSignal": "SIGUSR1",
		"org.opencontainers.image.exposedPorts": "80/tcp,53/udp" }' b/config.json
	umount b/rootfs
	mkdir root
	works bundle img c
	umount c/rootfs
	works run -d img web -- /bin/busybox sleep 1000
	jq -e '.annotations.one == "1"' "$STORE/containers/web/config.json"
}

@test "a bundle's layers stay while it is mounted, wherever it was moved to, and from the moment that it is begun" {
	image
	works bundle img ./b -- true
	works rmi img
	mv b moved
	works rmcache
	says "0 layers removed"
	[ -e moved/rootfs/bin/sh ]
	STORE=$BATS_TEST_TMPDIR/other # its layers have the same keys, and are none of those that are mounted
	image
	works rmi img
	works rmcache
	[ "$(layers)" = 0 ]
	STORE=$BATS_TEST_TMPDIR/store
	umount moved/rootfs
	works rmcache
	[ "$(layers)" = 0 ]
	mv "$STORE" "$BATS_TEST_TMPDIR/with, blanks" && ln -s "with, blanks" "$STORE"
	image
	works bundle img ./b -- true
	works rmi img
	mv b moved2
	works rmcache
	says "0 layers removed"
	umount moved2/rootfs
	image
	strace -f -o /dev/null -e trace=move_mount -e inject=move_mount:signal=KILL:when=1 \
		"$CONDUCTOR" --root "$STORE" bundle img ./killed </dev/null >out 2>&1 3>&- || true
	[ -e killed/container.json ]
	[ ! -e killed/config.json ]
	works rmi img
	works rmcache
	says "0 layers removed"
	rm -r killed
	works rmcache
	[ "$(layers)" = 0 ]
}

@test "a run whose program cannot be executed, which only start finds, leaves nothing: the name is free" {
	printf 'RUN printf "#!/no/such/interpreter\\n" >/script && chmod +x /script\n' | file
	works build img
	local way
	for way in "" --detach; do
		fails run $way img x -- /script
		[[ $output == *"interpreter or loader"* ]]
		[ ! -e "$STORE/containers/x" ]
	done
	[ "$(c run img x -- /bin/busybox echo free </dev/null)" = free ]
}

@test "a run that fails leaves nothing" {
	image
	fails run nosuch x
	says "there is no image nosuch"
	fails run -d img x -- /no/such
	fails run img x -- /no/such
	says "/no/such"
	[ ! -e "$STORE/containers/x" ]
	fails run img x -- sh -c 'echo "{\"level\":\"error\"}" >&2; exit 3'
	[ $status = 3 ]
	[ -e "$STORE/containers/x" ]
	works stop x
	fails run img '../x'
	fails run --user nobody-such img x
	[ -z "$(ls "$STORE/containers")" ]
	left_behind
}

# A runtime of another name: slow COMMAND waits before it does COMMAND.
slow() {
	printf '#!/bin/sh\nfor word; do [ "$word" != %s ] || [ -e waited ] || { : >waited; sleep 1; }; done\nexec %q "$@"\n' "$1" "$RUNTIME" >slow
	chmod +x slow
}

@test "what one runtime runs, that runtime is asked about and ends, whatever is chosen later" {
	image
	works --runtime "$(command -v runc)" run -d img web -- sh -c 'trap "echo bye; exit" TERM; echo ready; while :; do sleep 0.1; done'
	for i in {1..50}; do [ "$(c logs web)" = ready ] && break; sleep 0.1; done
	pid=$(c inspect --pid web)
	[ "$(c inspect web | jq -r '.status, .runtime' | paste -sd ' ')" = "running $(command -v runc)" ]
	works ps
	says running
	[ "$(c exec web hostname </dev/null)" = web ]
	[ "$(c stats --json --count 1 web </dev/null | jq -r .name)" = web ]
	[ "$(c stats --json --count 1 </dev/null | jq -r .name)" = web ]
	works gc
	[ "$(c exec web ls /bin/sh </dev/null)" = /bin/sh ]
	[ -e "$STORE/containers/web/rootfs/bin/sh" ]
	works stop web
	is_gone "$pid"
	[ -z "$(ls "$STORE/runtime")" ]
}

@test "a runtime that is named by a path from here is found from elsewhere, and one that has gone is replaced" {
	image
	cp "$RUNTIME" ./other
	works --runtime ./other run -d img web -- sleep 1000
	mkdir sub && cd sub
	[ "$(c inspect --pid web)" -gt 0 ]
	rm ../other
	[ "$(c inspect --pid web)" -gt 0 ]
	works stop web
}

@test "gc and stop do not disturb a run that is on its way" {
	image
	slow run
	c --runtime ./slow run -d img web -- sleep 1000 </dev/null >out 2>&1 &
	for i in {1..200}; do [ -e waited ] && break; sleep 0.02; done
	works gc
	wait $!
	[ "$(c exec web -- /bin/ls /bin/sh </dev/null)" = /bin/sh ]
	[ -e "$STORE/containers/web/rootfs/bin/sh" ]
	works stop web
	rm waited
	c --runtime ./slow run -d img web -- sleep 1000 </dev/null >out 2>&1 &
	for i in {1..200}; do [ -e waited ] && break; sleep 0.02; done
	works stop web
	wait $! || true
	[ -z "$(ls "$STORE/containers" "$STORE/runtime" | grep -v -e : -e '^$')" ]
	left_behind
}

@test "gc removes what a killed run has begun, and keeps what has ended" {
	image
	works run img ended -- true
	mkdir "$STORE/containers/begun"
	works gc
	[ "$(ls "$STORE/containers")" = ended ]
	works stop ended
}
