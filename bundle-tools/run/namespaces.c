#include "bundle-tools/run/namespaces.h"

#include "spec/base/own.h"
#include "spec/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char *const types[] = { "cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts" };
enum { TYPES = sizeof types / sizeof *types, SHOWN_MOST = 8 };

/* 0 when the process has gone, or the kernel has no such namespace. */
static ino_t find_inode(const char *pid, const char *type)
{
	char path[NAME_MAX + 32];
	struct stat st;

	(void)snprintf(path, sizeof path, "/proc/%s/ns/%s", pid, type); /* both are short */
	return stat(path, &st) ? 0 : st.st_ino;
}

/* "4: 812, 813, 900, 901" of the processes in the namespace, other than the one that was asked for. */
static int list_others(const char *own, const char *type, ino_t inode, struct text *out, struct err *e)
{
	own_directory proc = opendir("/proc");
	struct dirent *entry;
	size_t count = 0;
	struct text pids;

	if (!proc)
		return err_sys(e, "read /proc");
	text_init(&pids, out->arena);
	while ((entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]) || strcmp(entry->d_name, own) == 0 || find_inode(entry->d_name, type) != inode)
			continue;
		if (count++ < SHOWN_MOST)
			text_add(&pids, "%s%s", count > 1 ? "," : "", entry->d_name);
	}
	text_add(out, "%zu%s%s%s", count, count ? ": " : "", pids.at, count > SHOWN_MOST ? ",..." : "");
	return 0;
}

/* Process 1 may be none of ours to look at; then what we are in ourselves counts as the host's. */
static ino_t find_host(const char *type)
{
	ino_t inode = find_inode("1", type);

	return inode ? inode : find_inode("self", type);
}

int namespaces_print(struct conductor *c, pid_t pid, struct err *e)
{
	const char *own = arena_format(&c->arena, "%d", (int)pid);
	struct text others;

	if (!find_inode(own, "pid"))
		return errno == ENOENT ? err_set(e, "there is no process %s", own) : err_sys(e, "look at process %s", own);
	(void)printf("%-7s %-11s %-6s %s\n", "Type", "Inode", "Whose", "Others in it");
	for (size_t i = 0; i < TYPES; i++) {
		ino_t inode = find_inode(own, types[i]), host = find_host(types[i]);
		if (!inode)
			continue;
		text_init(&others, &c->arena);
		if (list_others(own, types[i], inode, &others, e))
			return -1;
		(void)printf("%-7s %-11llu %-6s %s\n", types[i], (unsigned long long)inode, inode == host ? "host" : "own", others.at);
	}
	return 0;
}
