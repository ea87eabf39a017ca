# A base system from a mirror, and packages on it. The store stays between runs (CONDUCTOR_TEST_STORE), because a base takes its time.
load harness

setup() {
	STORE=${CONDUCTOR_TEST_STORE:-/var/tmp/conductor-tests}
	cd "$BATS_TEST_TMPDIR" || return 1
}

teardown() {
	c rmi base-test >/dev/null 2>&1
	! grep -F " $STORE/" /proc/self/mountinfo
}

@test "debian with apt split over two steps, ip, ps and ping inside, and no lists in the layers" {
	cat >Conductorfile <<-'END'
		FROM debian:bookworm
		RUN apt-get update
		RUN apt-get install -y --no-install-recommends make
		RUN printf 'all:\n\techo built >/built\n' | make -f -
	END
	status=0
	timeout 500 "$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" build base-test </dev/null >out 2>&1 3>&- || status=$?
	cat out
	[ $status = 0 ]
	works run --rm base-test "base$$" -- bash -c 'cat /built; command -v ip ps ping; stat -c %a /; ls /var/lib/apt/lists; if [ -s /etc/machine-id ]; then exit 1; fi'
	says $'built\n/usr/sbin/ip\n/usr/bin/ps\n/usr/bin/ping\n755'
	works inspect-layers base-test
	[ "$(c inspect-layers --files base-test | grep -c '/var/lib/apt/lists/')" = 0 ]
	works build base-test
	[ "$(grep -c ': cached' <<<"$output")" = 4 ]
}

@test "ubuntu needs its keys" {
	printf 'FROM ubuntu:jammy\n' >Conductorfile
	[ ! -e /usr/share/keyrings/ubuntu-archive-keyring.gpg ] || skip "this host has Ubuntu's keys"
	fails build base-test
	says "Conductorfile:1: ubuntu:jammy needs the keys that Ubuntu signs with"
	says "--keyring"
}

@test "killed while a base is unpacked: all its programs end, and nothing is left" {
	printf 'FROM debian:bookworm\n' >Conductorfile
	"$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" build --include "less,nano" base-test </dev/null >out 2>&1 3>&- &
	pid=$!
	for i in {1..200}; do ls "$STORE"/tmp/*/layer/diff/usr >/dev/null 2>&1 && break; sleep 0.1; done
	sleep 0.5
	[ -n "$(ls "$STORE"/tmp/*/layer/diff/)" ]
	kill -KILL $pid
	wait $pid || true
	if grep -F " $STORE/" /proc/self/mountinfo; then false; fi
	[ -z "$(grep -l -a "$STORE/tmp" /proc/[0-9]*/cmdline 2>/dev/null | grep -v self)" ] || sleep 1
	works gc
	[ -z "$(ls "$STORE/tmp" "$STORE/locks" | grep -v -e : -e '^$')" ]
}

# A mirror of Ubuntu's form, signed with keys of its own: Debian's packages under Ubuntu's names. The packages are kept beside the store.
ubuntu_mirror() {
	"$BATS_TEST_DIRNAME/../packages" debootstrap apt-utils gnupg
	local architecture uri suite debs=$STORE-debs
	architecture=$(dpkg --print-architecture)
	read -r uri suite < <(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' | grep '/debian/* ' | head -n 1)
	if [ ! -e "$debs/whole" ]; then
		rm -rf "$debs"
		timeout 400 debootstrap --download-only --variant=minbase --include=iproute2,iputils-ping,procps "$suite" "$debs" "$uri"
		touch "$debs/whole"
	fi
	mkdir -p "mirror/dists/jammy/main/binary-$architecture" mirror/pool keys merged/DEBIAN
	ln -s "$debs"/var/cache/apt/archives/*.deb mirror/pool/
	# Debian's fails where /usr was not merged before, as it is not for Ubuntu's suites
	rm -f mirror/pool/usr-is-merged_*
	printf '%s\n' 'Package: usr-is-merged' 'Version: 99' 'Architecture: all' 'Maintainer: x <x@example.org>' 'Description: none' >merged/DEBIAN/control
	dpkg-deb --build merged mirror/pool/usr-is-merged_99_all.deb >/dev/null
	(
		cd mirror
		apt-ftparchive packages pool/ >"dists/jammy/main/binary-$architecture/Packages"
		apt-ftparchive -o APT::FTPArchive::Release::Suite=jammy -o APT::FTPArchive::Release::Codename=jammy \
			-o APT::FTPArchive::Release::Components=main -o APT::FTPArchive::Release::Architectures="$architecture" \
			release dists/jammy >../Release
	)
	chmod 700 keys
	for name in ubuntu other; do
		GNUPGHOME=keys gpg --batch --quiet --passphrase '' --quick-gen-key "$name@example.org" default default never
		GNUPGHOME=keys gpg --batch --quiet --export "$name@example.org" >"$name.gpg"
	done
	GNUPGHOME=keys gpg --batch --quiet --default-key ubuntu@example.org --clearsign -o mirror/dists/jammy/InRelease Release
	GNUPGHOME=keys gpgconf --kill gpg-agent
	chmod -R go+rX .
}

@test "ubuntu by a keyring that the user gives, from a mirror signed with it; a mirror signed with another key is refused" {
	ubuntu_mirror
	printf 'FROM ubuntu:jammy\nRUN ["/bin/bash", "-c", "ip -V && ps --version && ping -V && cat /etc/apt/sources.list"]\n' >Conductorfile
	for key in other ubuntu; do
		status=0
		timeout 500 "$CONDUCTOR" --root "$STORE" --runtime "$RUNTIME" build --no-cache --keyring $key.gpg --mirror "copy://$PWD/mirror" base-test \
			</dev/null >out 2>&1 3>&- || status=$?
		cat out
		[ $key = ubuntu ] || { [ $status = 1 ] && grep -q 'NO_PUBKEY\|not signed' out; }
		[ $key = other ] || [ $status = 0 ]
		[ -z "$(ls "$STORE/tmp" "$STORE/locks" | grep -v -e : -e '^$')" ]
	done
	grep -F "copy://$PWD/mirror jammy main" out
	fails build --keyring missing.gpg base-test
	says "read the keyring missing.gpg: no such file or directory"
}
