/* The user's home directory, from the image's /etc/passwd: a file that may hold anything. */
#include "runtime/init/init.h"
#include "runtime/init/sys.h"

enum { PASSWD_MAX = 1 << 20, UID_FIELD = 2, HOME_FIELD = 5 };

/* name:password:uid:gid:comment:home:shell, byte for byte, so that no line is too long. */
struct passwd {
	uint64_t wanted;
	char *home;     /* what has come of the field, not ended */
	size_t room, length;
	unsigned field;
	uint64_t uid;
	bool has_uid;   /* the field is not empty */
};

static void begin_line(struct passwd *p)
{
	p->field = 0;
	p->length = 0;
	p->uid = 0;
	p->has_uid = false;
}

/* What is no number, or too great, becomes and stays one that nobody has. */
static void take_digit(struct passwd *p, char c)
{
	bool is_digit = c >= '0' && c <= '9';

	p->uid = is_digit && p->uid <= UINT32_MAX ? p->uid * 10 + (uint64_t)(c - '0') : UINT64_MAX;
	p->has_uid = true;
}

static void take_byte(struct passwd *p, char c)
{
	if (c == ':')
		p->field++;
	else if (p->field == UID_FIELD)
		take_digit(p, c);
	else if (p->field == HOME_FIELD && p->length < p->room)
		p->home[p->length++] = c;
}

/* A home that does not fit is none. */
static bool is_found(const struct passwd *p)
{
	return p->has_uid && p->uid == p->wanted && p->length > 0 && p->length < p->room;
}

static bool take_bytes(struct passwd *p, const char *bytes, size_t count)
{
	for (size_t n = 0; n < count; n++) {
		if (bytes[n] != '\n') {
			take_byte(p, bytes[n]);
			continue;
		}
		if (is_found(p))
			return true;
		begin_line(p);
	}
	return false;
}

static bool search(int fd, struct passwd *p)
{
	char bytes[4096];
	long got;

	for (size_t read = 0; read < PASSWD_MAX; read += (size_t)got) {
		got = sys_read(fd, bytes, sizeof bytes);
		if (got <= 0)
			break;
		if (take_bytes(p, bytes, (size_t)got))
			return true;
	}
	return is_found(p); /* the last line need not end */
}

static long open_passwd(const struct init *i)
{
	if (i->root_fd >= 0)
		return path_open_regular(i->root_fd, "/etc/passwd");
	long root = sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (root < 0)
		return root;
	long fd = path_open_regular((int)root, "/etc/passwd");
	(void)sys_close((int)root); /* nothing was written */
	return fd;
}

/* Many images have no passwd, or not this user in it: no reason to fail, but a payload wants a HOME. */
int init_home(struct init *i, const struct op *op, const struct op_home *p)
{
	size_t prefix = sizeof "HOME=" - 1;
	struct passwd passwd = { .wanted = p->uid, .home = i->home + prefix, .room = INIT_HOME_MAX - prefix };
	long fd = open_passwd(i);
	bool has_home = fd >= 0 && search((int)fd, &passwd);

	(void)op;
	if (fd >= 0)
		(void)sys_close((int)fd); /* nothing was written */
	memcpy(i->home, "HOME=", prefix);
	if (has_home)
		passwd.home[passwd.length] = 0;
	else
		memcpy(passwd.home, "/", 2);
	return 0;
}
