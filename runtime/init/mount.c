/* Mounts. A new one is made detached, with its options and attributes, and attached once to a descriptor; a bind
 * is a cloned tree that goes the same way (tree.h). */
#include "runtime/init/sys.h"
#include "runtime/init/tree.h"

int init_propagation(struct init *i, const struct op *op, const struct op_propagation *p)
{
	(void)op;
	return init_expect(i, __NR_mount, sys_mount(NULL, "/", NULL, p->flags, NULL));
}

/* --- MOUNT: what is to be made ------------------------------------------------------------------------------------ */

enum { NO_OPTION = -1, COVER_MAX = 3, DATA_MAX = 4096, /* mount(2) reads one page */ FSCONFIG_VALUE_MAX = 256 };

struct new_mount {
	const struct op_mount *p;
	const char *type, *source;
	int target_fd;
	uint32_t cover_count;
	char cover[COVER_MAX][20]; /* "mode=1777", "uid=...", "gid=..." of the directory below */
};

static bool is_any(const char *text, const char *const *names)
{
	while (*names && !text_equal(text, *names))
		names++;
	return *names;
}

static bool has_option(const struct init *i, const struct op_mount *p, const char *prefix)
{
	for (uint32_t n = 0; n < p->options.count; n++)
		if (text_begins(init_item(i, p->options, n), prefix))
			return true;
	return false;
}

static void add_cover(struct new_mount *m, const char *key, uint64_t value, unsigned base)
{
	char digits[24], *at = digits + sizeof digits - 1;
	char *to = m->cover[m->cover_count++];
	size_t size = sizeof m->cover[0];

	*at = 0;
	do
		*--at = (char)('0' + value % base);
	while (value /= base);
	(void)text_add(to, size, text_add(to, size, 0, key), at); /* fits: 4 + 10 digits */
}

static bool is_to_look_like_cover(const struct init *i, const struct new_mount *m)
{
	return text_equal(m->type, "tmpfs") && !has_option(i, m->p, "mode=") && !has_option(i, m->p, "uid=") &&
	       !has_option(i, m->p, "gid=");
}

/* A tmpfs that says nothing about it looks like the directory it covers: /tmp stays 1777. Ids that this user
 * namespace does not have show as the overflow id, which is nobody's own. */
static int take_after_cover(struct init *i, struct new_mount *m)
{
	enum { OVERFLOW_ID = 65534 };
	struct stat st;

	if (init_expect(i, __NR_fstat, sys_fstat(m->target_fd, &st)) < 0)
		return -1;
	if (!S_ISDIR(st.st_mode))
		return init_fail(i, __NR_openat2, ENOTDIR, NO_OPTION);
	add_cover(m, "mode=", st.st_mode & 07777, 8);
	if (st.st_uid != 0 && st.st_uid != OVERFLOW_ID)
		add_cover(m, "uid=", st.st_uid, 10);
	if (st.st_gid != 0 && st.st_gid != OVERFLOW_ID)
		add_cover(m, "gid=", st.st_gid, 10);
	return 0;
}

/* The image may not lead these elsewhere: masks and read-only paths count on where they are. */
static const char *const strict_types[] = { "proc", "sysfs", "cgroup", "cgroup2", NULL };

static int find_target(struct init *i, struct new_mount *m)
{
	const char *path = init_text(i, m->p->target);
	unsigned rules = is_any(m->type, strict_types) ? PATH_NO_SYMLINKS : m->p->how & NEW_TARGET_AS_IS ? PATH_LAST_AS_IS : PATH_FOLLOW;
	bool is_like_cover = is_to_look_like_cover(i, m);
	int root_fd = path_find_root(i);

	if (root_fd < 0)
		return -1;
	long fd = is_like_cover ? path_open(root_fd, path, PATH_FIND, rules) : -ENOENT;
	bool is_new = fd == -ENOENT; /* one of ours says nothing about what was there */
	if (is_new)
		fd = path_open(root_fd, path, PATH_MAKE_DIRECTORY, rules);
	if (init_expect(i, __NR_openat2, fd) < 0)
		return -1;
	m->target_fd = (int)fd;
	return is_like_cover && !is_new ? take_after_cover(i, m) : 0;
}

/* --- MOUNT: detached ---------------------------------------------------------------------------------------------- */

/* fsconfig(2) takes short values only; overlay takes a directory by descriptor, too (6.13). */
static long set_path(int fs_fd, const char *key, const char *path)
{
	long fd = sys_openat(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0), result;

	if (fd < 0)
		return fd;
	result = sys_fsconfig(fs_fd, FSCONFIG_SET_FD, key, NULL, (int)fd);
	(void)sys_close((int)fd); /* only a reference */
	return result;
}

static long set_option(int fs_fd, const char *option)
{
	char key[256];
	size_t length = 0;

	while (option[length] && option[length] != '=')
		length++;
	if (!option[length])
		return sys_fsconfig(fs_fd, FSCONFIG_SET_FLAG, option, NULL, 0);
	if (length >= sizeof key)
		return -EINVAL;
	memcpy(key, option, length);
	key[length] = 0;
	if (text_length(option + length + 1) >= FSCONFIG_VALUE_MAX && option[length + 1] == '/')
		return set_path(fs_fd, key, option + length + 1);
	return sys_fsconfig(fs_fd, FSCONFIG_SET_STRING, key, option + length + 1, 0);
}

static const struct {
	uint32_t flag;
	const char *name;
} superblock_flags[] = {
	{ MS_RDONLY, "ro" }, { MS_SYNCHRONOUS, "sync" }, { MS_DIRSYNC, "dirsync" }, { MS_MANDLOCK, "mand" }, { MS_LAZYTIME, "lazytime" },
};
enum { SUPERBLOCK_FLAGS = sizeof superblock_flags / sizeof *superblock_flags };

static long set_flags(int fs_fd, uint64_t flags)
{
	long result = 0;

	for (size_t n = 0; n < SUPERBLOCK_FLAGS && result >= 0; n++)
		if (flags & superblock_flags[n].flag)
			result = sys_fsconfig(fs_fd, FSCONFIG_SET_FLAG, superblock_flags[n].name, NULL, 0);
	return result;
}

/* The failure's number is the index of the option that was refused. */
static int configure(struct init *i, const struct new_mount *m, int fs_fd)
{
	long result = sys_fsconfig(fs_fd, FSCONFIG_SET_STRING, "source", m->source, 0);

	if (result >= 0)
		result = set_flags(fs_fd, m->p->superblock);
	for (uint32_t n = 0; n < m->cover_count && result >= 0; n++)
		result = set_option(fs_fd, m->cover[n]);
	if (result < 0)
		return init_fail(i, __NR_fsconfig, -result, NO_OPTION);
	for (uint32_t n = 0; n < m->p->options.count; n++) {
		result = set_option(fs_fd, init_item(i, m->p->options, n));
		if (result < 0)
			return init_fail(i, __NR_fsconfig, -result, n);
	}
	result = sys_fsconfig(fs_fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	return result < 0 ? init_fail(i, __NR_fsconfig, -result, NO_OPTION) : 0;
}

static int make_detached(struct init *i, const struct new_mount *m)
{
	long mount, fs = sys_fsopen(m->type, FSOPEN_CLOEXEC);

	if (fs < 0)
		return init_fail(i, __NR_fsopen, -fs, NO_OPTION);
	if (configure(i, m, (int)fs) < 0) {
		(void)sys_close((int)fs); /* a context only */
		return -1;
	}
	mount = sys_fsmount((int)fs, FSMOUNT_CLOEXEC, (unsigned)m->p->set);
	(void)sys_close((int)fs);
	return init_expect(i, __NR_fsmount, mount) < 0 ? -1 : (int)mount;
}

/* A whole, writable procfs that we made ourselves: SYSCTL need not make another. */
static bool is_for_sysctl(const struct init *i, const struct new_mount *m)
{
	return i->proc_fd < 0 && text_equal(m->type, "proc") && m->p->options.count == 0 && !(m->p->set & MOUNT_ATTR_RDONLY) &&
	       !i->has_pid_to_enter && init_find_op(i, OP_SYSCTL);
}

static int mount_detached(struct init *i, const struct new_mount *m)
{
	int mount_fd = make_detached(i, m), result;

	if (mount_fd < 0)
		return -1;
	result = m->p->how & NEW_COPY_UP ? copy_up(i, m->target_fd, mount_fd, m->p->how) : 0;
	if (result == 0)
		result = tree_attach(i, mount_fd, m->target_fd, &(struct tree_change){ .propagation = m->p->propagation });
	if (result == 0 && is_for_sysctl(i, m))
		i->proc_fd = mount_fd;
	else
		(void)sys_close(mount_fd); /* a reference to what is attached; else the failure counts */
	return result;
}

/* --- MOUNT: by mount(2) ------------------------------------------------------------------------------------------- */

/* A label may have commas. Only security modules read quotes, and only here: fsconfig(2) has none. */
static const char context[] = "context=";

static size_t add_text(char *data, size_t length, const char *text)
{
	return length < DATA_MAX ? text_add(data, DATA_MAX, length, text) : DATA_MAX;
}

static bool add_data(char *data, size_t *length, const char *option)
{
	bool is_quoted = text_begins(option, context) && option[sizeof context - 1] != '"';
	size_t end = *length;

	if (end)
		end = add_text(data, end, ",");
	if (is_quoted)
		end = add_text(data, add_text(data, end, context), "\"");
	end = add_text(data, end, is_quoted ? option + sizeof context - 1 : option);
	if (is_quoted)
		end = add_text(data, end, "\"");
	*length = end;
	return end < DATA_MAX;
}

static bool join_data(const struct init *i, const struct new_mount *m, char *data)
{
	size_t length = 0;
	bool fits = true;

	data[0] = 0;
	for (uint32_t n = 0; n < m->cover_count && fits; n++)
		fits = add_data(data, &length, m->cover[n]);
	for (uint32_t n = 0; n < m->p->options.count && fits; n++)
		fits = add_data(data, &length, init_item(i, m->p->options, n));
	return fits;
}

/* The working directory is what is mounted on: no path. Afterwards it is below the mount, which a second look finds. */
static int propagate(struct init *i, const struct new_mount *m)
{
	struct statx st;
	long fd = path_open(i->root_fd, init_text(i, m->p->target), PATH_FIND, PATH_FOLLOW);
	long result = fd < 0 ? fd : sys_statx((int)fd, "", AT_EMPTY_PATH, 0, &st);

	if (result == 0 && !(st.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		result = -EXDEV;
	if (result == 0)
		result = tree_change(i, (int)fd, &(struct tree_change){ .propagation = m->p->propagation });
	else
		(void)init_fail(i, __NR_openat2, -result, NO_OPTION);
	if (fd >= 0)
		(void)sys_close((int)fd); /* only a reference */
	return result < 0 ? -1 : 0;
}

static int mount_here(struct init *i, const struct new_mount *m)
{
	char data[DATA_MAX];
	uint64_t flags = m->p->superblock | tree_mount_flags(m->p->set);

	if (!join_data(i, m, data))
		return init_fail(i, __NR_mount, E2BIG, NO_OPTION);
	long result = sys_fchdir(m->target_fd);
	if (result == 0)
		result = sys_mount(m->source, ".", m->type, flags, data);
	if (result < 0)
		return init_fail(i, __NR_mount, -result, NO_OPTION);
	return m->p->propagation ? propagate(i, m) : 0;
}

static int mount_layers(struct init *i, const struct new_mount *m)
{
	int result = overlay_mount(i, m->p, m->source, m->target_fd);

	return result == 0 && m->p->propagation ? propagate(i, m) : result;
}

/* fsconfig(2) knows no word for these: MS_SILENT, MS_I_VERSION, MS_POSIXACL. */
static bool has_other_flags(uint64_t flags)
{
	for (size_t n = 0; n < SUPERBLOCK_FLAGS; n++)
		flags &= ~(uint64_t)superblock_flags[n].flag;
	return flags;
}

/* --- MOUNT: which way --------------------------------------------------------------------------------------------- */

/* Both ways mount on the target's descriptor, with all attributes from the first moment on. mount(2) needs two
 * calls where the other needs seven; the other gives a descriptor of the mount, and when it fails it knows which
 * option was refused. What it refuses may still be good for mount(2): options that hold a comma, and all on hosts
 * with a filter that knows no fsopen(2). */
static int make(struct init *i, const struct new_mount *m)
{
	bool is_only_here = has_other_flags(m->p->superblock);
	bool is_first_here = is_only_here || !(m->p->propagation || m->p->how & NEW_COPY_UP || is_for_sysctl(i, m));
	int result = is_first_here ? mount_here(i, m) : mount_detached(i, m);

	if (result == 0 || is_only_here || m->p->how & NEW_COPY_UP)
		return result;
	uint32_t call = i->failed_call;
	int error = i->failed_error;
	int64_t number = i->failed_number;
	result = is_first_here ? mount_detached(i, m) : mount_here(i, m);
	if (result < 0 && has_option(i, m->p, "lowerdir+=") && text_equal(m->type, "overlay"))
		return mount_layers(i, m);
	if (result < 0 && (is_first_here ? i->failed_call == __NR_fsopen : call != __NR_fsopen))
		return init_fail(i, call, error, number); /* the failure that says more */
	return result;
}

static int bind_instead(struct init *i, const struct new_mount *m)
{
	const uint64_t kept = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	long tree = tree_clone(AT_FDCWD, init_text(i, m->p->instead), AT_RECURSIVE);

	if (init_expect(i, __NR_open_tree, tree) < 0)
		return -1;
	int result = tree_attach(i, (int)tree, m->target_fd,
				 &(struct tree_change){ .set_below = kept, .propagation = m->p->propagation });
	(void)sys_close((int)tree); /* a reference to what is attached; else the failure counts */
	return result;
}

int init_mount(struct init *i, const struct op *op, const struct op_mount *p)
{
	struct new_mount m = { .p = p, .type = init_text(i, p->type), .target_fd = -1 };

	(void)op;
	m.source = p->source ? init_text(i, p->source) : NULL;
	int result = find_target(i, &m);
	if (result == 0)
		result = make(i, &m);
	if (result < 0 && p->instead && m.target_fd >= 0 && i->failed_error == EPERM)
		result = bind_instead(i, &m);
	if (m.target_fd >= 0)
		(void)sys_close(m.target_fd); /* only a reference */
	return result;
}
