# COPY in its two meanings, and what it keeps of a file.
load harness

# Every file of an image with type, mode and owner: tree IMAGE PATH
tree() {
	in_image "$1" "/bin/busybox find $2 -exec /bin/busybox stat -c \"%n %F %a %u:%g\" {} +" | sort
}

@test "the course's: a directory lands in an existing one, becomes a missing one" {
	mkdir -p service/sub && echo x >service/sub/file
	file <<-'END'
		COPY ./service /
		COPY service /new
		COPY service/ /deep/er
		COPY service/. /contents
		COPY service/sub/file /bin
		COPY service/sub/file /made/
		COPY service/sub/file /called
	END
	works build img
	in_image img '/bin/busybox find / -xdev -name file' >"$BATS_TEST_TMPDIR/found"
	sort "$BATS_TEST_TMPDIR/found"
	[ "$(sort "$BATS_TEST_TMPDIR/found" | tr '\n' ' ')" = "/bin/file /contents/sub/file /deep/er/sub/file /made/file /new/sub/file /service/sub/file " ]
	[ "$(in_image img '/bin/busybox cat /called')" = x ]
}

@test "Docker's: the contents of a directory are copied, owners become root" {
	mkdir -p service/sub && echo x >service/sub/file && chown -R 5:6 service && chmod 640 service/sub/file
	{ echo '# syntax=docker'; printf 'FROM scratch\nCOPY busybox /bin/sh\nCOPY busybox /bin/busybox\n'
	echo 'COPY service /'; echo 'COPY --chown=7:8 --chmod=0711 service /other/'; } >Conductorfile
	works build img
	[ "$(tree img /sub)" = $'/sub directory 755 0:0\n/sub/file regular file 640 0:0' ]
	[ "$(tree img /other | tr '\n' ' ')" = "/other directory 755 7:8 /other/sub directory 711 7:8 /other/sub/file regular file 711 7:8 " ]
}

@test "modes, owners, links, devices, times and attributes are kept" {
	mkdir t && echo x >t/file && ln t/file t/hard && ln -s nowhere t/link && mkfifo t/fifo && mknod t/null c 1 3
	chmod 4750 t/file && chown 3:4 t/file && chmod 4750 t/file && chmod 1777 t && touch -d @1000000000 t/file
	setfattr -n user.a -v b t/file 2>/dev/null || python3 -c 'import os; os.setxattr("t/file", "user.a", b"b")'
	truncate -s 1M t/sparse
	file <<<'COPY t /deep/t' # a new directory is written below the overlay, an old one through it
	works build img
	{ cat Conductorfile; echo 'COPY t/. /deep/old'; } >through
	sed -i 's,^COPY t /deep/t,RUN /bin/busybox mkdir -p /deep/old; /bin/busybox chmod 1777 /deep/old,' through
	works build through through
	for d in "$STORE/layers/$(jq -r '.layers[-1]' "$STORE/images/img.json")/diff/deep/t" \
		"$STORE/layers/$(jq -r '.layers[-1]' "$STORE/images/through.json")/diff/deep/old"; do
		[ "$(stat -c '%a %u:%g %h %Y' "$d/file")" = "4750 3:4 2 1000000000" ]
		[ "$d/file" -ef "$d/hard" ]
		[ "$(readlink "$d/link")" = nowhere ]
		[ -p "$d/fifo" ]
		[ "$(stat -c '%t:%T' "$d/null")" = 1:3 ]
		[ "$(stat -c %a "$d")" = 1777 ]
		[ "$(python3 -c "import os; print(os.getxattr('$d/file', 'user.a'))")" = "b'b'" ]
		[ "$(stat -c %b "$d/sparse")" = 0 ] && [ "$(stat -c %s "$d/sparse")" = 1048576 ]
	done
}

@test "attributes are seen where there is no listxattrat, or a sandbox does not know it" {
	mkdir t && echo x >t/file && python3 -c 'import os; os.setxattr("t/file", "user.a", b"b")'
	file <<<'COPY t /t'
	works build img
	for answer in ENOSYS EPERM; do
		WITHIN=("$(realpath "$BATS_TEST_DIRNAME/../../$BUILD/conformance/probe")" without "$answer" 465)
		works build img
		says "COPY t /t: cached"
		python3 -c 'import os, sys; os.setxattr("t/file", "user.a", sys.argv[1].encode())' "$answer"
		works build --explain-cache img
		says "user.a=$answer now"
	done
}

@test "what overlayfs takes for its own mark of a removed file is refused, and nothing is left" {
	mkdir t && mknod t/gone c 0 0
	file <<<'COPY t /t'
	fails build img
	says "make the node gone"
	left_behind
}

@test "a link in the image is followed inside of the image only" {
	echo x >file
	file <<-'END'
		RUN /bin/busybox ln -s /../../../../real /link; /bin/busybox mkdir /real; /bin/busybox ln -s /etc/hostile /bad
		COPY file /link/
		COPY file /bad
	END
	works build img
	[ "$(in_image img '/bin/busybox cat /real/file /bad')" = $'x\nx' ]
}

@test "a directory does not replace a file, nor a file a directory" {
	mkdir dir && echo x >file
	file <<<'COPY dir /bin/busybox'
	fails build img
	says "/bin/busybox is no directory in the image"
	mkdir -p top/file && cp -r file top-file && mkdir two && cp -r top/file two/file
	printf 'COPY two/file /\nCOPY file /\n' | file
	fails build img
	says "file is a directory in the image, and the source is none"
	left_behind
}

@test "many files with several names stay what they are" {
	mkdir t && for i in {1..300}; do echo $i >t/a$i; ln t/a$i t/b$i; ln t/a$i t/c$i; done
	file <<<'COPY t /t'
	works build img
	d=$STORE/layers/$(jq -r '.layers[-1]' "$STORE/images/img.json")/diff/t
	[ "$(find "$d" -links 3 | wc -l)" = 900 ]
	[ "$(find "$d" -printf '%i\n' | sort -u | wc -l)" = 301 ]
	diff -r t "$d"
	rm t/c7 && echo 7 >t/c7
	works build img
	[ "$(grep -c ': done' <<<"$output")" = 1 ]
}

@test "wildcards, names with blanks and other odd names" {
	mkdir d && echo 1 >'d/a b.txt' && echo 2 >d/c.txt && echo 3 >$'d/new\nline' && echo 4 >d/-x
	printf 'COPY d/*.txt /txt/\nCOPY ["d/a b.txt", "/with blank"]\nCOPY d /d\n' | file
	works build img
	[ "$(in_image img '/bin/busybox cat /txt/c.txt' )" = 2 ]
	[ "$(in_image img /bin/busybox cat '/with blank')" = 1 ]
	[ "$(in_image img /bin/busybox cat $'/d/new\nline')" = 3 ]
	works build img
	says "COPY d /d: cached"
}

@test "wildcards in another stage, which stay inside of it" {
	mkdir -p s/lib/a s/lib/b && echo 1 >s/lib/a/x.so && echo 2 >s/lib/b/y.so && echo 3 >s/lib/b/.z.so && echo 4 >s/plain
	ln -s /../../../../../../../../../../etc s/up
	file <<-'END'
		COPY s /s
		FROM scratch
		COPY --from=0 /bin /bin
		COPY --from=0 /s/lib/*/[xy].so /lib/
		COPY --from=0 s/p?ain /called
		COPY --from=0 /s/up/host* /s/[lp]* /all/
	END
	fails build img
	says "Conductorfile:10: "
	says "no file matches /s/up/host*"
	sed -i 's|/s/up/host\* ||' Conductorfile
	works build img
	[ "$(in_image img '/bin/busybox find /lib /called /all -type f' | sort | paste -sd ' ')" = \
		"/all/lib/a/x.so /all/lib/b/.z.so /all/lib/b/y.so /all/plain /called /lib/x.so /lib/y.so" ]
}

@test "what changes while it is copied is an error" {
	file <<<'COPY grows /'
	head -c 50000000 /dev/urandom >grows
	( for i in {1..400}; do echo x >>grows; sleep 0.002; done ) 3>&- &
	fails build img
	says "changed while it was copied"
	wait
	left_behind
}

@test ".dockerignore: what it names is neither read, nor copied, nor part of the key; only Docker's COPY knows it" {
	mkdir -p ctx/src/deep ctx/.git ctx/out && cd ctx && cp ../busybox .
	for f in a.c src/b.c src/b.o src/deep/c.o src/deep/keep.o .git/config out/x out/wanted secret; do echo "$f" >$f; done
	printf '%s\n' '# a comment' '' '**/*.o' '!src/deep/keep.o' '/.git/' 'out' '!out/wanted' 'secre?' 'busybox' >.dockerignore
	chmod 000 secret
	printf '# syntax=docker\nFROM scratch\nCOPY . /all/\nCOPY o* s* /some/\n' >Conductorfile
	works build img
	files() { (cd "$STORE/layers/$(jq -r ".layers[$1]" "$STORE/images/img.json")/diff/$2" && find . -type f | sort | paste -sd ' '); }
	[ "$(files 0 all)" = "./.dockerignore ./Conductorfile ./a.c ./out/wanted ./src/b.c ./src/deep/keep.o" ]
	[ "$(files 1 some)" = "./b.c ./deep/keep.o ./wanted" ]
	echo changed >src/b.o && echo more >.git/HEAD
	works build img
	[ "$(grep -c ': cached' <<<"$output")" = 2 ]
	for left in secret busybox .git 'secr*'; do
		printf '# syntax=docker\nFROM scratch\nCOPY %s /\n' "$left" >Other
		fails build other Other
		says "Other:3: $left is left out by .dockerignore"
	done
	printf 'FROM scratch\nCOPY busybox /\n' >Other
	works build other Other
	mkfifo fifo && mv fifo .dockerignore
	fails build img
	says ".dockerignore" && says "not a regular file"
}

@test "a link that is itself the source: the course's copies it, Docker's follows it and stays in the directory" {
	mkdir in && echo x >in/real && ln -s in/real link && ln -s /etc/hostname outside
	printf 'COPY link /copied\n' | file
	works build img
	[ "$(in_image img '/bin/busybox readlink /copied')" = in/real ]
	printf '# syntax=docker\nFROM scratch\nCOPY busybox /bin/sh\nCOPY busybox /bin/busybox\nCOPY link /copied\n' >Conductorfile
	works build img
	[ "$(in_image img '/bin/busybox cat /copied')" = x ]
	echo 'COPY outside /copied' >>Conductorfile
	fails build img
	says "no such file or directory"
	printf 'COPY ../work/in/real /up\n' | { printf '# syntax=docker\nFROM scratch\n'; cat; } >Conductorfile
	fails build img
}
