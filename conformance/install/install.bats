# make install: everything lands, readable by all and writable by none but root; what is installed works from there, from below
# DESTDIR, and from wherever it is moved to.
load ../life/harness

SOURCE=$(realpath "$BATS_TEST_DIRNAME/../..")
PLACE=/opt/boxcar-test

# install_into DIRECTORY [VARIABLE=VALUE ...]: what make says is kept for the case that it fails
install_into() {
	make --no-print-directory -C "$SOURCE" install "$@" >"$BATS_TEST_TMPDIR/make" 2>&1 3>&- ||
		{ tail -n 20 "$BATS_TEST_TMPDIR/make"; return 1; }
}

# What must be there, below PREFIX.
expected() {
	local program page name
	printf '%s\n' sbin/boxcar bin/conductor bin/conductor.sh
	for program in "$SOURCE/$BUILD"/boxcar-*; do
		[[ -x $program && $program != *.full ]] && echo "libexec/boxcar/${program##*/}"
	done
	for page in "$SOURCE/$BUILD"/man/pages/*; do
		echo "share/man/man${page##*.}/${page##*/}"
	done
	for name in boxcar conductor; do
		printf '%s\n' share/bash-completion/completions/$name share/zsh/site-functions/_$name \
			share/fish/vendor_completions.d/$name.fish
	done
}

@test "all files land, and no others" {
	local stage=$BATS_TEST_TMPDIR/stage file
	umask 077 # of whoever installs
	install_into DESTDIR="$stage" PREFIX=$PLACE
	diff <(expected | sort) <(cd "$stage$PLACE" && find . -type f -printf '%P\n' | sort)
	[ -z "$(find "$stage" -type f -not -path "$stage$PLACE/*")" ]
	[ -z "$(find "$stage/opt" -type d -not -perm 755)" ]
	expected | grep -c . | grep -x '[3-9][0-9]' # and that is no empty list
	for file in $(expected); do
		case $file in
		share/*) stat -c %a "$stage$PLACE/$file" | grep -x 644 ;;
		*) stat -c %a "$stage$PLACE/$file" | grep -x 755 ;;
		esac
	done
	# twice, as an update does it
	install_into DESTDIR="$stage" PREFIX=$PLACE
	cmp "$SOURCE/$BUILD/boxcar" "$stage$PLACE/sbin/boxcar"
	# and away again: nothing is left of it
	make --no-print-directory -C "$SOURCE" uninstall DESTDIR="$stage" PREFIX=$PLACE >"$BATS_TEST_TMPDIR/make" 2>&1 3>&-
	[ -z "$(find "$stage" -type f)" ]
}

# A container with a device of the host's: that takes boxcar-netdev from libexec.
runs_a_container() {
	local program=$1
	config '.linux.netDevices = {"here0": {"name": "there0"}}'
	args /probe json
	run unshare --net sh -c 'ip link add here0 type veth peer name here1 && exec "$@"' sh "$program" --root "$ROOT" run --bundle "$BUNDLE" "$ID"
	[ "$status" = 0 ] || { echo "$output"; return 1; }
	[[ $output == *'"pid"'* ]]
}

@test "what is installed runs containers, and finds its programs: with PREFIX, below DESTDIR, and moved" {
	local prefix=$BATS_TEST_TMPDIR/prefix
	install_into PREFIX="$prefix"
	runs_a_container "$prefix/sbin/boxcar"
	mv "$prefix/libexec/boxcar/boxcar-netdev" "$prefix/away"
	run runs_a_container "$prefix/sbin/boxcar"
	[ "$status" = 1 ]
	[[ $output == *"find boxcar-netdev in $prefix/sbin or $prefix/sbin/../libexec/boxcar"*"make install"* ]]
	mv "$prefix/away" "$prefix/libexec/boxcar/boxcar-netdev"
	mkdir -p "$BATS_TEST_TMPDIR/stage/usr"
	mv "$prefix" "$BATS_TEST_TMPDIR/stage/usr/local"
	runs_a_container "$BATS_TEST_TMPDIR/stage/usr/local/sbin/boxcar"
	# by a link from elsewhere, and by PATH
	mkdir "$BATS_TEST_TMPDIR/bin"
	ln -s "$BATS_TEST_TMPDIR/stage/usr/local/sbin/boxcar" "$BATS_TEST_TMPDIR/bin/box"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH runs_a_container box
}

@test "without what debuggers read it is less than half, and runs" {
	local prefix=$BATS_TEST_TMPDIR/prefix place
	make --no-print-directory -C "$SOURCE" install-strip PREFIX="$prefix" >"$BATS_TEST_TMPDIR/make" 2>&1 3>&-
	[ $(($(stat -c %s "$prefix/sbin/boxcar") * 2)) -lt "$(stat -c %s "$SOURCE/$BUILD/boxcar")" ]
	for place in sbin/boxcar bin/conductor libexec/boxcar/boxcar-{netdev,systemd,init}; do
		readelf -S "$prefix/$place" >"$BATS_TEST_TMPDIR/sections"
		[ -z "$(grep -E '\.debug_|\.symtab' "$BATS_TEST_TMPDIR/sections")" ]
	done
	runs_a_container "$prefix/sbin/boxcar"
}

@test "the installed conductor builds and runs with the installed boxcar" {
	local prefix=$BATS_TEST_TMPDIR/prefix store=$BATS_TEST_TMPDIR/store
	install_into PREFIX="$prefix"
	cd "$BATS_TEST_TMPDIR"
	cp /bin/busybox .
	printf 'FROM scratch\nCOPY busybox /bin/\nCOPY busybox /bin/sh\nSHELL ["/bin/sh", "-c"]\nRUN echo made >/file\n' >Conductorfile
	PATH=$prefix/sbin:$prefix/bin:$PATH conductor --root "$store" build web Conductorfile >"$BATS_TEST_TMPDIR/built" 2>&1 3>&- ||
		{ cat "$BATS_TEST_TMPDIR/built"; return 1; }
	run env PATH="$prefix/sbin:$prefix/bin:$PATH" conductor --root "$store" run --net-host web "$ID" -- /bin/busybox cat /file
	gave 0 made
}

@test "an installed manual page is found and shown" {
	local stage=$BATS_TEST_TMPDIR/stage
	install_into DESTDIR="$stage" PREFIX=$PLACE
	groff -man -Tutf8 -ww -P-c -P-b -P-u "$stage$PLACE/share/man/man1/boxcar-run.1" >"$BATS_TEST_TMPDIR/page"
	grep -q 'pid.file' "$BATS_TEST_TMPDIR/page"
	grep -q 'BOXCAR-CONFIG(5)' <(groff -man -Tutf8 -P-c -P-b -P-u "$stage$PLACE/share/man/man5/boxcar-config.5")
}

@test "conductorfile(5) has every instruction that conductor knows" {
	local word page=$SOURCE/$BUILD/man/pages/conductorfile.5 count=0
	printf 'FROM scratch\nNONSENSE x\n' >"$BATS_TEST_TMPDIR/Conductorfile"
	run "$SOURCE/$BUILD/conductor" --root "$BATS_TEST_TMPDIR/store" build web "$BATS_TEST_TMPDIR/Conductorfile"
	gave 1 "known are FROM, "
	for word in $(sed -n 's/.*known are \(.*\)/\1/p' <<<"$output" | grep -o '[A-Z]\{2,\}'); do
		grep -q "^.fB$word.fR" "$page" || { echo "no $word"; return 1; }
		count=$((count + 1))
	done
	[ $count -ge 14 ]
}
