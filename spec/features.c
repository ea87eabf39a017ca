#include "spec/features.h"

#include "spec/field_rows.h"
#include "spec/json/write.h"

#include <string.h>

struct spec_enabled {
	struct opt_bool enabled;
};

struct spec_rdt_features {
	struct opt_bool enabled, schemata, monitoring;
};

struct spec_policy_features {
	struct spec_texts modes, flags;
};

struct spec_mount_extensions {
	struct spec_enabled *idmap;
};

struct spec_cgroup_features {
	struct opt_bool v1, v2, systemd, systemd_user, rdma;
};

struct spec_seccomp_features {
	struct opt_bool enabled;
	struct spec_texts actions, operators, archs, known_flags, supported_flags;
};

struct spec_linux_features {
	struct spec_texts namespaces, capabilities;
	struct spec_cgroup_features *cgroup;
	struct spec_seccomp_features *seccomp;
	struct spec_enabled *apparmor, *selinux;
	struct spec_policy_features *memory_policy;
	struct spec_rdt_features *intel_rdt;
	struct spec_mount_extensions *mount_extensions;
	struct spec_enabled *net_devices;
};

struct spec_features {
	const char *oci_version_min, *oci_version_max;
	struct spec_texts hooks, mount_options;
	struct spec_linux_features *linux;
	struct spec_map annotations;
	struct spec_texts unsafe_annotations;
};

#define OWNER struct spec_enabled
static const struct field enabled_rows[] = { BOOL("enabled", enabled, 0, "") };
static RECORD(enabled);
#undef OWNER

#define OWNER struct spec_rdt_features
static const struct field rdt_features_rows[] = {
	BOOL("enabled", enabled, 0, ""),
	BOOL("schemata", schemata, 0, ""),
	BOOL("monitoring", monitoring, 0, ""),
};
static RECORD(rdt_features);
#undef OWNER

#define OWNER struct spec_policy_features
static const struct field policy_features_rows[] = { TEXTS("modes", modes, 0, ""), TEXTS("flags", flags, 0, "") };
static RECORD(policy_features);
#undef OWNER

#define OWNER struct spec_mount_extensions
static const struct field mount_extensions_rows[] = { OBJECT("idmap", idmap, 0, enabled, "") };
static RECORD(mount_extensions);
#undef OWNER

#define OWNER struct spec_cgroup_features
static const struct field cgroup_features_rows[] = {
	BOOL("v1", v1, 0, ""),           BOOL("v2", v2, 0, ""),
	BOOL("systemd", systemd, 0, ""), BOOL("systemdUser", systemd_user, 0, ""),
	BOOL("rdma", rdma, 0, ""),
};
static RECORD(cgroup_features);
#undef OWNER

#define OWNER struct spec_seccomp_features
static const struct field seccomp_features_rows[] = {
	BOOL("enabled", enabled, 0, ""),      TEXTS("actions", actions, 0, ""),
	TEXTS("operators", operators, 0, ""), TEXTS("archs", archs, 0, ""),
	TEXTS("knownFlags", known_flags, 0, ""), TEXTS("supportedFlags", supported_flags, 0, ""),
};
static RECORD(seccomp_features);
#undef OWNER

#define OWNER struct spec_linux_features
static const struct field linux_features_rows[] = {
	TEXTS("namespaces", namespaces, 0, ""),
	TEXTS("capabilities", capabilities, 0, ""),
	OBJECT("cgroup", cgroup, 0, cgroup_features, ""),
	OBJECT("seccomp", seccomp, 0, seccomp_features, ""),
	OBJECT("apparmor", apparmor, 0, enabled, ""),
	OBJECT("selinux", selinux, 0, enabled, ""),
	OBJECT("memoryPolicy", memory_policy, 0, policy_features, ""),
	OBJECT("intelRdt", intel_rdt, 0, rdt_features, ""),
	OBJECT("mountExtensions", mount_extensions, 0, mount_extensions, ""),
	OBJECT("netDevices", net_devices, 0, enabled, ""),
};
static RECORD(linux_features);
#undef OWNER

#define OWNER struct spec_features
static const struct field features_rows[] = {
	TEXT("ociVersionMin", oci_version_min, 0, ""),    TEXT("ociVersionMax", oci_version_max, 0, ""),
	TEXTS("hooks", hooks, 0, ""),                     TEXTS("mountOptions", mount_options, 0, ""),
	OBJECT("linux", linux, 0, linux_features, ""),    MAP("annotations", annotations, 0, ""),
	TEXTS("potentiallyUnsafeConfigAnnotations", unsafe_annotations, 0, ""),
};
static RECORD(features);
#undef OWNER

/* The row of "process/apparmorProfile", or NULL when it or one above it is still to come. */
static const struct field *find_done(const char *path)
{
	const struct record *record = &record_spec;
	const struct field *row = NULL;

	for (const char *part = path; record && *part; part += part[strcspn(part, "/")] == '/') {
		size_t length = strcspn(part, "/");
		row = record_find_field(record, part, length);
		if (!row || (row->flags & FIELD_LATER))
			return NULL;
		record = row->record;
		part += length;
	}
	return row;
}

static struct opt_bool is_done(const char *path)
{
	return (struct opt_bool){ true, find_done(path) != NULL };
}

/* A copy of the names but one. */
static struct spec_texts list(struct arena *a, const char *const *names, const char *without)
{
	struct spec_texts texts = { 0 };
	size_t count = 0;

	while (names && names[count])
		count++;
	if (names)
		texts.at = arena_alloc(a, count * sizeof *texts.at);
	for (size_t i = 0; i < count; i++)
		if (!without || strcmp(names[i], without) != 0)
			texts.at[texts.count++] = names[i];
	return texts;
}

static struct spec_texts list_hooks(struct arena *a)
{
	const struct record *hooks = record_find_field(&record_spec, "hooks", 5)->record;
	struct spec_texts names = { .at = arena_alloc(a, hooks->count * sizeof *names.at) };

	for (size_t i = 0; i < hooks->count; i++)
		if (!(hooks->fields[i].flags & FIELD_LATER))
			names.at[names.count++] = hooks->fields[i].name;
	return names;
}

static void fill_seccomp(struct spec_seccomp_features *s, const struct features_input *input, struct arena *a)
{
	bool has_notify = find_done("linux/seccomp/listenerPath");

	*s = (struct spec_seccomp_features){
		.enabled = is_done("linux/seccomp"),
		.actions = list(a, words_seccomp_action.at, has_notify ? NULL : "SCMP_ACT_NOTIFY"),
		.operators = list(a, words_seccomp_operator.at, NULL),
		.archs = list(a, input->seccomp_archs ? input->seccomp_archs : words_seccomp_arch.at, NULL),
		.known_flags = list(a, words_seccomp_flag.at, NULL),
		.supported_flags = list(a, input->seccomp_flags ? input->seccomp_flags : words_seccomp_flag.at, NULL),
	};
}

static void fill_cgroup(struct spec_cgroup_features *c, const struct features_input *input)
{
	*c = (struct spec_cgroup_features){
		.v1 = { true, input->has_cgroup_v1 },
		.v2 = { true, input->has_cgroup_v2 },
		.systemd = { true, input->has_systemd },
		.systemd_user = { true, input->has_systemd_user },
		.rdma = is_done("linux/resources/rdma"),
	};
}

static struct spec_enabled *make_enabled(struct arena *a, const char *path)
{
	struct spec_enabled *made = arena_alloc(a, sizeof *made);

	made->enabled = is_done(path);
	return made;
}

static struct spec_linux_features *make_linux(const struct features_input *input, struct arena *a)
{
	struct spec_linux_features *l = arena_alloc(a, sizeof *l);
	bool has_policy = find_done("linux/memoryPolicy");

	l->namespaces = list(a, words_namespace.at, find_done("linux/timeOffsets") ? NULL : "time");
	l->capabilities = list(a, input->capabilities, NULL);
	l->cgroup = arena_alloc(a, sizeof *l->cgroup);
	fill_cgroup(l->cgroup, input);
	l->seccomp = arena_alloc(a, sizeof *l->seccomp);
	fill_seccomp(l->seccomp, input, a);
	l->apparmor = make_enabled(a, "process/apparmorProfile");
	l->selinux = make_enabled(a, "process/selinuxLabel");
	if (has_policy) {
		l->memory_policy = arena_alloc(a, sizeof *l->memory_policy);
		l->memory_policy->modes = list(a, words_memory_policy_mode.at, NULL);
		l->memory_policy->flags = list(a, words_memory_policy_flag.at, NULL);
	}
	l->intel_rdt = arena_alloc(a, sizeof *l->intel_rdt);
	l->intel_rdt->enabled = is_done("linux/intelRdt");
	l->intel_rdt->schemata = is_done("linux/intelRdt/schemata");
	l->intel_rdt->monitoring = is_done("linux/intelRdt/enableMonitoring");
	l->mount_extensions = arena_alloc(a, sizeof *l->mount_extensions);
	l->mount_extensions->idmap = make_enabled(a, "mounts/uidMappings");
	l->net_devices = make_enabled(a, "linux/netDevices");
	return l;
}

void features_print(const struct features_input *input, struct text *out)
{
	struct spec_features features = {
		.oci_version_min = FEATURES_VERSION_MIN,
		.oci_version_max = FEATURES_VERSION_MAX,
		.hooks = list_hooks(out->arena),
		.mount_options = list(out->arena, input->mount_options, NULL),
		.linux = make_linux(input, out->arena),
		.annotations = input->annotations,
		.unsafe_annotations = list(out->arena, input->unsafe_annotations, NULL),
	};

	json_write(&record_features, &features, JSON_SPACES, out);
}
