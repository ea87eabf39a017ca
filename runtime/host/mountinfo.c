#include "runtime/host/mountinfo.h"

#include "spec/base/own.h"
#include "spec/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { COVERS_SHOWN = 5 };

char *mountinfo_read_file(const char *path, struct arena *a)
{
	own_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t length = 0, room = 4096;

	if (fd < 0)
		return NULL;
	for (char *text = arena_alloc(a, room);;) {
		ssize_t got = read(fd, text + length, room - length - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return NULL;
		length += (size_t)got;
		text[length] = '\0';
		if (got == 0 || (length == (size_t)got && got < 2048))
			return text;
		if (length + 1 == room) {
			text = arena_grow(a, text, room, 2 * room);
			room *= 2;
		}
	}
}

/* Space, tab, newline and backslash are written as a backslash and three octal digits. */
static void decode_octal(char *text)
{
	char *out = text;

	for (const char *in = text; *in; out++) {
		if (in[0] == '\\' && in[1] >= '0' && in[1] <= '3' && in[2] >= '0' && in[2] <= '7' && in[3] >= '0' &&
		    in[3] <= '7') {
			*out = (char)((in[1] - '0') << 6 | (in[2] - '0') << 3 | (in[3] - '0'));
			in += 4;
		} else {
			*out = *in++;
		}
	}
	*out = '\0';
}

/* id parent major:minor ROOT MOUNT_POINT options optional... - TYPE source SUPER_OPTIONS */
bool mountinfo_read_line(char *line, struct mount_line *out)
{
	char *words[6], *rest = line, *word = NULL;

	for (size_t i = 0; i < 6; i++)
		if (!(words[i] = strsep(&rest, " ")))
			return false;
	while ((word = strsep(&rest, " ")) && strcmp(word, "-") != 0)
		; /* optional fields, as many as there are */
	char *type = strsep(&rest, " ");
	(void)strsep(&rest, " "); /* the source */
	if (!type || !rest)
		return false;
	decode_octal(words[3]);
	decode_octal(words[4]);
	*out = (struct mount_line){ words[0], words[1], words[3], words[4], words[5], type, rest };
	return true;
}

/* The kernel made these to be mounted on, and keeps them empty: what is there hides nothing. */
static bool is_made_for_mounts(const char *path)
{
	static const char *const places[] = {
		"/proc/fs/nfsd",      "/proc/sys/fs/binfmt_misc",  "/proc/xen",        "/sys/firmware/efi/efivars",
		"/sys/fs/bpf",        "/sys/fs/cgroup",            "/sys/fs/pstore",   "/sys/fs/fuse/connections",
		"/sys/fs/resctrl",    "/sys/fs/selinux",           "/sys/fs/smackfs",  "/sys/hypervisor/s390",
		"/sys/kernel/config", "/sys/kernel/debug",         "/sys/kernel/security", "/sys/kernel/tracing",
	};

	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (strcmp(path, places[i]) == 0)
			return true;
	return false;
}

/* The last one covers those before it. */
static bool find_top(const char *directory, struct arena *a, struct mount_line *out)
{
	char *rest = mountinfo_read_file("/proc/self/mountinfo", a), *line;
	struct mount_line m;
	bool is_found = false;

	while (rest && (line = strsep(&rest, "\n"))) {
		if (!mountinfo_read_line(line, &m) || strcmp(m.mount_point, directory) != 0)
			continue;
		*out = m;
		is_found = true;
	}
	return is_found;
}

bool mountinfo_is_readonly(const char *directory, struct arena *a)
{
	struct mount_line top;

	return find_top(directory, a, &top) && (strcmp(top.flags, "ro") == 0 || text_has_prefix(top.flags, "ro,"));
}

const char *mountinfo_find_covers(const char *directory, struct arena *a)
{
	char *rest = mountinfo_read_file("/proc/self/mountinfo", a), *line;
	struct mount_line m, top;
	size_t shown = 0;
	struct text t;

	if (!find_top(directory, a, &top))
		return NULL;
	text_init(&t, a);
	while (rest && (line = strsep(&rest, "\n"))) {
		if (!mountinfo_read_line(line, &m) || strcmp(m.parent, top.id) != 0 || is_made_for_mounts(m.mount_point))
			continue;
		if (shown++ < COVERS_SHOWN)
			text_add(&t, "%s%s", t.length ? ", " : "", m.mount_point);
	}
	if (shown > COVERS_SHOWN)
		text_add(&t, " and %zu more", shown - COVERS_SHOWN);
	return shown ? t.at : NULL;
}
