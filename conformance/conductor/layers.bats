# Many layers, and many builds at once.
load harness

@test "60 layers: built, cached, run, shown, exported and taken back" {
	for i in {1..57}; do echo "$i" >"f$i"; echo "COPY f$i /d/"; done >lines
	{ cat lines; echo 'RUN [ "$(/bin/busybox cat /d/* | /bin/busybox wc -l)" = 57 ] && echo yes >/d/all'; } | file
	works build img
	[ "$(layers)" = 60 ]
	[ "$(in_image img '/bin/busybox ls /d' | wc -l)" = 58 ]
	works build img
	[ "$(grep -c ': cached' <<<"$output")" = 60 ]
	works inspect-layers img
	works export img out.tar
	works import out.tar again
	[ "$(in_image again '/bin/busybox ls /d' | wc -l)" = 58 ]
}

@test "five builds of one file at once: each RUN and each COPY is made once" {
	mkdir d && for i in {1..300}; do echo $i >d/$i; done
	slow='/bin/busybox sleep 0.5; /bin/busybox cat /proc/sys/kernel/random/uuid >/uuid'
	printf "RUN : first; $slow\nCOPY d /d\nRUN : second; $slow\n" | file
	for i in 1 2 3 4 5; do
		c build "img$i" </dev/null >"out$i" 2>&1 &
		pids[i]=$!
	done
	for i in 1 2 3 4 5; do wait ${pids[i]} || { cat out$i; false; }; done
	cat out?
	[ "$(cat out? | grep -c 'RUN : first.*: done')" = 1 ]
	[ "$(cat out? | grep -c 'RUN : second.*: done')" = 1 ]
	[ "$(cat out? | grep -c 'COPY d /d: done')" = 1 ]
	[ "$(layers)" = 5 ]
	left_behind
	[ "$(for i in 1 2 3 4 5; do jq -c .layers "$STORE/images/img$i.json"; done | sort -u | wc -l)" = 1 ]
}

@test "of builds at once one is killed in a RUN: another one makes it" {
	printf 'RUN /bin/busybox sleep 1; echo end >/last\n' | file
	for i in 1 2 3; do
		"$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" build "img$i" </dev/null >"out$i" 2>&1 3>&- &
		pids[i]=$!
	done
	for i in {1..200}; do running=$(ls "$STORE"/runtime 2>/dev/null | head -1); [ -n "$running" ] && break; sleep 0.02; done
	sleep 0.3
	# whoever has begun it: the others wait
	for i in 1 2 3; do pgrep -P ${pids[i]} >/dev/null && break; done
	kill -KILL ${pids[i]}
	ended=0
	for k in 1 2 3; do wait ${pids[k]} && ended=$((ended + 1)); done
	[ $ended = 2 ]
	left_behind
	works build img
	[ "$(in_image img '/bin/busybox cat /last')" = end ]
}
