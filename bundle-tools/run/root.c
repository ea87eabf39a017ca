#include "bundle-tools/run/root.h"

#include "spec/base/own.h"
#include "spec/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FILE_MOST = 1 << 20 };

int root_open(int root_fd, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (unsigned)(flags | O_CLOEXEC),
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, root_fd, path, &how, sizeof how);
}

/* The first `length` bytes of the path, made when missing. */
static int make_one(struct conductor *c, int root_fd, const char *path, size_t length, uid_t uid, gid_t gid, struct err *e)
{
	const char *part = arena_copy(&c->arena, path, length);
	int fd = root_open(root_fd, part, O_PATH | O_DIRECTORY, 0);

	if (fd >= 0 || errno != ENOENT)
		return fd < 0 ? err_sys(e, "open %s in the image", part) : fd;
	const char *slash = strrchr(part, '/');
	own_fd parent = root_open(root_fd, slash && slash > part ? arena_copy(&c->arena, part, (size_t)(slash - part)) : "/",
				  O_PATH | O_DIRECTORY, 0);
	if (parent < 0)
		return err_sys(e, "open the directory of %s in the image", part);
	const char *name = slash ? slash + 1 : part;
	if (mkdirat(parent, name, 0755))
		return err_sys(e, "make %s in the image", part);
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "open %s in the image", part);
	if (fchmod(fd, 0755) || fchown(fd, uid, gid)) { /* whatever the umask */
		(void)err_sys(e, "set mode and owner of %s", part);
		own_close(&fd);
		return -1;
	}
	return fd;
}

int root_make_directory(struct conductor *c, int root_fd, const char *path, uid_t uid, gid_t gid, struct err *e)
{
	own_fd fd = root_open(root_fd, "/", O_PATH | O_DIRECTORY, 0);

	if (fd < 0)
		return err_sys(e, "open the image's root");
	for (const char *end = path; *end;) {
		while (*end == '/')
			end++;
		if (!*end)
			break;
		end += strcspn(end, "/");
		drop_fd(&fd);
		fd = make_one(c, root_fd, path, (size_t)(end - path), uid, gid, e);
		if (fd < 0)
			return -1;
	}
	return take_fd(&fd);
}

/* --- users ---------------------------------------------------------------------------------------------------------- */

/* A small regular file of the image as lines; one that is missing is empty. */
static int read_lines(struct conductor *c, int root_fd, const char *path, char **out, struct err *e)
{
	own_fd fd = root_open(root_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	struct stat st;

	*out = arena_text(&c->arena, "");
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, "open %s in the image", path);
	if (fstat(fd, &st))
		return err_sys(e, "stat %s in the image", path);
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MOST)
		return err_set(e, "%s in the image is no regular file of at most 1 MiB", path);
	char *text = arena_alloc(&c->arena, (size_t)st.st_size + 1);
	if (pread(fd, text, (size_t)st.st_size, 0) < 0)
		return err_sys(e, "read %s in the image", path);
	*out = text;
	return 0;
}

struct fields {
	char *at[7];
	size_t count;
};

/* The next line, cut at its colons; false at the end. */
static bool take_fields(char **rest, struct fields *out)
{
	char *line = strsep(rest, "\n");

	out->count = 0;
	while (line && out->count < 7)
		out->at[out->count++] = strsep(&line, ":");
	return out->count;
}

static bool is_number(const char *text, uint32_t *out)
{
	uint64_t value;

	if (!text_read_uint(text, UINT32_MAX - 1, &value))
		return false;
	*out = (uint32_t)value;
	return true;
}

/* The line whose name, or number, is `who`. */
static bool find_line(char *text, const char *who, size_t number_at, size_t least, struct fields *out)
{
	while (take_fields(&text, out))
		if (out->count >= least && (strcmp(out->at[0], who) == 0 || strcmp(out->at[number_at], who) == 0))
			return true;
	return false;
}

static void add_groups(struct conductor *c, char *text, const char *user, struct spec_ids *out)
{
	struct fields line;
	uint32_t gid;

	while (take_fields(&text, &line)) {
		if (line.count < 4 || !is_number(line.at[2], &gid))
			continue;
		for (char *rest = line.at[3], *member; (member = strsep(&rest, ","));) {
			if (strcmp(member, user) != 0)
				continue;
			size_t size = out->count * sizeof *out->at;
			out->at = arena_grow(&c->arena, out->at, size, size + sizeof *out->at);
			out->at[out->count++] = gid;
		}
	}
}

static int find_group(struct conductor *c, int root_fd, const char *group, gid_t *out, struct err *e)
{
	struct fields line;
	char *groups;

	if (is_number(group, out))
		return 0;
	if (read_lines(c, root_fd, "/etc/group", &groups, e))
		return -1;
	if (!find_line(groups, group, 2, 3, &line) || !is_number(line.at[2], out))
		return err_set(e, "the image's /etc/group has no group %s", group);
	return 0;
}

int root_find_user(struct conductor *c, int root_fd, const char *text, struct root_user *out, struct err *e)
{
	struct root_user found = { 0 };
	struct fields line;
	char *users, *groups, *group = arena_text(&c->arena, text ? text : "");
	const char *user = strsep(&group, ":");

	if (read_lines(c, root_fd, "/etc/passwd", &users, e) || read_lines(c, root_fd, "/etc/group", &groups, e))
		return -1;
	if (user[0]) {
		bool is_listed = find_line(users, user, 2, 4, &line) && is_number(line.at[2], &found.uid) && is_number(line.at[3], &found.gid);
		if (!is_listed && !is_number(user, &found.uid))
			return err_set(e, "the image's /etc/passwd has no user %s", user);
		if (is_listed && !group)
			add_groups(c, groups, line.at[0], &found.groups);
	}
	if (group && group[0] && find_group(c, root_fd, group, &found.gid, e))
		return -1;
	*out = found;
	return 0;
}
