/* Devices: the specification's default ones and links, then linux.devices. */
#include "runtime/plan/planner.h"

#include <string.h>
#include <sys/stat.h>

static const struct {
	const char *path;
	unsigned major, minor;
} default_devices[] = {
	{ "/dev/null", 1, 3 },   { "/dev/zero", 1, 5 },    { "/dev/full", 1, 7 },
	{ "/dev/random", 1, 8 }, { "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 },
};

static const struct {
	const char *path, *target;
} default_links[] = {
	{ "/dev/fd", "/proc/self/fd" },         { "/dev/stdin", "/proc/self/fd/0" },
	{ "/dev/stdout", "/proc/self/fd/1" },   { "/dev/stderr", "/proc/self/fd/2" },
	{ "/dev/ptmx", "pts/ptmx" },
};

static bool is_listed(const struct planner *p, const char *path)
{
	for (size_t i = 0; i < p->linux->devices.count; i++)
		if (text_is_equal(p->linux->devices.at[i].path, path))
			return true;
	return false;
}

/* A /dev that is bound from elsewhere brings its own devices. */
static bool has_own_dev(const struct planner *p)
{
	for (size_t i = 0; i < p->spec->mounts.count; i++) {
		const struct spec_mount *m = &p->spec->mounts.at[i];
		struct mount_options o;
		if (!m->destination || !plan_is_below("/dev", m->destination) || !plan_is_below(m->destination, "/dev"))
			continue;
		mount_options_read(p->arena, &m->options, &o);
		if (o.is_bind || text_is_equal(m->type, "bind"))
			return true;
	}
	return false;
}

/* mknod(2) is refused in a user namespace: there the host's own node of that number is bound. */
static const char *host_device(const struct planner *p, const char *path)
{
	return planner_has(p, CLONE_NEWUSER) || p->facts->is_in_user_namespace ? path : NULL;
}

static void add_defaults(struct planner *p)
{
	for (size_t i = 0; i < sizeof default_devices / sizeof *default_devices; i++) {
		const char *path = default_devices[i].path;
		if (!is_listed(p, path))
			PLAN_ADD(&p->w, DEVICE, device, OP_MAY_EXIST, NULL, .path = plan_add_text(&p->w, path),
				 .mode = S_IFCHR | 0666, .major = default_devices[i].major, .minor = default_devices[i].minor,
				 .host = plan_add_text(&p->w, host_device(p, path)));
	}
}

static void add_links(struct planner *p)
{
	for (size_t i = 0; i < sizeof default_links / sizeof *default_links; i++)
		PLAN_ADD(&p->w, LINK, link, OP_MAY_EXIST, NULL, .target = plan_add_text(&p->w, default_links[i].target),
			 .path = plan_add_text(&p->w, default_links[i].path));
}

static uint64_t device_type(const char *type)
{
	return type[0] == 'b' ? S_IFBLK : type[0] == 'p' ? S_IFIFO : S_IFCHR;
}

static void add_listed(struct planner *p, const struct spec_device *d)
{
	uint64_t type;

	if (!d->path || !d->type)
		return;
	type = device_type(d->type);
	PLAN_ADD(&p->w, DEVICE, device, OP_MAY_EXIST, d, .path = plan_add_text(&p->w, d->path),
		 .mode = type | (d->file_mode.is_set ? d->file_mode.value & 07777 : 0666),
		 .major = (uint64_t)d->major.value, .minor = (uint64_t)d->minor.value, .uid = d->uid.value, .gid = d->gid.value,
		 .host = plan_add_text(&p->w, type == S_IFIFO ? NULL : host_device(p, d->path)));
}

void plan_devices(struct planner *p)
{
	bool has_own = has_own_dev(p);

	if (!has_own)
		add_defaults(p);
	for (size_t i = 0; i < p->linux->devices.count; i++)
		add_listed(p, &p->linux->devices.at[i]);
	if (!has_own)
		add_links(p);
}
