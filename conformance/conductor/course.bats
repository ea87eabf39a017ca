# The course's scenario 1, by conductor.sh: two images made with apt, two services, connected, seen from the host and from
# elsewhere, gone after stop. The images are made in this machine's network, the containers run in one of the test's own.
load harness
load hosts

setup() {
	STORE=$BATS_TEST_TMPDIR/course/.cache/conductor
	cp -r "$BATS_TEST_DIRNAME/course" "$BATS_TEST_TMPDIR/course"
	ln -s "$BATS_TEST_DIRNAME/../../bundle-tools/conductor.sh" "$BATS_TEST_TMPDIR/course/conductor.sh"
	cd "$BATS_TEST_TMPDIR/course" || return 1
	export CONDUCTOR CONDUCTOR_RUNTIME=$RUNTIME
	setup_hosts
}

teardown() {
	local name left=0
	for name in "$STORE"/containers/*; do
		[ -d "$name" ] && c stop --force "${name##*/}" >/dev/null 2>&1
	done
	left_behind || left=1
	teardown_hosts
	return $left
}

sh_conductor() {
	"${WITHIN[@]}" ./conductor.sh "$@" </dev/null 3>&-
}

# page PID URL
page() {
	inside "$1" curl -sS --max-time 5 "$2"
}

# Until the services answer: the time that python takes is its own.
until_served() {
	for i in {1..100}; do
		page $HOST http://127.0.0.1:3000/ >/dev/null 2>&1 && return
		sleep 0.2
	done
	cat orchestrated
	return 1
}

@test "two services: images with apt, a port, a peer, all gone after stop" {
	./conductor.sh build es-image esfile 3>&- >built </dev/null
	[ "$(head -n 1 built)" = "CS695 Conductor that manages containers" ]
	grep "Image es-image built with 4 layers" built
	./conductor.sh build cs-image csfile 3>&- </dev/null
	sh_conductor images | grep -E '^cs-image '
	"${WITHIN[@]}" ./orchestrator.sh </dev/null >orchestrated 2>&1 3>&- &
	orchestrator=$!
	until_served
	grep -F "Setting up network 'es-cont' with peer ip 192.168.1.2. Waiting for interface configuration to settle..." orchestrated
	grep -F "Added peer to peer traffic between es-cont and cs-cont..." orchestrated
	grep -F "Executing ./counter-service/counter-service 8080 1 in cs-cont container!" orchestrated
	[[ $(page $HOST http://10.99.0.1:3000/) == "request number "* ]]
	[[ $(page $HOST http://localhost:3000/) == "request number "* ]]
	first=$(page $WORLD http://10.99.0.1:3000/ | grep -o '[0-9]*')
	second=$(page $WORLD http://10.99.0.1:3000/ | grep -o '[0-9]*')
	[ "$second" = $((first + 1)) ]
	if page $WORLD http://192.168.2.2:8080/; then false; fi
	[ -d .containers/es-cont/merged/external-service ]
	sh_conductor exec es-cont 'hostname -I' | grep -F 192.168.1.2
	sh_conductor exec -- es-cont ps ax | grep app.py
	sh_conductor stop es-cont | grep "es-cont succesfully removed"
	sh_conductor stop cs-cont
	wait $orchestrator || true
	[ -z "$(ls .containers/)" ]
	sh_conductor ps | grep "No containers found"
	if page $HOST http://10.99.0.1:3000/; then false; fi
	if host nft list tables | grep conductor; then false; fi
	if host ip link | grep outside; then false; fi
}

@test "before peer the services are apart; messages, permuted options, refusals" {
	cp /bin/busybox .
	printf 'RUN /bin/busybox --install -s /bin\n' | file
	sed -i '/SHELL/d; s/^RUN .*/RUN ["\/bin\/busybox", "--install", "-s", "\/bin"]/' Conductorfile
	./conductor.sh build img 3>&- </dev/null
	sh_conductor ps | grep "No containers found"
	mkdir mnt && mount -t overlay -o "lowerdir=$(<.images/img/layers)" overlay mnt # as it is: the topmost first
	[ -x mnt/bin/busybox ]
	[ -L mnt/bin/ls ]
	umount mnt
	(cd "$STORE" && cp images/img.json images/gone.json)
	./conductor.sh rmi gone 3>&- </dev/null && [ -d .images/img ] && [ ! -e .images/gone ]
	for name in a b; do
		"${WITHIN[@]}" ./conductor.sh run img $name 'nc -ll -p 8080 -e echo hello' </dev/null >/dev/null 2>&1 3>&- &
		PROCESSES+=($!)
	done
	sh_conductor -i addnetwork a -e 8080-3000 | grep "Setting up network 'a' with peer ip"
	sh_conductor addnetwork --expose 8080-3001 -- b
	listening "$(c inspect --pid a)" 8080
	listening "$(c inspect --pid b)" 8080
	[ "$(ask $WORLD 10.99.0.1 3001)" = hello ]
	if ask "$(c inspect --pid a)" 192.168.2.2 8080; then false; fi
	sh_conductor peer a b | grep "Added peer to peer traffic between a and b..."
	[ "$(ask "$(c inspect --pid a)" 192.168.2.2 8080)" = hello ]
	[ "$(sh_conductor exec a -- echo x | tail -n 2)" = $'Executing echo x in a container!\nx' ]
	[ "$(sh_conductor exec a sh -c 'echo y; exit 0' | tail -n 1)" = y ]
	status=0
	sh_conductor -h >usage || status=$?
	[ $status = 1 ]
	grep "^usage:" usage
	status=0
	sh_conductor exec nosuch true 2>error || status=$?
	[ $status = 1 ]
	grep "there is no container nosuch" error
	echo IP4_PREFIX_SIZE=26 >>setup.sh
	if sh_conductor ps; then false; fi
	sed -i '$d' setup.sh
}

@test "the course's mirrors are those of its bases, by name or by place" {
	mkdir tool && ln -s "$BATS_TEST_DIRNAME/../../bundle-tools/conductor.sh" tool/
	printf '#!/bin/sh\necho "$@"\n' >tool/said && chmod +x tool/said
	echo 'FROM debian:bookworm' >Conductorfile
	echo 'declare -A BASE_MIRRORS=([ubuntu]=other [debian]=by-name)' >tool/setup.sh
	[ "$(CONDUCTOR=$PWD/tool/said tool/conductor.sh build img | tail -n 1)" = "build --mirror by-name img" ]
	echo 'BASE_SUITES=(ubuntu:jammy debian:bookworm) BASE_MIRRORS=(other by-place)' >tool/setup.sh
	[ "$(CONDUCTOR=$PWD/tool/said tool/conductor.sh build img | tail -n 1)" = "build --mirror by-place img" ]
	: >tool/setup.sh
	[ "$(CONDUCTOR=$PWD/tool/said tool/conductor.sh build img | tail -n 1)" = "build img" ]
}
