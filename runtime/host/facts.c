#include "runtime/host/facts.h"

#include "runtime/host/mountinfo.h"
#include "spec/base/own.h"
#include "spec/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/utsname.h>

#define CGROUPS "/sys/fs/cgroup"

static bool is_mounted(const char *path, int version)
{
	struct statfs s;

	return statfs(path, &s) == 0 && s.f_type == (version == 1 ? CGROUP_SUPER_MAGIC : CGROUP2_SUPER_MAGIC);
}

/* --- where hierarchies are mounted ---------------------------------------------------------------------------------- */

/* Every controller of the hierarchy is among the mount's super block options. */
static bool has_options(const char *options, const char *controllers, struct arena *a)
{
	char *list = arena_text(a, controllers), *word;

	while ((word = strsep(&list, ","))) {
		const char *at = strstr(options, word);
		size_t length = strlen(word);
		while (at && !((at == options || at[-1] == ',') && (at[length] == ',' || !at[length])))
			at = strstr(at + 1, word);
		if (!at)
			return false;
	}
	return true;
}

/* `own_path` as it reads below a mount that shows only `root` of the hierarchy. */
static const char *cut_root(const char *own_path, const char *root)
{
	size_t length = strlen(root);

	if (strcmp(root, "/") == 0 || strncmp(own_path, root, length) != 0)
		return own_path;
	if (!own_path[length])
		return "/";
	return own_path[length] == '/' ? own_path + length : own_path;
}

static bool is_visible(const struct facts_hierarchy *h, struct arena *a)
{
	return strcmp(h->own_path, "/") == 0 || access(arena_format(a, "%s%s", h->mount_point, h->own_path), F_OK) == 0;
}

/* Where the hierarchy is mounted according to mountinfo; false when it is not. Of several mounts the first one that shows
 * where we are, else the last one, which may hide others. */
static bool find_mount(struct facts_hierarchy *h, struct arena *a)
{
	char *rest = mountinfo_read_file("/proc/self/mountinfo", a), *line;
	const char *type = h->version == 1 ? "cgroup" : "cgroup2", *own_path = h->own_path;
	struct mount_line m;
	bool is_found = false;

	while (rest && (line = strsep(&rest, "\n"))) {
		if (!mountinfo_read_line(line, &m) || strcmp(m.type, type) != 0 ||
		    (h->version == 1 && !has_options(m.options, h->controllers, a)) || !is_mounted(m.mount_point, h->version))
			continue;
		h->mount_point = m.mount_point;
		h->own_path = cut_root(own_path, m.root);
		is_found = true;
		if (is_visible(h, a))
			break;
	}
	return is_found;
}

/* --- hierarchies -------------------------------------------------------------------------------------------------- */

/* The usual place first, which costs one call; mountinfo, which can have thousands of lines, only when it is not there, or
 * when it shows another part of the hierarchy than the one we are in (a bind mount, as in Docker on v1). */
static bool locate(struct facts_hierarchy *h, struct arena *a)
{
	const char *name = text_has_prefix(h->controllers, "name=") ? h->controllers + strlen("name=") : h->controllers;

	bool is_known = h->mount_point;

	if (!is_known)
		h->mount_point = arena_format(a, CGROUPS "/%s", h->version == 2 ? "unified" : name);
	if (!is_known && !is_mounted(h->mount_point, h->version))
		return find_mount(h, a);
	if (is_visible(h, a))
		return true;
	(void)find_mount(h, a); /* when mountinfo knows no better, the place found stays */
	return true;
}

static void read_controllers(struct facts_hierarchy *h, struct arena *a)
{
	char *controllers = mountinfo_read_file(arena_format(a, "%s/cgroup.controllers", h->mount_point), a);

	if (controllers)
		controllers[strcspn(controllers, "\n")] = '\0';
	h->controllers = controllers ? controllers : "";
}

/* "4:memory:/own" is v1, "0::/own" is v2; a controller that no hierarchy has is not listed. */
static void read_line(char *line, bool is_unified, struct arena *a, struct facts *f)
{
	struct facts_hierarchy h = { .version = 1 };
	const char *number = strsep(&line, ":");

	h.controllers = strsep(&line, ":");
	h.own_path = line;
	if (!h.controllers || !h.own_path || f->hierarchy_count == FACTS_MAX_HIERARCHIES)
		return;
	if (!h.controllers[0] && strcmp(number, "0") == 0)
		h.version = 2;
	if (is_unified) {
		if (h.version == 1)
			return;
		h.mount_point = CGROUPS;
	}
	if (!locate(&h, a))
		return;
	if (h.version == 2)
		read_controllers(&h, a);
	f->hierarchies[f->hierarchy_count++] = h;
}

static int probe_cgroups(struct arena *a, struct facts *f, struct err *e)
{
	bool is_unified = is_mounted(CGROUPS, 2);
	char *rest = mountinfo_read_file("/proc/self/cgroup", a), *line;

	if (!rest && errno != ENOENT)
		return err_sys(e, "read /proc/self/cgroup");
	if (!rest)
		return access("/proc/self", F_OK) == 0 ? 0 : err_set(e, "/proc is not mounted");
	while ((line = strsep(&rest, "\n")))
		read_line(line, is_unified, a, f);
	return 0;
}

/* --- the process -------------------------------------------------------------------------------------------------- */

static bool find_hex(const char *status, const char *key, uint64_t *out)
{
	const char *at = strstr(status, key);

	*out = 0;
	if (!at)
		return false;
	for (at += strlen(key); (*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'f'); at++)
		*out = *out << 4 | (uint64_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
	return true;
}

static int read_status(struct arena *a, struct facts *f, struct err *e)
{
	const char *status = mountinfo_read_file("/proc/self/status", a);
	uint64_t permitted, bounding;

	if (!status)
		return err_sys(e, "read /proc/self/status");
	if (!find_hex(status, "\nCapPrm:\t", &permitted) || !find_hex(status, "\nCapBnd:\t", &bounding))
		return err_set(e, "/proc/self/status names no capabilities");
	f->capabilities = permitted & bounding;
	(void)find_hex(status, "\nSigIgn:\t", &f->ignored_signals);
	f->has_seccomp = strstr(status, "\nSeccomp:\t") != NULL;
	/* a set can lack its highest capability: ask the kernel for the next ones */
	f->last_capability = bounding ? 63 - (unsigned)__builtin_clzll(bounding) : 0;
	while (f->last_capability < 63 && prctl(PR_CAPBSET_READ, (unsigned long)f->last_capability + 1, 0, 0, 0) >= 0)
		f->last_capability++;
	return 0;
}

/* The initial user namespace has a fixed inode number (PROC_USER_INIT_INO), which a namespace with an identity map has not. */
static bool is_in_user_namespace(void)
{
	struct stat s;

	return stat("/proc/self/ns/user", &s) == 0 && s.st_ino != 0xeffffffd;
}

/* unshare(1) with --user alone leaves the mounts as they were: whoever is root then has no power over them. The kernel does not
 * show the namespace of another's mounts (EPERM). */
static bool has_foreign_mounts(void)
{
	own_fd mounts = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	own_fd owner = mounts < 0 ? -1 : ioctl(mounts, NS_GET_USERNS);
	struct stat own, theirs;

	return owner < 0 || fstat(owner, &theirs) < 0 || stat("/proc/self/ns/user", &own) < 0 || own.st_ino != theirs.st_ino;
}

static bool is_setgroups_denied(const char *file, struct arena *a)
{
	const char *word = mountinfo_read_file(file, a);

	return word && text_has_prefix(word, "deny");
}

void facts_look_at_groups(int64_t pid, struct arena *a, struct facts *f)
{
	f->is_setgroups_denied = is_setgroups_denied(arena_format(a, "/proc/%lld/setgroups", (long long)pid), a);
}

static int probe_user(struct arena *a, struct facts *f)
{
	f->uid = geteuid();
	f->gid = getegid();
	f->is_in_user_namespace = is_in_user_namespace();
	f->has_foreign_mounts = f->is_in_user_namespace && has_foreign_mounts();
	f->is_rootless = f->uid != 0 || f->is_in_user_namespace;
	f->is_setgroups_denied = f->is_in_user_namespace && is_setgroups_denied("/proc/self/setgroups", a);
	return 0;
}

static int probe_limits(struct facts *f, struct err *e)
{
	for (unsigned i = 0; i < sizeof f->hard_limits / sizeof *f->hard_limits; i++) {
		struct rlimit limit;
		if (getrlimit((int)i, &limit) < 0)
			return err_sys(e, "read the resource limit number %u", i);
		f->hard_limits[i] = limit.rlim_max;
	}
	return 0;
}

static int probe_kernel(struct facts *f, struct err *e)
{
	struct utsname name;
	unsigned major = 0, minor = 0;

	if (uname(&name) < 0)
		return err_sys(e, "uname");
	if (sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return err_set(e, "the kernel calls its release %s", name.release);
	f->kernel = KERNEL(major, minor);
	return 0;
}

/* --- whether a cgroup may be made ----------------------------------------------------------------------------------- */

/* The part that two paths have in common, as a length in `a`: whole components. */
static size_t common_length(const char *a, const char *b)
{
	size_t length = 0, i = 0;

	for (; a[i] && a[i] == b[i]; i++)
		if (a[i] == '/')
			length = i;
	return (a[i] == '/' || !a[i]) && (b[i] == '/' || !b[i]) ? i : length;
}

/* cgroups(7): whoever makes a cgroup needs its parent, whoever puts a process into one its cgroup.procs, and on v2 also that of the
 * last cgroup that the old and the new one have in common. What of these is not the caller's; NULL: nothing. */
static const char *find_closed(const struct facts_hierarchy *h, const char *path, struct arena *a)
{
	const char *target = arena_format(a, "%s%s", h->mount_point, path);
	size_t length = strlen(target), least = strlen(h->mount_point);
	const char *shared = arena_format(a, "%s%.*s/cgroup.procs", h->mount_point, (int)common_length(path, h->own_path), path);

	if (access(target, F_OK) == 0 && access(arena_format(a, "%s/cgroup.procs", target), W_OK) < 0)
		return arena_format(a, "%s/cgroup.procs", target);
	while (length > least && access(arena_copy(a, target, length), F_OK) < 0)
		do
			length--;
		while (length > least && target[length] != '/');
	if (target[length] && access(arena_copy(a, target, length), W_OK | X_OK) < 0)
		return arena_copy(a, target, length);
	return h->version == 2 && access(shared, W_OK) < 0 ? shared : NULL;
}

/* In all hierarchies or in none: what limits in the one should not be without the others. */
void facts_look_at_cgroup(const char *path, struct arena *a, struct facts *f)
{
	f->closed_cgroup = NULL;
	for (size_t i = 0; f->is_rootless && i < f->hierarchy_count && !f->closed_cgroup; i++)
		f->closed_cgroup = find_closed(&f->hierarchies[i], path, a);
}

static bool has_closed_parent(const struct facts *f, struct arena *a)
{
	const struct facts_hierarchy *h = facts_find_controller(f, "");

	if (!f->is_rootless || !h)
		return false;
	const char *own = arena_format(a, "%s%s", h->mount_point, h->own_path);
	return access(own, W_OK) == 0 && access(arena_format(a, "%s/..", own), W_OK) < 0;
}

/* --- security modules --------------------------------------------------------------------------------------------- */

static bool has_apparmor(struct arena *a)
{
	const char *enabled = mountinfo_read_file("/sys/module/apparmor/parameters/enabled", a);

	return enabled && enabled[0] == 'Y';
}

/* As long as no policy is loaded, every label is "kernel". */
static bool has_selinux(struct arena *a)
{
	struct statfs s;

	if (statfs("/sys/fs/selinux", &s) < 0 || (uint32_t)s.f_type != SELINUX_MAGIC)
		return false;
	const char *label = mountinfo_read_file("/proc/self/attr/current", a);
	return label && strcmp(label, "kernel") != 0;
}

static void probe_labels(struct arena *a, struct facts *f)
{
	f->has_apparmor = has_apparmor(a);
	f->has_selinux = has_selinux(a);
}

static void probe_resctrl(struct arena *a, struct facts *f)
{
	char *rest = mountinfo_read_file("/proc/self/mountinfo", a), *line;
	struct mount_line m;

	while (rest && (line = strsep(&rest, "\n")))
		if (mountinfo_read_line(line, &m) && strcmp(m.type, "resctrl") == 0 && strcmp(m.root, "/") == 0)
			f->resctrl = m.mount_point;
}

int facts_probe(unsigned need, struct arena *a, struct facts *f, struct err *e)
{
	need &= ~f->known;
	if ((need & FACTS_USER && probe_user(a, f) < 0) || (need & FACTS_CGROUPS && probe_cgroups(a, f, e) < 0) ||
	    (need & FACTS_CAPABILITIES && read_status(a, f, e) < 0) || (need & FACTS_LIMITS && probe_limits(f, e) < 0) ||
	    (need & FACTS_KERNEL && probe_kernel(f, e) < 0))
		return err_add(e, "look at this host");
	if (need & FACTS_LABELS)
		probe_labels(a, f);
	if (need & FACTS_RESCTRL)
		probe_resctrl(a, f);
	f->known |= need;
	if (need & FACTS_CGROUPS && f->known & FACTS_USER)
		f->has_closed_parent = has_closed_parent(f, a);
	return 0;
}
