/* Golden plans: conformance/plans/cases/CASE.json compiled for the host described by facts/HOST must give cases/CASE.HOST.plan.
 * A configuration that gives no plan has its mistakes there. PLANS_UPDATE=1 writes the files anew: read the difference. */
#include "runtime/plan/plan.h"
#include "spec/check.h"

#include <dirent.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIRECTORY "conformance/plans"

static const char *load(struct arena *a, const char *path, size_t *length)
{
	struct err e = ERR_NONE;
	const char *text;

	if (json_load(AT_FDCWD, path, a, &text, length, &e) < 0)
		fail_msg("%s", e.text);
	return text;
}

static void read_facts(struct arena *a, const char *host, struct facts *facts)
{
	char path[512];
	struct err e = ERR_NONE;
	size_t length;

	(void)snprintf(path, sizeof path, DIRECTORY "/facts/%s", host);
	if (facts_read(load(a, path, &length), a, facts, &e) < 0)
		fail_msg("%s: %s", path, e.text);
}

static void add_problems(const struct problems *problems, struct text *out)
{
	for (size_t i = 0; i < problems->count; i++)
		text_add(out, "%s: %s: %s%s%s\n", problems->at[i].is_warning ? "warning" : "mistake", problems->at[i].pointer,
			 problems->at[i].message, problems->at[i].advice ? "; " : "",
			 problems->at[i].advice ? problems->at[i].advice : "");
}

static void compile(struct arena *a, const char *name, const char *host, struct text *out)
{
	struct problems problems;
	struct facts facts;
	struct plan plan;
	char path[512];
	size_t length;

	(void)snprintf(path, sizeof path, DIRECTORY "/cases/%s.json", name);
	const char *text = load(a, path, &length);
	problems_init(&problems, a);
	struct spec *spec = json_read(&record_spec, text, length, &problems);
	assert_non_null(spec);
	check_spec(spec, true, &problems);
	check_later(&record_spec, spec, "", &problems);
	read_facts(a, host, &facts);
	struct plan_request request = { .spec = spec, .facts = &facts, .arena = a, .id = "web", .bundle = "/b/web",
					.has_no_pivot = strstr(name, "no-pivot"), .has_no_new_keyring = strstr(name, "keyring"),
					.cgroups = strstr(name, "disabled") ? PLAN_NO_CGROUP :
						   facts.systemd            ? PLAN_SYSTEMD :
									      PLAN_CGROUPFS };
	bool is_planned = plan_container(&request, &problems, &plan);
	add_problems(&problems, out);
	if (!is_planned || problems.mistakes)
		return;
	assert_true(plan_is_sound(&plan));
	plan_print(&plan, &request, out);
}

static void update(const char *path, const struct text *shown)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(shown->at, 1, shown->length, file), shown->length);
	assert_int_equal(fclose(file), 0);
}

static void test_plan(void **state)
{
	const char *file = *state;
	char name[256], path[512];
	struct arena a;
	struct text shown;
	size_t length;

	arena_init(&a, ARENA_SIZE);
	text_init(&shown, &a);
	(void)snprintf(name, sizeof name, "%.*s", (int)(strlen(file) - strlen(".plan")), file);
	char *host = strrchr(name, '.');
	assert_non_null(host);
	*host++ = '\0';
	compile(&a, name, host, &shown);
	(void)snprintf(path, sizeof path, DIRECTORY "/cases/%s", file);
	if (getenv("PLANS_UPDATE"))
		update(path, &shown);
	assert_true(shown.length > 0);
	assert_string_equal(shown.at, load(&a, path, &length));
	arena_finish(&a);
}

static int is_plan(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 5 && strcmp(entry->d_name + length - 5, ".plan") == 0;
}

static struct dirent **find_plans(int *count)
{
	struct dirent **entries;

	*count = scandir(DIRECTORY "/cases", &entries, is_plan, alphasort);
	if (*count < 250) {
		(void)fprintf(stderr, "%d golden plans in " DIRECTORY "/cases: run from the repository's root\n", *count);
		exit(1);
	}
	return entries;
}

int main(void)
{
	int count;
	struct dirent **entries = find_plans(&count);
	struct CMUnitTest *tests = calloc((size_t)count, sizeof *tests);

	if (!tests)
		return 1;
	for (int i = 0; i < count; i++)
		tests[i] = (struct CMUnitTest){ entries[i]->d_name, test_plan, NULL, NULL, entries[i]->d_name };
	return _cmocka_run_group_tests("plans", tests, (size_t)count, NULL, NULL);
}
