/* HOME against passwd files that an image may bring. */
#include "runtime/init/init.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct image {
	char path[64];
	struct init init; /* root_fd is the image */
};

static int image_make(void **state)
{
	struct image *image = calloc(1, sizeof *image);

	strcpy(image->path, "/tmp/home-test-XXXXXX");
	assert_non_null(mkdtemp(image->path));
	image->init.root_fd = open(image->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(image->init.root_fd, "etc", 0755), 0);
	*state = image;
	return 0;
}

static int image_end(void **state)
{
	struct image *image = *state;

	(void)unlinkat(image->init.root_fd, "etc/passwd", 0); /* some tests have none */
	assert_int_equal(unlinkat(image->init.root_fd, "etc", AT_REMOVEDIR), 0);
	close(image->init.root_fd);
	assert_int_equal(rmdir(image->path), 0);
	free(image);
	return 0;
}

static void write_passwd(struct image *image, const char *text, size_t length)
{
	int fd = openat(image->init.root_fd, "etc/passwd", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_int_equal(write(fd, text, length), length);
	close(fd);
}

static const char *find_home(struct image *image, uint64_t uid)
{
	const struct op_home p = { .uid = uid };

	assert_int_equal(init_home(&image->init, NULL, &p), 0);
	return image->init.home;
}

static void finds_the_line(void **state)
{
	static const char text[] = "root:x:0:0:root:/root:/bin/sh\n"
				   "web:x:33:33::/srv/web:/bin/sh\n"
				   "again:x:33:33::/other:/bin/sh\n"
				   "\n"
				   "zeros:x:0044:1::/zeros:\n"
				   "short:x:55:1::/short\n"
				   "last:x:66:1::/last"; /* and no newline */
	struct image *image = *state;

	write_passwd(image, text, sizeof text - 1);
	assert_string_equal(find_home(image, 0), "HOME=/root");
	assert_string_equal(find_home(image, 33), "HOME=/srv/web");
	assert_string_equal(find_home(image, 44), "HOME=/zeros");
	assert_string_equal(find_home(image, 55), "HOME=/short");
	assert_string_equal(find_home(image, 66), "HOME=/last");
	assert_string_equal(find_home(image, 77), "HOME=/");
}

static void passes_over_garbage(void **state)
{
	static const char text[] = "letters:x:7x:0::/wrong:\n"
				   "empty:x::0::/wrong:\n"
				   "minus:x:-7:0::/wrong:\n"
				   "wrapped:x:4294967303:0::/wrong:\n"
				   "wrapped twice:x:18446744073709551623:0::/wrong:\n"
				   "few:x:7\n"
				   "empty home:x:7:0:::\n"
				   ":::::::::::::\n"
				   "right:x:7:0::/right:\n";
	struct image *image = *state;

	write_passwd(image, text, sizeof text - 1);
	assert_string_equal(find_home(image, 7), "HOME=/right");
	assert_string_equal(find_home(image, 0), "HOME=/");
}

/* "<many>:x:7:0::/<more>:" */
static size_t make_long_line(char *text, size_t many, size_t more)
{
	memset(text, 'a', many);
	size_t length = many + (size_t)sprintf(text + many, ":x:7:0::/");
	memset(text + length, 'b', more);
	length += more;
	return length + (size_t)sprintf(text + length, ":\n");
}

static void bears_long_lines(void **state)
{
	static char text[2 << 20];
	struct image *image = *state;

	write_passwd(image, text, make_long_line(text, 300000, 3));
	assert_string_equal(find_home(image, 7), "HOME=/bbb");
	for (size_t many = 4070; many < 4100; many++) { /* over the edge of what is read at once */
		write_passwd(image, text, make_long_line(text, many, 10));
		assert_string_equal(find_home(image, 7), "HOME=/bbbbbbbbbb");
	}
	write_passwd(image, text, make_long_line(text, 1, INIT_HOME_MAX - 7));
	assert_int_equal(strlen(find_home(image, 7)), INIT_HOME_MAX - 1);
	write_passwd(image, text, make_long_line(text, 1, INIT_HOME_MAX - 6));
	assert_string_equal(find_home(image, 7), "HOME=/");
	write_passwd(image, text, make_long_line(text, 1100000, 3)); /* beyond what is read at all */
	assert_string_equal(find_home(image, 7), "HOME=/");
}

static void needs_no_file(void **state)
{
	struct image *image = *state;

	assert_string_equal(find_home(image, 0), "HOME=/");
	assert_int_equal(mkfifoat(image->init.root_fd, "etc/passwd", 0644), 0); /* opening it would wait for a writer */
	assert_string_equal(find_home(image, 0), "HOME=/");
	assert_int_equal(unlinkat(image->init.root_fd, "etc/passwd", 0), 0);
	assert_int_equal(symlinkat("/dev/zero", image->init.root_fd, "etc/passwd"), 0);
	assert_string_equal(find_home(image, 0), "HOME=/");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finds_the_line, image_make, image_end),
		cmocka_unit_test_setup_teardown(passes_over_garbage, image_make, image_end),
		cmocka_unit_test_setup_teardown(bears_long_lines, image_make, image_end),
		cmocka_unit_test_setup_teardown(needs_no_file, image_make, image_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
