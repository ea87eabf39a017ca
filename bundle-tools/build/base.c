#include "bundle-tools/build/base.h"

#include "bundle-tools/build/mirror.h"
#include "bundle-tools/run/mounts.h"
#include "bundle-tools/run/spawn.h"
#include "bundle-tools/store/remove.h"
#include "spec/base/own.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>

/* What is looked at from inside: ip, ping, ps. */
static const char packages[] = "iproute2,iputils-ping,procps";
enum { SAID_SHOWN = 4000 };
static const char ubuntu_keyring[] = "/usr/share/keyrings/ubuntu-archive-keyring.gpg";

const char *base_architecture(void)
{
	static const char *const names[][2] = { { "x86_64", "amd64" },
						{ "aarch64", "arm64" },
						{ "armv7l", "armhf" },
						{ "riscv64", "riscv64" } };
	struct utsname machine;

	for (size_t i = 0; uname(&machine) == 0 && i < sizeof names / sizeof *names; i++)
		if (strcmp(machine.machine, names[i][0]) == 0)
			return names[i][1];
	return "unknown";
}

static bool is_suite(const char *suite)
{
	if (!islower((unsigned char)suite[0]) || strlen(suite) > 32)
		return false;
	for (const char *c = suite; *c; c++)
		if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && *c != '-')
			return false;
	return true;
}

static int find_tool(struct conductor *c, struct base *b, struct err *e)
{
	b->tool = spawn_finds(c, "mmdebstrap") ? "mmdebstrap" : spawn_finds(c, "debootstrap") ? "debootstrap" : NULL;
	if (b->tool)
		return 0;
	(void)err_set(e, "a base system needs mmdebstrap or debootstrap");
	return err_hint(e, "apt-get install mmdebstrap");
}

static int find_keyring(struct base *b, struct err *e)
{
	if (b->keyring && access(b->keyring, R_OK))
		return err_sys(e, "read the keyring %s", b->keyring);
	if (b->keyring || strcmp(b->distribution, "ubuntu") != 0)
		return 0;
	if (access(ubuntu_keyring, R_OK) == 0) {
		b->keyring = ubuntu_keyring;
		return 0;
	}
	(void)err_set(e, "ubuntu:%s needs the keys that Ubuntu signs with", b->suite);
	return err_hint(e, "give the keyring file of Ubuntu's package ubuntu-keyring with --keyring");
}

int base_find(struct conductor *c, const char *name, const char *more, struct base *b, struct err *e)
{
	const char *colon = strchr(name, ':');

	if (!colon || !is_suite(colon + 1))
		return 1;
	b->distribution = arena_copy(&c->arena, name, (size_t)(colon - name));
	b->suite = colon + 1;
	if (strcmp(b->distribution, "debian") != 0 && strcmp(b->distribution, "ubuntu") != 0)
		return 1;
	b->architecture = base_architecture();
	b->packages = more ? arena_format(&c->arena, "%s,%s", packages, more) : packages;
	if (!b->mirror)
		b->mirror = mirror_find(c, "/etc/apt", b->distribution, b->suite);
	return find_tool(c, b, e) || find_keyring(b, e) ? -1 : 0;
}

const char *base_key(struct conductor *c, const struct base *b)
{
	const char *const parts[] = { "base 1", b->distribution, b->suite, b->packages, b->mirror, b->architecture, b->tool,
				      b->variant == BASE_FULL ? "full" : "minbase" };
	char key[HASH_TEXT];
	struct hash h;

	hash_init(&h);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		hash_add_text(&h, parts[i]);
	hash_finish_text(&h, key);
	return arena_text(&c->arena, key);
}

/* --- making --------------------------------------------------------------------------------------------------------- */

/* The end of what a tool has said, which has the reason; of a tool that did its work nobody wants to know. */
static void show_end(int fd)
{
	char text[SAID_SHOWN + 1];
	off_t size = lseek(fd, 0, SEEK_END);
	ssize_t length = pread(fd, text, SAID_SHOWN, size > SAID_SHOWN ? size - SAID_SHOWN : 0);

	text[length < 0 ? 0 : length] = '\0';
	const char *newline = size > SAID_SHOWN ? strchr(text, '\n') : NULL;
	(void)fputs(newline ? newline + 1 : text, stderr); /* the error itself is told in any case */
}

static int bootstrap(struct conductor *c, const struct base *b, const char *target, struct err *e)
{
	bool is_mmdebstrap = strcmp(b->tool, "mmdebstrap") == 0;
	const char *argv[16], *full = is_mmdebstrap ? "important" : "-";
	int exit_code = 0, n = 0;
	own_fd nothing = open("/dev/null", O_RDWR | O_CLOEXEC), said = memfd_create("said", MFD_CLOEXEC);

	if (nothing < 0 || said < 0)
		return err_sys(e, "open what a tool reads and says");
	argv[n++] = b->tool;
	if (is_mmdebstrap)
		argv[n++] = "--mode=root";
	if (is_mmdebstrap && c->is_rootless)
		argv[n++] = "--skip=chroot/mount/sys"; /* a new sysfs belongs to the network's owner */
	argv[n++] = arena_format(&c->arena, "--variant=%s", b->variant == BASE_FULL ? full : "minbase");
	argv[n++] = arena_format(&c->arena, "--include=%s", b->packages);
	if (b->keyring)
		argv[n++] = arena_format(&c->arena, "--keyring=%s", b->keyring);
	argv[n++] = b->suite;
	argv[n++] = target;
	if (b->mirror)
		argv[n++] = b->mirror;
	argv[n] = NULL;
	struct spawn s = { .argv = argv, .in = nothing, .out = said, .error = said, .ends_descendants = true };
	if (mounts_leave(c, e)) /* the tools mount /proc in the new root */
		return -1;
	if (spawn_wait(&s, &exit_code, e))
		return -1;
	if (exit_code)
		show_end(said);
	return exit_code ? err_set(e, "%s %s ended with %d", b->tool, b->suite, exit_code) : 0;
}

/* What both tools leave of the host and of their own work. */
static const char *const emptied[] = { "etc/resolv.conf", "etc/machine-id", "var/cache/apt", "var/lib/apt/lists", "var/log" };
static const char *const removed[] = { "etc/hostname", "var/lib/dbus/machine-id", "var/cache/ldconfig/aux-cache" };

static int empty(int root_fd, const char *name, struct err *e)
{
	struct stat st;

	if (fstatat(root_fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : err_sys(e, "stat %s", name);
	if (remove_tree(root_fd, name, e))
		return -1;
	if (S_ISDIR(st.st_mode))
		return mkdirat(root_fd, name, st.st_mode & 07777) ? err_sys(e, "make %s", name) : 0;
	own_fd fd = openat(root_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	return fd < 0 ? err_sys(e, "make %s", name) : 0;
}

static int scrub(int root_fd, struct err *e)
{
	for (size_t i = 0; i < sizeof emptied / sizeof *emptied; i++)
		if (empty(root_fd, emptied[i], e))
			return err_add(e, "clean the base");
	for (size_t i = 0; i < sizeof removed / sizeof *removed; i++)
		if (remove_tree(root_fd, removed[i], e))
			return err_add(e, "clean the base");
	if (fchmod(root_fd, 0755)) /* mmdebstrap takes it from the umask; below 0700 apt's own user finds nothing */
		return err_sys(e, "set the root's mode");
	return 0;
}

int base_make(struct conductor *c, const struct base *b, struct layer_writer *w, struct err *e)
{
	const char *target = arena_format(&c->arena, "%s/tmp/%s/layer/diff", c->root, w->key);
	if (bootstrap(c, b, target, e) || scrub(w->diff_fd, e))
		return err_add(e, "make the base %s:%s", b->distribution, b->suite);
	return 0;
}
