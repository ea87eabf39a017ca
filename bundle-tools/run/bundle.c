#include "bundle-tools/run/bundle.h"

#include "bundle-tools/store/hash.h"
#include "spec/base/own.h"
#include "spec/features.h"
#include "spec/fields.h"
#include "spec/json/write.h"
#include "spec/words.h"

#include <stdio.h>
#include <string.h>

enum { CPU_PERIOD = 100000 };

/* What engines grant by default: enough for packages to be installed and servers to be run, nothing that reaches the host. */
static const char *const capabilities[] = {
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW",
	"CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT", "CAP_AUDIT_WRITE",
};
static const char *const masked[] = {
	"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
	"/proc/sched_debug", "/proc/scsi", "/sys/firmware",
};
static const char *const readonly[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger" };

struct standard_mount {
	const char *destination, *type;
	const char *options[6];
};
static const struct standard_mount standard_mounts[] = {
	{ "/proc", "proc", { "nosuid", "noexec", "nodev" } },
	{ "/dev", "tmpfs", { "nosuid", "strictatime", "mode=755", "size=65536k" } },
	{ "/dev/pts", "devpts", { "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5" } },
	{ "/dev/shm", "tmpfs", { "nosuid", "noexec", "nodev", "mode=1777", "size=65536k" } },
	{ "/dev/mqueue", "mqueue", { "nosuid", "noexec", "nodev" } },
	{ "/sys", "sysfs", { "nosuid", "noexec", "nodev", "ro" } },
	{ "/sys/fs/cgroup", "cgroup", { "nosuid", "noexec", "nodev", "relatime", "ro" } },
};
enum { STANDARD_MOUNTS = sizeof standard_mounts / sizeof *standard_mounts };

#define TEXTS_OF(array) ((struct spec_texts){ (const char **)(uintptr_t)(array), sizeof(array) / sizeof *(array) })

void bundle_set_env(struct conductor *c, struct spec_texts *env, const char *pair)
{
	size_t name = strcspn(pair, "=") + 1, size = env->count * sizeof *env->at;

	for (size_t i = 0; i < env->count; i++) {
		if (strncmp(env->at[i], pair, name) == 0) {
			env->at[i] = pair;
			return;
		}
	}
	const char **grown = arena_alloc(&c->arena, size + sizeof *grown); /* a copy: the old list may be the image's */
	if (size)
		memcpy(grown, env->at, size);
	grown[env->count] = pair;
	*env = (struct spec_texts){ grown, env->count + 1 };
}

void bundle_add_path(struct conductor *c, struct spec_texts *env)
{
	for (size_t i = 0; i < env->count; i++)
		if (strncmp(env->at[i], "PATH=", 5) == 0)
			return;
	bundle_set_env(c, env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
}

const char *bundle_store_tag(struct conductor *c)
{
	char text[HASH_TEXT];
	struct hash h;

	hash_init(&h);
	hash_add_text(&h, c->root);
	hash_finish_text(&h, text);
	return arena_copy(&c->arena, text, 8);
}

/* --- parts of the model --------------------------------------------------------------------------------------------- */

static void add_host_sys(struct spec *spec)
{
	static const char *const options[] = { "rbind", "rprivate", "nosuid", "noexec", "nodev", "ro" };

	for (size_t i = 0; i < STANDARD_MOUNTS - 1; i++)
		if (strcmp(spec->mounts.at[i].destination, "/sys") == 0)
			spec->mounts.at[i] = (struct spec_mount){ .destination = "/sys", .type = "bind", .source = "/sys",
								  .options = TEXTS_OF(options) };
}

static void add_mounts(struct conductor *c, const struct bundle *b, struct spec *spec)
{
	size_t count = STANDARD_MOUNTS - !b->has_cgroup_mount;
	struct spec_mount *m = arena_alloc(&c->arena, (count + b->mounts.count) * sizeof *m);

	spec->mounts.at = m;
	spec->mounts.count = count + b->mounts.count;
	for (size_t i = 0; i < count; i++, m++) {
		const struct standard_mount *s = &standard_mounts[i];
		size_t options = 0;
		while (options < 6 && s->options[options])
			options++;
		*m = (struct spec_mount){ .destination = s->destination, .type = s->type, .source = s->type,
					  .options = { (const char **)(uintptr_t)s->options, options } };
	}
	if (c->is_rootless && b->shares_network) /* a new sysfs belongs to the network's owner */
		add_host_sys(spec);
	for (size_t i = 0; i < b->mounts.count; i++, m++) {
		static const char *const writable[] = { "rbind", "rprivate" }, *const fixed[] = { "rbind", "rprivate", "ro" };
		const struct bundle_mount *bind = &b->mounts.at[i];
		*m = (struct spec_mount){ .destination = bind->destination, .type = "bind", .source = bind->source,
					  .options = bind->is_readonly ? TEXTS_OF(fixed) : TEXTS_OF(writable) };
	}
}

/* Lines of "inside outside count"; who reads his own sees what lies outside as the one outside does. */
static int read_map(struct conductor *c, const char *file, struct spec_id_mapping **at, size_t *count, struct err *e)
{
	own_stream map = fopen(file, "re");
	unsigned inside, outside, size;

	if (!map)
		return err_sys(e, "open %s", file);
	while (fscanf(map, "%u %u %u", &inside, &outside, &size) == 3) {
		size_t bytes = *count * sizeof **at;
		*at = arena_grow(&c->arena, *at, bytes, bytes + sizeof **at);
		(*at)[(*count)++] = (struct spec_id_mapping){ { true, inside }, { true, outside }, { true, size } };
	}
	return 0;
}

static int add_user_namespace(struct conductor *c, struct spec_linux *l, struct err *e)
{
	struct spec_namespace *n = &l->namespaces.at[l->namespaces.count++];

	n->type = (struct opt_word){ true, NAMESPACE_USER };
	if (read_map(c, "/proc/self/uid_map", &l->uid_mappings.at, &l->uid_mappings.count, e))
		return -1;
	return read_map(c, "/proc/self/gid_map", &l->gid_mappings.at, &l->gid_mappings.count, e);
}

static void add_namespaces(struct conductor *c, const struct bundle *b, struct spec_linux *l)
{
	static const int types[] = { NAMESPACE_PID, NAMESPACE_IPC, NAMESPACE_UTS, NAMESPACE_MOUNT };
	struct spec_namespace *n = arena_alloc(&c->arena, 7 * sizeof *n);

	l->namespaces.at = n;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		n[l->namespaces.count++].type = (struct opt_word){ true, types[i] };
	if (!b->shares_network)
		n[l->namespaces.count++].type = (struct opt_word){ true, NAMESPACE_NETWORK };
	if (b->has_cgroup_mount)
		n[l->namespaces.count++].type = (struct opt_word){ true, NAMESPACE_CGROUP };
}

/* A line for each device, below a header. */
static bool host_has_swap(void)
{
	own_stream swaps = fopen("/proc/swaps", "re");
	char line[256];

	return swaps && fgets(line, sizeof line, swaps) && fgets(line, sizeof line, swaps);
}

static void add_resources(struct conductor *c, const struct bundle *b, struct spec_linux *l)
{
	struct spec_resources *r = arena_alloc(&c->arena, sizeof *r);
	struct spec_device_rule *deny = arena_alloc(&c->arena, sizeof *deny);

	*deny = (struct spec_device_rule){ .allow = { true, false }, .access = "rwm" };
	r->devices.at = deny;
	r->devices.count = 1;
	if (b->memory) {
		r->memory = arena_alloc(&c->arena, sizeof *r->memory);
		r->memory->limit = (struct opt_int){ true, b->memory };
		if (host_has_swap()) /* else who takes too much would not be killed, but swap */
			r->memory->swap = r->memory->limit;
	}
	if (b->cpu_quota) {
		r->cpu = arena_alloc(&c->arena, sizeof *r->cpu);
		r->cpu->quota = (struct opt_int){ true, b->cpu_quota };
		r->cpu->period = (struct opt_uint){ true, CPU_PERIOD };
	}
	if (b->pids) {
		r->pids = arena_alloc(&c->arena, sizeof *r->pids);
		r->pids->limit = (struct opt_int){ true, b->pids };
	}
	l->resources = r;
}

static void add_process(struct conductor *c, const struct bundle *b, struct spec *spec)
{
	struct spec_process *p = arena_alloc(&c->arena, sizeof *p);

	*p = (struct spec_process){ .terminal = { true, b->has_terminal }, .args = b->args, .env = b->env, .cwd = b->cwd,
				    .no_new_privileges = { true, false } };
	p->user = arena_alloc(&c->arena, sizeof *p->user);
	p->user->uid = (struct opt_uint){ true, b->user.uid };
	p->user->gid = (struct opt_uint){ true, b->user.gid };
	p->user->additional_gids = b->user.groups;
	p->capabilities = arena_alloc(&c->arena, sizeof *p->capabilities);
	p->capabilities->bounding = p->capabilities->permitted = p->capabilities->effective = TEXTS_OF(capabilities);
	spec->process = p;
}

int bundle_write(struct conductor *c, int dir_fd, const struct bundle *b, struct err *e)
{
	struct spec_root root = { .path = "rootfs" };
	struct spec_linux linux_part = { .cgroups_path = b->cgroups_path, .masked_paths = TEXTS_OF(masked),
					 .readonly_paths = TEXTS_OF(readonly) };
	struct spec spec = { .oci_version = FEATURES_VERSION_MAX, .root = &root, .hostname = b->hostname, .linux = &linux_part,
			     .annotations = b->annotations };
	struct text json;

	add_process(c, b, &spec);
	add_mounts(c, b, &spec);
	add_namespaces(c, b, &linux_part);
	if (b->has_user_namespace && add_user_namespace(c, &linux_part, e))
		return -1;
	add_resources(c, b, &linux_part);
	text_init(&json, &c->arena);
	json_write(&record_spec, &spec, JSON_TABS, &json);
	return store_write_file(dir_fd, "config.json", json.at, json.length, WRITE_PLAIN, e);
}
