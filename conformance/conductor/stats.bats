# stats and top: of containers, of cgroups, of engines' containers; on a terminal and as JSON.
load harness

image() {
	printf 'RUN /bin/busybox --install -s /bin\n' | file
	works build img
}

# On a terminal of its own.
on_terminal() {
	script -qec "'$CONDUCTOR' --root '$STORE' --runtime '$RUNTIME' $*" /dev/null </dev/null 3>&-
}

@test "nothing, one, all" {
	works stats
	says "No containers found"
	image
	works run -d --cpu 0.5 --memory 50M --pids 20 img busy -- sh -c 'while :; do :; done'
	works run -d img idle -- sleep 1000
	works top
	[[ $output =~ busy\ +[1-9][0-9.]*%\ +[0-9.]+%\ +[0-9.]+[KM]B/52.4MB\ +1\  ]]
	[[ $output =~ idle\ +0.0%\ +0.0%\ +[0-9.]+[KM]?B/-\ +1\  ]]
	works stats busy
	says "busy  running  cgroup /conductor-"
	says "of 50.0%"
	says "of 52.4MB"
	says "processes  1 of 20"
	fails stats nosuch
	says "there is no running container nosuch"
}

@test "a terminal: bars, from the top of the screen, so many rounds" {
	image
	works run -d --memory 50M img one -- sleep 1000
	on_terminal top --interval 50ms --count 2 one >screen
	[ "$(grep -c $'\e\\[H' screen)" = 3 ]
	grep -F '[..........] of 52.4MB' screen
}

@test "JSON: one object a line, numbers" {
	image
	works run -d --memory 50M img one -- sleep 1000
	c stats --json --count 2 --interval 50ms one </dev/null >lines
	[ "$(jq -c 'select(.id == "one" and .memory.limit_bytes == 52428800 and (.cpu.usage_us | type) == "number")' lines | wc -l)" = 2 ]
	for bad in "--interval 0" "--interval x" "--interval 1h" "--count x"; do
		fails stats $bad
	done
}

@test "cgroups by path, and a container of an engine by the beginning of its id" {
	id=$(printf '%064x' $((RANDOM * RANDOM + 4096)) | rev)
	at=/sys/fs/cgroup
	[ ! -d $at/memory ] || at=/sys/fs/cgroup/memory
	mkdir "$at/conductor-test-$$" "$at/conductor-test-$$/docker-$id.scope"
	failed=0
	works stats "/conductor-test-$$" && says "cgroup /conductor-test-$$" || failed=1
	works stats "$at/conductor-test-$$" && says "cgroup /conductor-test-$$" || failed=1
	works stats "${id:0:12}" && says "cgroup /conductor-test-$$/docker-$id.scope" || failed=1
	rmdir "$at/conductor-test-$$/docker-$id.scope" "$at/conductor-test-$$"
	[ $failed = 0 ]
}

@test "stopped containers are left out" {
	image
	c run img ended true </dev/null
	works stats
	says "No containers found"
}
