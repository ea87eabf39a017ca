#include "bundle-tools/build/explain.h"

#include "spec/json/read.h"

#include <string.h>

/* The old layer's manifest, or NULL. */
static const char *read_manifest(struct conductor *c, const char *key)
{
	struct err ignored = ERR_NONE; /* no manifest: nothing can be compared */
	const char *text;
	size_t length;

	if (json_load(c->root_fd, arena_format(&c->arena, "layers/%s/manifest", key), &c->arena, &text, &length, &ignored))
		return NULL;
	return text;
}

static size_t line_length(const char *line)
{
	return strcspn(line, "\n");
}

static size_t path_length(const char *line)
{
	return strcspn(line, " \n");
}

/* Both are sorted by the same walk: the first line that differs names the first file that differs. NULL: none does. */
static const char *compare(struct conductor *c, const char *old, const char *now)
{
	while (*old && *now && line_length(old) == line_length(now) && strncmp(old, now, line_length(old)) == 0) {
		old += line_length(old) + (old[line_length(old)] == '\n');
		now += line_length(now) + (now[line_length(now)] == '\n');
	}
	if (!*old && !*now)
		return NULL;
	bool is_same_path = path_length(old) == path_length(now) && strncmp(old, now, path_length(old)) == 0;
	if (is_same_path)
		return arena_format(&c->arena, "%.*s has changed: %.*s before,%.*s now", (int)path_length(now), now,
				    (int)(line_length(old) - path_length(old)), old + path_length(old), (int)(line_length(now) - path_length(now)),
				    now + path_length(now));
	bool is_new = !*old || (*now && strncmp(now, old, path_length(now) < path_length(old) ? path_length(now) : path_length(old)) < 0);
	return arena_format(&c->arena, "%.*s is %s", (int)path_length(is_new ? now : old), is_new ? now : old, is_new ? "new" : "gone");
}

static const char *explain_difference(struct conductor *c, bool is_reason_known, const struct spec_image_step *old,
				      const struct step *s)
{
	bool is_same = strcmp(old->created_by, s->instruction->shown) == 0;

	if (is_reason_known && !is_same) /* lines may have moved */
		return "an earlier step has changed";
	if (!is_same)
		return arena_format(&c->arena, "the instruction was \"%.60s\" before", old->created_by);
	if (old->layer && s->key && strcmp(old->layer, s->key) == 0)
		return "its layer has been removed from the cache";
	const char *manifest = s->manifest && old->layer ? read_manifest(c, old->layer) : NULL;
	const char *file = manifest ? compare(c, manifest, s->manifest) : NULL;
	if (file)
		return file;
	if (is_reason_known)
		return "an earlier step has changed";
	return manifest ? "the files are the same, but where they go or who they belong to has changed" :
			  "what it follows from has changed: base, arguments, environment, user or directory";
}

const char *explain_step(struct conductor *c, struct explainer *x, const struct step *s)
{
	if (!x->before)
		return "the image was not built before";
	bool is_reason_known = x->is_reason_known;
	x->is_reason_known = true;
	if (x->step >= x->before->steps.count)
		return x->before->steps.count ? "the image had no such step before" : "the image was not built here before";
	return explain_difference(c, is_reason_known, &x->before->steps.at[x->step], s);
}
