#include "bundle-tools/store/image.h"
#include "bundle-tools/store/layer.h"
#include "bundle-tools/store/overlay.h"
#include "bundle-tools/store/remove.h"
#include "bundle-tools/store/tree.h"
#include "spec/base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <cmocka.h>

struct fixture {
	struct conductor c;
	struct err e;
	char directory[64];
};

static const char key[] = "00000000000000000000000000000000000000000000000000000000000000aa";

static int make(void **state)
{
	static struct fixture f; /* one test at a time */

	f = (struct fixture){ .directory = "/var/tmp/store_test.XXXXXX" };
	arena_init(&f.c.arena, ARENA_SIZE);
	if (!mkdtemp(f.directory))
		return -1;
	f.c.root = arena_format(&f.c.arena, "%s/a/store", f.directory);
	*state = &f;
	return store_open(&f.c, &f.e);
}

static int finish(void **state)
{
	struct fixture *f = *state;

	(void)close(f->c.root_fd);
	int result = remove_tree(AT_FDCWD, f->directory, &f->e);
	arena_finish(&f->c.arena);
	return result;
}

static void write_text(int dir_fd, const char *name, const char *text)
{
	own_fd fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static size_t count_names(struct fixture *f, const char *directory)
{
	struct names names = { 0 };

	assert_int_equal(store_list(&f->c, directory, &names, &f->e), 0);
	return names.count;
}

static void names_are_checked(void **state)
{
	(void)state;
	assert_true(store_is_name("es-image_1.0"));
	assert_false(store_is_name(""));
	assert_false(store_is_name("../x"));
	assert_false(store_is_name(".hidden"));
	assert_false(store_is_name("a/b"));
	assert_false(store_is_name("a\nb"));
}

static void a_lock_is_held_once_and_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	int one = -1, two = -1;

	assert_int_equal(store_lock(&f->c, "l", LOCK_WAIT, &one, &f->e), 0);
	assert_int_equal(store_lock(&f->c, "l", LOCK_TRY, &two, &f->e), 1);
	store_unlock(&f->c, "l", &one);
	assert_int_equal(store_lock(&f->c, "l", LOCK_TRY, &two, &f->e), 0);
	store_unlock(&f->c, "l", &two);
	assert_int_equal(count_names(f, "locks"), 0);
}

static void a_layer_appears_whole(void **state)
{
	struct fixture *f = *state;
	struct layer_writer w;
	struct layer_meta meta = { .parent = "", .instruction = "COPY \"a\" b" }, *read = NULL;

	assert_int_equal(layer_begin(&f->c, key, &w, &f->e), 0);
	write_text(w.diff_fd, "file", "12345");
	assert_false(layer_exists(&f->c, key));
	assert_int_equal(layer_commit(&w, &meta, &f->e), 0);
	assert_true(layer_exists(&f->c, key));
	assert_int_equal(count_names(f, "tmp"), 0);
	assert_int_equal(count_names(f, "locks"), 0);
	assert_int_equal(layer_read(&f->c, key, &read, &f->e), 0);
	assert_string_equal(read->instruction, "COPY \"a\" b");
	assert_int_equal(read->size.value, 5);
	assert_int_equal(layer_begin(&f->c, key, &w, &f->e), 1);
	assert_int_equal(layer_remove(&f->c, key, &f->e), 0);
	assert_false(layer_exists(&f->c, key));
	assert_int_equal(count_names(f, "tmp") + count_names(f, "layers"), 0);
}

static void a_layer_that_fails_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct layer_writer w;

	assert_int_equal(layer_begin(&f->c, key, &w, &f->e), 0);
	write_text(w.diff_fd, "file", "x");
	layer_abandon(&w);
	assert_int_equal(count_names(f, "tmp") + count_names(f, "locks") + count_names(f, "layers"), 0);
}

static void remains_of_a_killed_build_are_removed(void **state)
{
	struct fixture *f = *state;
	struct layer_writer w;

	assert_int_equal(layer_begin(&f->c, key, &w, &f->e), 0);
	write_text(w.diff_fd, "file", "x");
	drop_fd(&w.lock_fd); /* death: the lock goes, everything else stays */
	drop_fd(&w.diff_fd);
	drop_fd(&w.dir_fd);
	assert_int_equal(layer_begin(&f->c, key, &w, &f->e), 0);
	assert_true(w.had_remains);
	assert_int_equal(faccessat(w.diff_fd, "file", F_OK, 0), -1);
	layer_abandon(&w);
}

static const char *read_manifest(struct fixture *f, const char *name)
{
	struct tree tree = { 0 };
	struct tree_rules rules = { 0 };
	struct stat_cache cache;
	struct text out;

	stat_cache_load(&f->c, name, &cache);
	if (tree_read(&f->c, &cache, NULL, f->c.root_fd, name, &tree, &f->e))
		fail_msg("%s", f->e.text);
	stat_cache_save(&f->c, &cache);
	text_init(&out, &f->c.arena);
	tree_write(&tree, &rules, "p", &out);
	return out.at;
}

static void a_manifest_says_what_belongs_to_a_file(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkdirat(f->c.root_fd, "t", 0750), 0);
	own_fd t = openat(f->c.root_fd, "t", O_RDONLY | O_DIRECTORY);
	write_text(t, "b c", "hello\n");
	assert_int_equal(linkat(t, "b c", t, "d", 0), 0);
	assert_int_equal(symlinkat("to/x", t, "a"), 0);
	assert_int_equal(fchmodat(t, "b c", 04711, 0), 0);
	assert_string_equal(read_manifest(f, "t"),
			    "p/ d 750 0:0\n"
			    "p/a l 777 0:0 to=to/x\n"
			    "p/b%20c f 4711 0:0 5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03\n"
			    "p/d f 4711 0:0 same=b%20c\n");
}

static void contents_come_from_the_cache_when_nothing_changed(void **state)
{
	struct fixture *f = *state;
	struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
	struct stat_cache cache;
	struct stat st;

	write_text(f->c.root_fd, "file", "one");
	assert_int_equal(utimensat(f->c.root_fd, "file", old, 0), 0);
	(void)read_manifest(f, "file");
	assert_int_equal(fstatat(f->c.root_fd, "file", &st, 0), 0);
	stat_cache_load(&f->c, "file", &cache);
	assert_null(stat_cache_find(&cache, &st)); /* its ctime is of this moment */
	cache.began += 10000000000;
	unsigned char digest[HASH_BYTES] = { 7 };
	stat_cache_add(&cache, &st, digest, false);
	stat_cache_save(&f->c, &cache);
	stat_cache_load(&f->c, "file", &cache);
	assert_memory_equal(stat_cache_find(&cache, &st), digest, HASH_BYTES);
	assert_non_null(strstr(read_manifest(f, "file"), " 0700000000"));
	st.st_size++;
	assert_null(stat_cache_find(&cache, &st));
}

static void a_damaged_cache_is_empty(void **state)
{
	struct fixture *f = *state;
	struct stat st = { .st_ino = 5 };
	unsigned char digest[HASH_BYTES] = { 7 };
	struct stat_cache cache;

	stat_cache_load(&f->c, "x", &cache);
	stat_cache_add(&cache, &st, digest, false);
	stat_cache_save(&f->c, &cache);
	stat_cache_load(&f->c, "x", &cache);
	assert_non_null(stat_cache_find(&cache, &st));
	own_fd fd = openat(f->c.root_fd, arena_format(&f->c.arena, "stat-cache/%s", cache.name), O_RDWR);
	assert_int_equal(pwrite(fd, "\x55", 1, 90), 1);
	stat_cache_load(&f->c, "x", &cache);
	assert_null(stat_cache_find(&cache, &st));
}

static void images_are_read_as_they_were_written(void **state)
{
	struct fixture *f = *state;
	const char *layers[] = { key }, *cmd[] = { "sh", "a b" };
	struct spec_image_empty port = { "80/tcp" };
	struct spec_image_config config = { .cmd = { cmd, 2 }, .exposed_ports = { &port, 1 } };
	struct image image = { .name = "i", .architecture = "amd64", .layers = { layers, 1 }, .base = "", .config = &config, .history = { NULL, 0 } };
	struct spec_image_step step = { "RUN x", key };
	struct image *read = NULL;

	image.history.at = &step;
	image.history.count = 1;
	assert_int_equal(image_find(&f->c, "i", &read, &f->e), 1);
	assert_int_equal(image_write(&f->c, &image, &f->e), 0);
	if (image_find(&f->c, "i", &read, &f->e))
		fail_msg("%s", f->e.text);
	assert_string_equal(read->config->cmd.at[1], "a b");
	assert_string_equal(read->config->exposed_ports.at[0].key, "80/tcp");
	assert_null(read->config->env.at);
	assert_string_equal(read->history.at[0].layer, key);
	assert_int_equal(image_remove(&f->c, "i", &f->e), 0);
	assert_int_equal(image_remove(&f->c, "i", &f->e), -1);
}

static void check_overlay(struct fixture *f, bool is_old_way)
{
	int lower[3];

	if (geteuid() != 0)
		skip();
	for (int i = 0; i < 3; i++) {
		const char *name = arena_format(&f->c.arena, "lower:%d,%d", i, is_old_way);
		lower[i] = store_open_directory(f->c.root_fd, name, &f->e);
		write_text(lower[i], "same", name);
		write_text(lower[i], i == 2 ? "bottom" : "top", "x");
	}
	own_fd upper = store_open_directory(f->c.root_fd, is_old_way ? "u1" : "u0", &f->e);
	own_fd work = store_open_directory(f->c.root_fd, is_old_way ? "w1" : "w0", &f->e);
	struct overlay o = { lower, 3, upper, work, true, false, is_old_way };
	own_fd mounted = overlay_open(&o, &f->e);
	if (mounted < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(faccessat(mounted, "bottom", F_OK, 0), 0);
	assert_int_equal(unlinkat(mounted, "top", 0), 0);
	write_text(mounted, "new", "y");
	assert_int_equal(faccessat(upper, "new", F_OK, 0), 0);
	char text[16] = { 0 };
	own_fd same = openat(mounted, "same", O_RDONLY);
	assert_int_equal(read(same, text, 15), 9);
	assert_string_equal(text, is_old_way ? "lower:0,1" : "lower:0,0");
	for (int i = 0; i < 3; i++)
		(void)close(lower[i]);
}

static void overlays_are_mounted_by_descriptors(void **state)
{
	check_overlay(*state, false);
}

static void overlays_are_mounted_on_old_kernels(void **state)
{
	check_overlay(*state, true);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, finish)
	const struct CMUnitTest tests[] = {
		TEST(names_are_checked),
		TEST(a_lock_is_held_once_and_leaves_nothing),
		TEST(a_layer_appears_whole),
		TEST(a_layer_that_fails_leaves_nothing),
		TEST(remains_of_a_killed_build_are_removed),
		TEST(a_manifest_says_what_belongs_to_a_file),
		TEST(contents_come_from_the_cache_when_nothing_changed),
		TEST(a_damaged_cache_is_empty),
		TEST(images_are_read_as_they_were_written),
		TEST(overlays_are_mounted_by_descriptors),
		TEST(overlays_are_mounted_on_old_kernels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
