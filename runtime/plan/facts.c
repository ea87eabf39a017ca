#include "runtime/plan/facts.h"

#include "spec/base/text.h"

#include <string.h>

/* Whether `word` is one of the words in `list`, which are separated by any of `separators`. */
static bool has_word(const char *list, const char *word, const char *separators)
{
	size_t length = strlen(word);

	for (const char *at = list; at && *at;) {
		size_t span = strcspn(at, separators);
		if (span == length && length && strncmp(at, word, length) == 0)
			return true;
		at += span;
		at += strspn(at, separators);
	}
	return false;
}

static bool has_controller(const struct facts_hierarchy *h, const char *controller)
{
	if (!controller[0])
		return h->version == 2;
	return has_word(h->controllers, controller, h->version == 1 ? "," : " ");
}

const struct facts_hierarchy *facts_find_controller(const struct facts *f, const char *controller)
{
	for (int version = 1; version <= 2; version++)
		for (size_t i = 0; i < f->hierarchy_count; i++)
			if (f->hierarchies[i].version == version && has_controller(&f->hierarchies[i], controller))
				return &f->hierarchies[i];
	return NULL;
}

bool facts_is_unified(const struct facts *f)
{
	for (size_t i = 0; i < f->hierarchy_count; i++)
		if (f->hierarchies[i].version == 1)
			return false;
	return true;
}

bool facts_can_clone_into(const struct facts *f)
{
	return f->hierarchy_count > 0 && facts_is_unified(f) && !f->must_be_attached;
}

/* --- facts as text ------------------------------------------------------------------------------------------------ */

/* by RLIMIT_* number, as the kernel has them on every machine we build for */
static const char *const limit_names[16] = { "cpu",    "fsize", "data",  "stack",      "core",     "rss",  "nproc",  "nofile",
					     "memlock", "as",    "locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime" };

static bool read_kernel(const char *value, uint32_t *out)
{
	char major[8] = "";
	const char *dot = strchr(value, '.');
	uint64_t high, low;

	if (!dot || (size_t)(dot - value) >= sizeof major)
		return false;
	memcpy(major, value, (size_t)(dot - value));
	if (!text_read_uint(major, UINT16_MAX, &high) || !text_read_uint(dot + 1, UINT16_MAX, &low))
		return false;
	*out = KERNEL(high, low);
	return true;
}

static bool read_hex(const char *value, uint64_t *out)
{
	size_t digits = strspn(value, "0123456789abcdef");
	uint64_t number = 0;

	if (!digits || digits > 16 || value[digits])
		return false;
	for (const char *c = value; *c; c++)
		number = number << 4 | (uint64_t)(*c <= '9' ? *c - '0' : *c - 'a' + 10);
	*out = number;
	return true;
}

static bool read_bool(const char *value, bool *out)
{
	*out = strcmp(value, "true") == 0;
	return *out || strcmp(value, "false") == 0;
}

static bool read_limit(const char *key, const char *value, struct facts *f)
{
	for (size_t i = 0; i < sizeof limit_names / sizeof *limit_names; i++) {
		if (strcmp(key, limit_names[i]) != 0)
			continue;
		if (strcmp(value, "unlimited") == 0)
			f->hard_limits[i] = UINT64_MAX;
		return strcmp(value, "unlimited") == 0 || text_read_uint(value, UINT64_MAX, &f->hard_limits[i]);
	}
	return false;
}

static bool read_number(const char *value, uint32_t *out)
{
	uint64_t number;

	if (!text_read_uint(value, UINT32_MAX, &number))
		return false;
	*out = (uint32_t)number;
	return true;
}

static bool read_value(const char *key, const char *value, struct facts *f)
{
	const struct {
		const char *key;
		bool *flag;
		uint32_t *number;
	} rows[] = {
		{ "uid", NULL, &f->uid },
		{ "gid", NULL, &f->gid },
		{ "last_capability", NULL, &f->last_capability },
		{ "is_in_user_namespace", &f->is_in_user_namespace, NULL },
		{ "has_foreign_mounts", &f->has_foreign_mounts, NULL },
		{ "is_setgroups_denied", &f->is_setgroups_denied, NULL },
		{ "has_seccomp", &f->has_seccomp, NULL },
		{ "has_apparmor", &f->has_apparmor, NULL },
		{ "has_selinux", &f->has_selinux, NULL },
		{ "has_closed_parent", &f->has_closed_parent, NULL },
		{ "is_rootless", &f->is_rootless, NULL },
		{ "is_users_systemd", &f->is_users_systemd, NULL },
		{ "must_be_attached", &f->must_be_attached, NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp(key, rows[i].key) == 0)
			return rows[i].flag ? read_bool(value, rows[i].flag) : read_number(value, rows[i].number);
	if (strcmp(key, "closed_cgroup") == 0) {
		f->closed_cgroup = value;
		return value[0] == '/';
	}
	if (strcmp(key, "resctrl") == 0) {
		f->resctrl = value;
		return value[0] == '/';
	}
	if (strcmp(key, "systemd") == 0) {
		f->systemd = value;
		return value[0] == '/';
	}
	if (strcmp(key, "kernel") == 0)
		return read_kernel(value, &f->kernel);
	if (strcmp(key, "capabilities") == 0)
		return read_hex(value, &f->capabilities);
	if (strcmp(key, "ignored_signals") == 0)
		return read_hex(value, &f->ignored_signals);
	return text_has_prefix(key, "hard_limit ") && read_limit(key + strlen("hard_limit "), value, f);
}

/* "v2 cpu,memory /sys/fs/cgroup /own"; "-" stands for no controllers */
static bool read_hierarchy(char *line, struct facts *f)
{
	char *rest = line, *words[4];
	struct facts_hierarchy *h = &f->hierarchies[f->hierarchy_count];

	for (size_t i = 0; i < 4; i++)
		words[i] = strsep(&rest, " ");
	if (!words[3] || rest || words[2][0] != '/' || words[3][0] != '/' || f->hierarchy_count == FACTS_MAX_HIERARCHIES)
		return false;
	h->version = strcmp(words[0], "v2") == 0 ? 2 : 1;
	if (h->version == 1 && strcmp(words[0], "v1") != 0)
		return false;
	for (char *c = words[1]; *c && h->version == 2; c++)
		if (*c == ',')
			*c = ' ';
	h->controllers = strcmp(words[1], "-") == 0 ? "" : words[1];
	h->mount_point = words[2];
	h->own_path = words[3];
	f->hierarchy_count++;
	return true;
}

static bool read_line(char *line, struct facts *f)
{
	char *equals = strstr(line, " = ");

	if (!line[0] || line[0] == '#')
		return true;
	if (text_has_prefix(line, "hierarchy "))
		return read_hierarchy(line + strlen("hierarchy "), f);
	if (!equals)
		return false;
	*equals = '\0';
	return read_value(line, equals + strlen(" = "), f);
}

int facts_read(const char *text, struct arena *a, struct facts *out, struct err *e)
{
	char *rest = arena_text(a, text), *line;
	struct facts f = { .last_capability = 40 };
	size_t number = 0;

	memset(f.hard_limits, 0xff, sizeof f.hard_limits);
	while ((line = strsep(&rest, "\n"))) {
		const char *whole = arena_text(a, line);
		number++;
		if (!read_line(line, &f))
			return err_set(e, "facts: line %zu is not a fact: %s", number, whole);
	}
	f.is_rootless |= f.uid != 0 || f.is_in_user_namespace;
	*out = f;
	return 0;
}
