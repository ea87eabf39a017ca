#include "bundle-tools/build/mirror.h"

#include "spec/base/own.h"
#include "spec/json/read.h"

#include <fcntl.h>
#include <string.h>

struct search {
	struct conductor *c;
	const char *distribution, *suite;
	const char *exact, *likely; /* what was found */
};

/* ".../debian/" is a mirror of debian; security archives have only part of it. */
static bool is_mirror_of(const char *uri, const char *distribution)
{
	size_t length = strlen(uri), name = strlen(distribution);

	while (length && uri[length - 1] == '/')
		length--;
	return strncmp(uri, "http", 4) == 0 && length > name && uri[length - name - 1] == '/' &&
	       strncmp(uri + length - name, distribution, name) == 0;
}

static void consider(struct search *s, const char *uri, const char *suite)
{
	if (!is_mirror_of(uri, s->distribution))
		return;
	if (!s->likely)
		s->likely = uri;
	if (!s->exact && strcmp(suite, s->suite) == 0)
		s->exact = uri;
}

/* "deb [options] URI SUITE COMPONENT..." */
static void read_line_format(struct search *s, char *text)
{
	for (char *line, *rest = text; (line = strsep(&rest, "\n"));) {
		char *words = line, *word = strtok_r(line, " \t", &words);
		if (!word || strcmp(word, "deb") != 0)
			continue;
		word = strtok_r(NULL, " \t", &words);
		if (word && word[0] == '[')
			while (word && word[strlen(word) - 1] != ']')
				word = strtok_r(NULL, " \t", &words);
		if (word && (word[0] == '[' || word[strlen(word) - 1] == ']'))
			word = strtok_r(NULL, " \t", &words);
		char *suite = strtok_r(NULL, " \t", &words);
		if (word && suite)
			consider(s, word, suite);
	}
}

static void consider_all(struct search *s, char *uris, char *suites)
{
	for (char *uri = strtok_r(uris, " \t", &uris); uri; uri = strtok_r(NULL, " \t", &uris)) {
		char *all = arena_text(&s->c->arena, suites), *rest;
		for (char *suite = strtok_r(all, " \t", &rest); suite; suite = strtok_r(NULL, " \t", &rest))
			consider(s, uri, suite);
	}
}

/* Paragraphs of "Key: value", divided by empty lines. */
static void read_paragraph_format(struct search *s, char *text)
{
	char *uris = NULL, *suites = NULL, *line;

	for (char *rest = text; (line = strsep(&rest, "\n"));) {
		if (strncasecmp(line, "URIs:", 5) == 0)
			uris = line + 5;
		if (strncasecmp(line, "Suites:", 7) == 0)
			suites = line + 7;
		if (line[0] && rest)
			continue;
		if (uris && suites)
			consider_all(s, uris, suites);
		uris = suites = NULL;
	}
}

static void read_file(struct search *s, int dir_fd, const char *name)
{
	struct err ignored = ERR_NONE; /* a file that cannot be read names no mirror */
	size_t length, word = strlen(name);
	const char *text;

	if (json_load(dir_fd, name, &s->c->arena, &text, &length, &ignored)) /* it loads any text */
		return;
	char *copy = arena_copy(&s->c->arena, text, length);
	if (word > 8 && strcmp(name + word - 8, ".sources") == 0)
		read_paragraph_format(s, copy);
	else if (word > 5 && strcmp(name + word - 5, ".list") == 0)
		read_line_format(s, copy);
}

const char *mirror_find(struct conductor *c, const char *etc_apt, const char *distribution, const char *suite)
{
	struct search s = { .c = c, .distribution = distribution, .suite = suite };
	own_fd apt_fd = open(etc_apt, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent **names;

	if (apt_fd < 0)
		return NULL;
	read_file(&s, apt_fd, "sources.list");
	int count = scandirat(apt_fd, "sources.list.d", &names, NULL, alphasort);
	own_fd parts_fd = openat(apt_fd, "sources.list.d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < count; i++) {
		if (parts_fd >= 0)
			read_file(&s, parts_fd, names[i]->d_name);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	return s.exact ? s.exact : s.likely;
}
