#!/bin/bash
# The course's command line on top of conductor: put (or link) this beside the course's setup.sh or config.sh and its scripts run as
# they are. The directories are those that the file names, relative to the one that the script was called in; images and layers are
# kept in $CACHEDIR/conductor, and shown where the course has them.
set -u
directory=$(cd "$(dirname "$0")" && pwd) || exit 1

fail() {
	echo "$*" >&2
	exit 1
}

for file in setup.sh config.sh; do
	if [ -f "$directory/$file" ]; then
		# shellcheck disable=SC1090 # whichever there is
		. "$directory/$file" || fail "$directory/$file cannot be read"
		break
	fi
done

# --- where everything is ------------------------------------------------------------------------------------------------

absolute() {
	case $1 in
	/*) echo "$1" ;;
	*) echo "$directory/$1" ;;
	esac
}

cache=$(absolute "${CACHEDIR:-.cache}")
containers=$(absolute "${CONTAINERDIR:-.containers}")
images=$(absolute "${IMAGEDIR:-.images}")
export CONDUCTOR_ROOT="$cache/conductor" CONDUCTOR_SUBNET="${IP4_SUBNET:-192.168}"
[ "${IP4_PREFIX_SIZE:-24}" = 24 ] && [ "${IP4_FULL_PREFIX_SIZE:-16}" = 16 ] ||
	fail "IP4_PREFIX_SIZE must be 24 and IP4_FULL_PREFIX_SIZE 16"

# A name that scripts know for a directory of the store. One of the skeleton's own that is not empty stays: it is not ours.
show_as() {
	mkdir -p "$CONDUCTOR_ROOT/$1" "$(dirname "$2")" || exit 1
	if [ -d "$2" ] && [ ! -L "$2" ]; then
		rmdir "$2" 2>/dev/null || fail "$2 is in use by another conductor: move it away"
	fi
	[ "$(readlink "$2")" = "$CONDUCTOR_ROOT/$1" ] || ln -sfn "$CONDUCTOR_ROOT/$1" "$2" || exit 1
}

# An image is a directory there, in which the file layers tells its layers as mount(8) wants them: the topmost first.
show_images() {
	local shown="$CONDUCTOR_ROOT/course-images" file name
	for name in "$shown"/*; do
		[ ! -d "$name" ] || [ -e "$CONDUCTOR_ROOT/images/${name##*/}.json" ] || rm -rf "$name"
	done
	for file in "$CONDUCTOR_ROOT"/images/*.json; do
		[ -e "$file" ] || continue
		name=${file##*/}
		name=$shown/${name%.json}
		mkdir -p "$name" && awk -v at="$CONDUCTOR_ROOT/layers" '
			/^  "layers": \[/ { inside = 1; next }
			inside && /\]/ { exit }
			inside { gsub(/[ ",]/, ""); all = at "/" $0 "/diff" (all ? ":" all : "") }
			END { print all }' "$file" >"$name/layers"
	done
}

# Beside this file, beside the one that it is a link to, in a build directory below that, or in PATH.
find_conductor() {
	local real place
	real=$(dirname "$(readlink -f "$0")")
	for place in "$directory" "$real" "$real/../build" "$real/../bin"; do
		if [ -x "$place/conductor" ] && [ -f "$place/conductor" ]; then
			echo "$place/conductor"
			return
		fi
	done
	command -v conductor
}

conductor=${CONDUCTOR:-$(find_conductor)} || fail "there is no program conductor"

usage() {
	cat <<-'END'
		usage: conductor.sh COMMAND [OPTION ...] [OPERAND ...]
		    build IMAGE [FILE]               make an image
		    images                           list the images
		    rmi IMAGE                        remove an image
		    rmcache                          remove layers that nothing uses
		    run IMAGE NAME [-- COMMAND]      run a container
		    ps                               list the containers
		    exec NAME [-- COMMAND]           run another command in a container
		    stop NAME                        end a container and remove it
		    addnetwork NAME [-i] [-e INNER-OUTER]
		                                     -i, --internet: let it reach the internet
		                                     -e, --expose: a port of the container at one of the host
		    peer NAME NAME                   let two containers talk to each other
	END
	exit 1
}

# --- the command line: options may stand anywhere, also before the command -----------------------------------------------

echo "CS695 Conductor that manages containers"
before=()
while [ $# -gt 0 ]; do
	case $1 in
	-h | --help) usage ;;
	--) shift ;;
	-e | --expose)
		[ $# -gt 1 ] || usage
		before+=("$1" "$2")
		shift 2
		;;
	-*)
		before+=("$1")
		shift
		;;
	*) break ;;
	esac
done
[ $# -gt 0 ] || usage
command=$1
shift
set -- ${before[@]+"${before[@]}"} "$@"
for word; do
	case $word in
	--) break ;;
	-h | --help)
		[ "$command" = exec ] || [ "$command" = run ] || usage
		;;
	esac
done
show_as containers "$containers"
show_as course-images "$images"

# What the words are when options and the first -- are gone: the name, and the command behind it.
operands() {
	words=()
	while [ $# -gt 0 ]; do
		case $1 in
		--)
			shift
			words+=("$@")
			break
			;;
		-e | --expose | -u | --user) shift ;;
		-*) [ ${#words[@]} = 0 ] || words+=("$1") ;;
		*) words+=("$1") ;;
		esac
		shift
	done
}

# The mirror that the course's file has for a base: BASE_MIRRORS by its name, or as the same element of BASE_SUITES.
find_mirror() {
	local key
	for key in "${!BASE_MIRRORS[@]}"; do
		if [ "$key" = "$1" ] || [ "$key" = "${1%%:*}" ] || { [ -z "${key//[0-9]/}" ] && [ "${BASE_SUITES[key]-}" = "$1" ]; }; then
			echo "${BASE_MIRRORS[$key]}"
			return
		fi
	done
}

case $command in
build)
	operands "$@"
	file=${words[1]-Conductorfile}
	from=$(sed -n 's/^FROM[[:space:]]*\([^[:space:]]*\).*/\1/p' "$file" 2>/dev/null | head -n 1)
	mirror=${from:+$(find_mirror "$from")}
	[ -z "$mirror" ] || set -- --mirror "$mirror" "$@"
	"$conductor" build "$@" || exit
	show_images
	exit
	;;
rmi)
	status=0
	"$conductor" rmi "$@" || status=$?
	show_images
	exit $status
	;;
exec)
	operands "$@"
	[ ${#words[@]} = 0 ] || echo "Executing ${words[*]:1} in ${words[0]} container!"
	;;
addnetwork)
	"$conductor" addnetwork "$@" >/dev/null || exit
	operands "$@"
	address=$("$conductor" inspect --ip "${words[0]}") || exit
	echo "Setting up network '${words[0]}' with peer ip $address. Waiting for interface configuration to settle..."
	exit
	;;
esac
exec "$conductor" "$command" "$@"
