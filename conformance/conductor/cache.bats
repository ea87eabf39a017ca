# What is made once is not made again; what changed is.
load harness

steps() {
	grep -E "^\[[0-9]+/[0-9]+\] .*: $1" <<<"$output" | wc -l
}

@test "twice: all is cached, and the image is the same" {
	mkdir d && echo 1 >d/f
	printf 'COPY d /d\nRUN echo ran >/r\nWORKDIR /w\nENV A=1\n' | file
	works build img
	[ "$(steps done)" = 5 ]
	before=$(jq -c .layers "$STORE/images/img.json")
	works build img
	[ "$(steps cached)" = 5 ]
	[ "$(steps done)" = 0 ]
	[ "$before" = "$(jq -c .layers "$STORE/images/img.json")" ]
	touch d/f # times are no part of a file's identity
	works build img
	[ "$(steps cached)" = 5 ]
}

@test "each change is seen, and said: content, mode, owner, a new file, one that is gone, the destination" {
	mkdir d && echo 1 >d/f && echo 2 >d/g
	file <<<'COPY d /d'
	works build img
	change() {
		works build --explain-cache img
		says "not cached: $1"
		[ "$(steps done)" = 1 ]
	}
	echo 2 >d/f && change "d/f has changed"
	chmod 600 d/f && change "d/f has changed"
	chown 1 d/f && change "d/f has changed"
	echo >d/fa && change "d/fa is new"
	rm d/g && change "d/g is gone"
	sed -i 's|/d$|/e|' Conductorfile && change 'the instruction was "COPY d /d" before'
}

@test "why a step is not cached is said before what it says itself" {
	file <<<'RUN echo ran'
	works build --explain-cache img
	[[ $output == *"not cached: "*$'\nran\n'* ]]
}

@test "what has changed is said of every stage" {
	mkdir one two && echo 1 >one/f && echo 1 >two/g
	{ file <<<'COPY one /one'; } && printf 'FROM scratch AS second\nCOPY --from=0 /bin /bin\nCOPY two /two\nFROM second\nENV A=1\nCOPY two /again\n' >>Conductorfile
	works build img
	echo 2 >one/f
	works build --explain-cache img
	says "one/f has changed"
	says "an earlier step has changed"
	echo 2 >two/g
	works build --explain-cache img
	says "two/g has changed"
	[ "$(steps done)" = 2 ]
	echo 3 >one/f && echo 3 >two/g
	works build --explain-cache img
	says "one/f has changed" && says "two/g has changed"
	echo 'COPY two /more' >>Conductorfile
	works build --explain-cache img
	says "the image had no such step before"
	[ "$(steps done)" = 1 ]
}

@test "a heredoc's mode, owner and content are part of its key" {
	while IFS='|' read -r flag content result; do
		printf 'COPY %s <<EOF /x\n%s\nEOF\n' "$flag" "$content" | file
		works build --explain-cache img
		[ "$(steps done)" -ge 1 ]
		[ "$(in_image img '/bin/busybox stat -c %a:%u /x')" = "$result" ]
		[ "$(in_image img '/bin/busybox cat /x')" = "$content" ]
	done <<-'END'
		--chmod=755|1|755:0
		--chmod=600|1|600:0
		--chmod=600|2|600:0
		--chown=7|2|644:7
		|2|644:0
	END
}

@test "a change of a file right after a build is seen, with the same size and time" {
	echo aaaa >f
	file <<<'COPY f /f'
	works build img
	echo bbbb >f
	touch -d @1000000000 f
	works build img
	[ "$(in_image img '/bin/busybox cat /f')" = bbbb ]
}

@test "the environment, the user, the directory and arguments are part of RUN's key" {
	base=$'ARG A\nRUN echo x'
	file <<<"$base" && works build img
	count() {
		works build "${@:2}" img
		[ "$(steps done)" = "$1" ]
	}
	count 0
	count 1 --build-arg A=1
	file <<<$'ENV E=1\n'"$base" && count 1
	file <<<$'USER 5\n'"$base" && count 1
	file <<<$'WORKDIR /w\n'"$base" && count 2
	file <<<"$base" && count 0
}

@test "--no-cache makes all anew, keeps the old image when it fails, and later builds follow it" {
	printf 'RUN /bin/busybox cat /proc/sys/kernel/random/uuid >/when\n' | file
	works build img
	first=$(in_image img '/bin/busybox cat /when')
	printf 'RUN exit 1\n' >>Conductorfile
	fails build --no-cache img
	[ "$(in_image img '/bin/busybox cat /when')" = "$first" ]
	sed -i '$d' Conductorfile
	works build --no-cache img
	second=$(in_image img '/bin/busybox cat /when')
	[ "$first" != "$second" ]
	works build img
	[ "$(steps done)" = 0 ]
	[ "$(in_image img '/bin/busybox cat /when')" = "$second" ]
}

@test "--dry-run makes nothing" {
	file <<<'RUN echo x'
	works build --dry-run img
	says "RUN echo x: would be made"
	[ "$(layers)" = 0 ] && [ ! -e "$STORE/images/img.json" ]
}

@test "parallel builds of one file share the RUN" {
	printf 'RUN /bin/busybox sleep 1; /bin/busybox cat /proc/sys/kernel/random/uuid >/when\n' | file
	for i in 1 2 3; do
		c build "img$i" </dev/null >"out$i" 2>&1 &
	done
	wait
	cat out1 out2 out3
	[ "$(grep -c 'RUN .*: done' out1 out2 out3 | grep -c ':1')" = 1 ]
	[ "$(layers)" = 3 ]
	[ "$(in_image img1 '/bin/busybox cat /when')" = "$(in_image img3 '/bin/busybox cat /when')" ]
}

@test "images share layers; what is used is not removed, what is not used is" {
	file <<<'RUN echo a >/a' && works build one
	file <<<'RUN echo b >/b' && works build two
	[ "$(layers)" = 4 ]
	works images
	says "2 images, "
	says "in 4 layers"
	works rmcache
	says "0 layers removed"
	works rmi two
	[ "$(layers)" = 4 ]
	works rmcache
	says "1 layers removed"
	[ "$(in_image one '/bin/busybox cat /a')" = a ]
	works run -d one holder -- /bin/sleep 100 || works run -d one holder -- /bin/busybox sleep 100
	fails rmi one
	says "image one is used by container holder"
	works stop holder
	works rmi one
	works rmcache
	[ "$(layers)" = 0 ]
	works images
	says "No images found"
}

@test "what a container stands on stays, when its image was replaced" {
	file <<<'RUN echo a >/a' && works build img
	works run -d img holder -- /bin/busybox sleep 100
	file <<<'RUN echo b >/b' && works build img
	works rmcache
	says "0 layers removed"
	[ "$(c exec holder -- /bin/busybox cat /a </dev/null)" = a ]
	works stop holder
	works rmcache
	says "1 layers removed"
}

@test "rmcache does not take layers away from a build that is going on" {
	printf 'RUN echo a >/a\nRUN /bin/busybox sleep 2\nRUN [ -e /a ]\n' | file
	c build img </dev/null >out 2>&1 &
	for i in {1..100}; do [ "$(layers 2>/dev/null)" = 3 ] && break; sleep 0.05; done
	fails rmcache
	says "a build is going on"
	wait $!
	works rmcache
	says "0 layers removed"
}

@test "the store's directories are closed to others" {
	file <<<'RUN echo a >/a' && works build img
	for directory in layers images containers tmp; do
		[ "$(stat -c %a "$STORE/$directory")" = 700 ]
	done
}
