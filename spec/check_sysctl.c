#include "spec/check_rules.h"

#include "spec/base/text.h"

#include <string.h>

/* What belongs to a namespace; a name that ends with '.' is a prefix. Everything else is the host's. */
static const struct {
	const char *name;
	int namespace;
} owners[] = {
	{ "kernel.msgmax", NAMESPACE_IPC },          { "kernel.msgmnb", NAMESPACE_IPC },
	{ "kernel.msgmni", NAMESPACE_IPC },          { "kernel.msg_next_id", NAMESPACE_IPC },
	{ "kernel.auto_msgmni", NAMESPACE_IPC },     { "kernel.sem", NAMESPACE_IPC },
	{ "kernel.sem_next_id", NAMESPACE_IPC },     { "kernel.shmall", NAMESPACE_IPC },
	{ "kernel.shmmax", NAMESPACE_IPC },          { "kernel.shmmni", NAMESPACE_IPC },
	{ "kernel.shm_next_id", NAMESPACE_IPC },     { "kernel.shm_rmid_forced", NAMESPACE_IPC },
	{ "fs.mqueue.", NAMESPACE_IPC },             { "net.", NAMESPACE_NETWORK },
	{ "kernel.domainname", NAMESPACE_UTS },
};

/* sysctl(8): the first separator decides. With '/' first, '/' separates and dots are part of names. */
static char *with_dots(const char *key, struct arena *a)
{
	char *dotted = arena_text(a, key);
	const char *first = strpbrk(dotted, "./");

	if (first && *first == '/')
		for (char *c = dotted; *c; c++)
			*c = (char)(*c == '/' ? '.' : *c == '.' ? '/' : *c);
	return dotted;
}

/* No part may be empty, or ".." (written "//" here): the key becomes a path below /proc/sys. */
static bool is_plain(const char *dotted)
{
	size_t length = strlen(dotted);

	return length && dotted[0] != '.' && dotted[length - 1] != '.' && !strstr(dotted, "..") &&
	       !strstr(dotted, "./.") && !strstr(dotted, "//");
}

static int find_owner(const char *dotted)
{
	for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
		bool is_prefix = owners[i].name[strlen(owners[i].name) - 1] == '.';
		if (is_prefix ? text_has_prefix(dotted, owners[i].name) : strcmp(dotted, owners[i].name) == 0)
			return owners[i].namespace;
	}
	return -1;
}

static void check_sysctl(const char *key, const struct spec_linux *linux, struct problems *p)
{
	const char *dotted = with_dots(key, p->arena);
	int owner = find_owner(dotted);
	const char *message = NULL, *advice = NULL;

	if (!is_plain(dotted)) {
		message = "is no name of a kernel parameter";
		advice = "write it as net.ipv4.ip_forward";
	} else if (strcmp(dotted, "kernel.hostname") == 0) {
		message = "is set by its own property";
		advice = "use /hostname";
	} else if (owner < 0) {
		message = "belongs to the whole host, not to a namespace";
		advice = "set it on the host";
	} else if (check_lacks_namespace(linux, owner)) {
		message = "would change the host";
		advice = AT(p, "a namespace of type %s is needed", words_find_text(&words_namespace, owner));
	}
	if (message)
		check_refuse(p, check_key_pointer(p, "/linux/sysctl", key), message, advice);
}

void check_sysctls(const struct spec_linux *linux, struct problems *p)
{
	for (size_t i = 0; i < linux->sysctl.count; i++)
		check_sysctl(linux->sysctl.at[i].key, linux, p);
}
