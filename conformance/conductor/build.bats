# Instructions do what they say, and bad input is refused by file and line.
load harness

@test "every instruction has its effect" {
	mkdir -p src/sub && echo one >src/a && echo two >src/sub/b
	file <<-'END'
		ARG WHO=world
		ENV GREETING="hello $WHO" OTHER=1
		COPY src /
		WORKDIR /work/deep
		RUN echo "$GREETING from $PWD, $WHO" >said; /bin/busybox cat /src/sub/b >>said
		LABEL a.b="c d"
		EXPOSE 80 53/udp
		VOLUME /data
		STOPSIGNAL SIGINT
		USER 7:8
		CMD ["/bin/busybox", "cat", "said"]
	END
	works build img
	[ "$(c run --rm img x </dev/null)" = $'hello world from /work/deep, world\ntwo' ]
	[ "$(in_image img '/bin/busybox id')" = "uid=7 gid=8" ]
	jq -e '.config | .Labels["a.b"] == "c d" and .ExposedPorts["80/tcp"] == {} and .ExposedPorts["53/udp"] == {} and
		.Volumes["/data"] == {} and .StopSignal == "SIGINT" and .User == "7:8" and .WorkingDir == "/work/deep"' "$STORE/images/img.json"
}

@test "a build argument replaces the default; one that nobody asks for is an error" {
	file <<-'END'
		ARG A=default
		RUN echo $A >/a
	END
	works build --build-arg A=given img
	[ "$(in_image img '/bin/busybox cat /a')" = given ]
	fails build --build-arg B=1 img
	says "--build-arg B=1: Conductorfile has no ARG of that name"
}

@test "an ARG holds from its line to the end of its stage, and in stages that follow from that; before FROM it is for FROM, and a default" {
	file <<-'END'
		RUN echo "<$G>" >/before
		ARG G
		ARG X=x$G
		RUN echo "<$G $X>" >/after
		ENV X=env
		RUN echo "<$X>" >/env
		FROM one AS two
		RUN echo "<$G>" >/child
		ARG G=own
		RUN echo "<$G>" >/own
		FROM $BASE
		ARG X
		COPY --from=two / /
		RUN ["/bin/busybox", "sh", "-c", "echo \"<$G $X>\" >/other"]
	END
	sed -i '1s/.*/ARG G=global BASE=scratch\nFROM scratch AS one/' Conductorfile
	said() { in_image img '/bin/busybox cat /before /after /env /child /own /other' | paste -sd ' '; }
	works build img
	[ "$(said)" = "<> <global xglobal> <env> <global> <own> < >" ]
	works build --build-arg G=given --build-arg X=y img
	[ "$(said)" = "<> <given y> <env> <given> <given> < y>" ]
}

@test "heredocs are commands and files" {
	file <<-'END'
		ENV X=value
		RUN <<EOF
		echo one >/out
		echo $X >>/out
		EOF
		COPY <<conf <<'plain' /etc/
		x=$X
		conf
		x=$X
		plain
		RUN /bin/busybox cat >/fed <<EOF
		fed by $X
		EOF
	END
	works build img
	[ "$(in_image img '/bin/busybox cat /out /etc/conf /etc/plain /fed')" = $'one\nvalue\nx=value\nx=$X\nfed by value' ]
}

@test "a heredoc that names its interpreter is run by it, and its text is part of the key" {
	file <<-'END'
		RUN /bin/busybox ln -s busybox /bin/awk
		ENV X=value
		USER 5
		RUN <<EOF
		#!/bin/awk -f
		BEGIN { print "awk", ENVIRON["X"], "$X" >"/dev/shm/x"; print "said", $X }
		EOF
	END
	works build img
	says $'\nsaid '
	works build img
	says "RUN <<EOF: cached"
	sed -i 's/"said"/"other"/' Conductorfile
	works build img
	says $'\nother '
	sed -i 's|^#!.*|#!/no/such|' Conductorfile
	fails build img
	says "the interpreter or loader it names is not"
	file <<<$'RUN <<EOF\n#!/bin/sh\necho x >/made\nEOF'
	works build img
	[ "$(ls -A "$STORE/layers/$(jq -r '.layers[-1]' "$STORE/images/img.json")/diff")" = made ]
	left_behind
}

@test "stages, and files from an earlier stage and from another image" {
	file <<-'END'
		RUN echo made >/made
		FROM scratch AS second
		COPY --from=0 /made /from-stage
		COPY --from=0 /bin /bin
	END
	works build one
	[ "$(in_image one '/bin/busybox cat /from-stage')" = made ]
	printf 'FROM one AS base\nCOPY --from=one /from-stage /copy\nFROM base\nENTRYPOINT ["/bin/busybox", "cat"]\nCMD ["/copy"]\n' >Second
	works build two Second
	[ "$(c run --rm two x </dev/null)" = made ]
	[ "$(c run --rm two x /from-stage </dev/null)" = made ]
}

@test "a command that fails is an error with file and line, and leaves no layer" {
	file <<-'END'
		RUN echo before; exit 3
	END
	fails build img
	says "before"
	says "Conductorfile:5: RUN echo before; exit 3: the command ended with exit code 3"
	[ "$(layers)" = 2 ]
	fails inspect img
	left_behind
}

@test "RUN leaves no trace of the runtime's mounts in the layer" {
	file <<-'END'
		RUN echo x >/made
	END
	works build img
	works inspect-layers --files img
	[ "$(grep -c '^    ' <<<"$output")" = 3 ]
	last=$(jq -r '.layers[-1]' "$STORE/images/img.json")
	[ "$(ls -A "$STORE/layers/$last/diff")" = made ]
}

@test "RUN has no more rights than a container" {
	file <<-'END'
		RUN /bin/busybox mkdir /p; if /bin/busybox mount -t tmpfs x /p; then exit 1; fi; if echo 1 >/proc/sys/kernel/domainname; then exit 1; fi; exit 0
		RUN [ "$(/bin/busybox hostname)" = build ] && [ $$ = 1 ]
	END
	works build img
}

@test "a name that is none is refused" {
	file </dev/null
	for name in ../x a/b .x '' "$(printf 'x%.0s' {1..65})" scratch $'a\nb'; do
		fails build "$name"
	done
	[ ! -e "$STORE/layers" ] || [ "$(layers)" = 0 ]
}

@test "bad files are refused with their line, before anything is made" {
	while IFS='|' read -r text message; do
		printf "FROM scratch\nCOPY busybox /bin/\n$text\n" >Conductorfile
		fails build img
		says "Conductorfile:3: $message"
	done <<-'END'
		ADD a b|not supported yet: ADD
		RUN --mount=type=cache x|not supported yet: RUN --mount=type=cache
		COPY --link a b|not supported yet: COPY --link
		COPY missing /|read missing: stat missing: no such file or directory
		COPY no*such /|no file matches no*such
		COPY --chmod=9 busybox /|--chmod=9 is no octal mode
		COPY --from=nowhere a b|--from=nowhere: there is no earlier stage and no image of that name
		EXPOSE 70000|70000 is no port
		STOPSIGNAL SIGNONE|SIGNONE is no signal
		VOLUME data|VOLUME data is no absolute path
		VOLUME /./|VOLUME /./ is the root itself
		FROM nosuch|there is no image nosuch
		FROM debian:../x|there is no image debian:../x
		ENV A=${B|${B is not understood
		COPY "a b|a quote is opened and never closed
		WHAT|WHAT is not an instruction
	END
	[ "$(layers)" = 0 ]
	left_behind
}

@test "a file that is none is refused: missing, a directory, a FIFO, too large, with NUL bytes" {
	fails build img
	says "Conductorfile: no such file or directory"
	mkdir d && fails build img d
	mkfifo fifo && fails build img fifo
	says "not a regular file"
	head -c 5000000 /dev/zero >large && fails build img large
	printf 'FROM scratch\nRUN a\0b\n' >nul && fails build img nul
	says "nul:2: the file has a NUL byte"
}

@test "another directory, another file, a file without a newline at its end, line ends of other systems" {
	printf 'FROM scratch\r\nCOPY busybox /bin/\r\nCMD ["/bin/busybox", \\\r\n"true"]' >Other
	works build img Other
	mkdir sub && cp busybox sub/ && cd sub
	works build img2 ../Other
	c run --rm img2 x </dev/null
}

@test "a store on a long path" {
	STORE=$BATS_TEST_TMPDIR/$(printf 'd%.0s' {1..200})/$(printf 'e%.0s' {1..200})/$(printf 'f%.0s' {1..200})
	file <<-'END'
		RUN echo x >/made
	END
	works build img
	[ "$(in_image img '/bin/busybox cat /made')" = x ]
	left_behind
}

@test "sixty layers" {
	for i in {1..60}; do echo "COPY Conductorfile /f$i"; done | file
	works build img
	says "Image img built with 62 layers"
	[ "$(in_image img '/bin/busybox ls /' | grep -c '^f')" = 60 ]
}

@test "progress: on a terminal each step as it begins, then its outcome and time in the same line; plain lines otherwise; none with --quiet" {
	printf 'COPY Conductorfile /f\nRUN echo said\nENV A=1\n' | file
	on_terminal() {
		timeout 60 script -qec "$CONDUCTOR --root $STORE --runtime $RUNTIME build img" /dev/null </dev/null 3>&- >shown
		cat shown
	}
	on_terminal
	grep -F $'[5/7] COPY Conductorfile /f\r[5/7] COPY Conductorfile /f: done (' shown
	grep -qF $'[6/7] RUN echo said\r\n' shown
	grep -E '^said' shown
	grep -E $'\r\\[6/7\\] RUN echo said: done \\([0-9]+\\.[0-9][0-9] s\\)' shown
	on_terminal
	grep -F $'[6/7] RUN echo said\r[6/7] RUN echo said: cached' shown
	grep -F $'[7/7] ENV A=1\r[7/7] ENV A=1: set' shown
	works build img
	[[ $output != *$'\r'* ]]
	[ "$(head -n 1 <<<"$output")" = "[1/7] FROM scratch: set" ]
	works build --quiet img
	[ "$output" = "Image img built with 4 layers" ]
}

@test "--shell-on-error opens a shell in what failed" {
	printf 'RUN echo here >/mark; exit 5\n' | file
	fails build --shell-on-error img
	says "--shell-on-error needs a terminal"
	output=$(printf '/bin/busybox cat /mark\n/bin/busybox hostname\nexit\n' |
		timeout 30 script -qec "$CONDUCTOR --root $STORE --runtime $RUNTIME build --shell-on-error img" /dev/null 3>&-) || true
	echo "$output"
	says "a shell where it failed"
	says $'here\r'
	says $'build\r'
	says "ended with exit code 5"
	left_behind
	# a shell it is also where the command is none
	sed -i '$d' Conductorfile && echo 'RUN ["/bin/busybox", "false"]' >>Conductorfile
	output=$(printf 'echo a-$((40 + 2))\nexit\n' |
		timeout 30 script -qec "$CONDUCTOR --root $STORE --runtime $RUNTIME build --shell-on-error img" /dev/null 3>&-) || true
	echo "$output"
	says "a-42"
}

@test "users and groups by the image's own names, and nobody else's" {
	printf 'root:x:0:0::/:/bin/sh\nweb:x:70:71::/:/bin/sh\n' >passwd
	printf 'root:x:0:\nweb:x:71:\nstaff:x:72:root,web\nextra:x:73:web\n' >group
	file <<-'END'
		COPY passwd group /etc/
		COPY --chown=web:staff passwd /one
		COPY --chown=web passwd /two
		RUN /bin/busybox chmod 777 /
		USER web
		RUN /bin/busybox id -G >/groups
		USER web:extra
		RUN /bin/busybox id -G >/group
	END
	works build img
	[ "$(in_image img '/bin/busybox cat /groups /group')" = $'71 72 73\n73' ]
	[ "$(in_image img '/bin/busybox stat -c %u:%g /one /two')" = $'70:72\n70:70' ]
	echo 'USER daemon' >>Conductorfile # a name that the host knows
	echo 'RUN true' >>Conductorfile
	fails build img
	says "the image's /etc/passwd has no user daemon"
	printf 'COPY --chown=0:daemon group /\n' | file
	fails build img
	says "the image's /etc/group has no group daemon"
}
