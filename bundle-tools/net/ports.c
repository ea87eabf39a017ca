#include "bundle-tools/net/ports.h"

#include "spec/base/own.h"
#include "spec/base/text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { LISTENING = 10, BOUND = 7 }; /* as /proc/net/tcp and udp count states */

/* --- words ---------------------------------------------------------------------------------------------------------- */

static bool is_port(const char *text, uint16_t *out)
{
	uint64_t value;

	if (!text || !text_read_uint(text, UINT16_MAX, &value) || !value)
		return false;
	*out = (uint16_t)value;
	return true;
}

const char *port_protocol(const struct network_port *port)
{
	return port->protocol == IPPROTO_UDP ? "udp" : "tcp";
}

int port_read_expose(struct conductor *c, const char *text, struct network_port *out, struct err *e)
{
	char *outer = arena_text(&c->arena, text);
	const char *inner = strsep(&outer, "-");

	out->protocol = IPPROTO_TCP;
	if (is_port(inner, &out->inner) && is_port(outer, &out->outer))
		return 0;
	(void)err_set(e, "--expose %s is not INNER-OUTER", text);
	return err_hint(e, "two ports: the container's, then the host's, such as 8080-80");
}

int port_read_publish(struct conductor *c, const char *text, struct network_port *out, struct err *e)
{
	char *protocol = arena_text(&c->arena, text), *inner = strsep(&protocol, "/");
	const char *outer = strsep(&inner, ":");
	bool is_udp = protocol && strcmp(protocol, "udp") == 0;

	out->protocol = is_udp ? IPPROTO_UDP : IPPROTO_TCP;
	if (is_port(outer, &out->outer) && is_port(inner, &out->inner) && (!protocol || is_udp || strcmp(protocol, "tcp") == 0))
		return 0;
	(void)err_set(e, "--publish %s is not HOST:CONTAINER", text);
	return err_hint(e, "two ports: the host's, then the container's, such as 80:8080 or 53:53/udp");
}

/* --- who has one ---------------------------------------------------------------------------------------------------- */

/* The inode of a socket that is bound to the port, from one of the tables in /proc/net; 0 without one. */
static unsigned long find_socket(const char *table, uint16_t port)
{
	own_stream file = fopen(table, "re");
	unsigned long inode;
	unsigned bound, state;
	char line[512];

	while (file && fgets(line, sizeof line, file))
		if (sscanf(line, " %*d: %*32[0-9A-F]:%4X %*32[0-9A-F]:%*4X %2X %*s %*s %*s %*u %*d %lu", &bound, &state, &inode) == 3 &&
		    bound == port && (state == LISTENING || state == BOUND))
			return inode;
	return 0;
}

static bool has_socket(const char *pid, const char *socket)
{
	char path[64], target[64];
	struct dirent *entry;

	(void)snprintf(path, sizeof path, "/proc/%.16s/fd", pid);
	own_directory directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		ssize_t length = readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1);
		target[length < 0 ? 0 : length] = '\0';
		if (strcmp(target, socket) == 0)
			return true;
	}
	return false;
}

/* "nginx (812)", or NULL when the process cannot be seen. */
static const char *find_program(struct arena *a, unsigned long inode)
{
	own_directory proc = opendir("/proc");
	const char *socket = arena_format(a, "socket:[%lu]", inode);
	struct dirent *entry;
	char name[32] = "";

	while (proc && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]) || !has_socket(entry->d_name, socket))
			continue;
		own_stream file = fopen(arena_format(a, "/proc/%s/comm", entry->d_name), "re");
		if (file && fgets(name, sizeof name, file))
			name[strcspn(name, "\n")] = '\0';
		return arena_format(a, "%s (%s)", name, entry->d_name);
	}
	return NULL;
}

int port_check_free(struct conductor *c, const struct network_port *port, struct err *e)
{
	static const char *const tables[2][2] = { { "/proc/net/tcp", "/proc/net/tcp6" }, { "/proc/net/udp", "/proc/net/udp6" } };
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(port->outer) };
	bool is_udp = port->protocol == IPPROTO_UDP;
	const int one = 1;

	own_fd fd = socket(AF_INET, (is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(e, "make a socket");
	/* what is left of connections that have ended does not count */
	if (!is_udp && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one))
		return err_sys(e, "prepare a socket");
	if (bind(fd, (const struct sockaddr *)&any, sizeof any) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return err_sys(e, "try port %u/%s of the host", port->outer, port_protocol(port));
	unsigned long inode = find_socket(tables[is_udp][0], port->outer);
	if (!inode)
		inode = find_socket(tables[is_udp][1], port->outer);
	const char *program = inode ? find_program(&c->arena, inode) : NULL;
	return err_set(e, "port %u/%s of the host is in use%s%s", port->outer, port_protocol(port), program ? " by " : "",
		       program ? program : "");
}
