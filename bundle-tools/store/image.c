#include "bundle-tools/store/image.h"

#include "spec/base/clock.h"
#include "spec/base/own.h"
#include "spec/field_rows.h"
#include "spec/json/read.h"
#include "spec/json/write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

static const struct record record_image_empty = { "empty", sizeof(struct spec_image_empty), NULL, 0 };

#define OWNER struct spec_image_config
static const struct field image_config_rows[] = {
	TEXT("User", user, 0, "Who the process runs as."),
	NAMED("ExposedPorts", exposed_ports, 0, image_empty, "Ports it listens on."),
	TEXTS("Env", env, 0, "Environment, as NAME=VALUE."),
	TEXTS("Entrypoint", entrypoint, 0, "What is run."),
	TEXTS("Cmd", cmd, 0, "Its default arguments."),
	NAMED("Volumes", volumes, 0, image_empty, "Directories with data of their own."),
	TEXT("WorkingDir", working_dir, 0, "Directory the process starts in."),
	MAP("Labels", labels, 0, "Free texts."),
	TEXT("StopSignal", stop_signal, 0, "Signal that asks it to end."),
	TEXTS("Shell", shell, 0, "What runs commands that are one text."),
};
RECORD(image_config);
#undef OWNER

#define OWNER struct spec_image_step
static const struct field image_step_rows[] = {
	TEXT("created_by", created_by, NEEDED, "The instruction."),
	TEXT("layer", layer, 0, "Key of the layer it made."),
};
static RECORD(image_step);
#undef OWNER

#define OWNER struct image
static const struct field image_rows[] = {
	TEXT("name", name, FILLED, "Name of the image."),
	TEXT("created", created, NEEDED, "When it was made."),
	TEXT("architecture", architecture, FILLED, "Machine it runs on, in Go's words."),
	TEXT("author", author, 0, "Who answers for it."),
	TEXTS("layers", layers, NEEDED, "Keys of its layers, the base first."),
	TEXT("base", base, NEEDED, "Key of the distribution's layer, or nothing."),
	TEXT("generation", generation, 0, "Part of the keys of its layers, or nothing."),
	OBJECT("config", config, NEEDED, image_config, "How it is run."),
	OBJECTS("history", history, NEEDED, image_step, "The instructions it was made by."),
	OBJECTS("steps", steps, 0, image_step, "The same of its last build, of every stage."),
};
static RECORD(image);
#undef OWNER

int image_find(struct conductor *c, const char *name, struct image **out, struct err *e)
{
	struct problems problems;
	const char *text;
	size_t length;

	if (!store_is_name(name))
		return 1;
	const char *path = arena_format(&c->arena, "images/%s.json", name);
	if (faccessat(c->root_fd, path, F_OK, 0) && errno == ENOENT)
		return 1;
	if (json_load(c->root_fd, path, &c->arena, &text, &length, e))
		return err_add(e, "read image %s", name);
	problems_init(&problems, &c->arena);
	*out = json_read(&record_image, text, length, &problems);
	problems_place(&problems, text, length);
	return problems_err(&problems, path, e) ? err_add(e, "read image %s", name) : 0;
}

int image_read(struct conductor *c, const char *name, struct image **out, struct err *e)
{
	int found = image_find(c, name, out, e);

	if (found != 1)
		return found;
	(void)err_set(e, "there is no image %s", name);
	return err_hint(e, "`conductor images` lists them, `conductor build %s` makes one", name);
}

int image_write(struct conductor *c, struct image *image, struct err *e)
{
	char now[CLOCK_TEXT];
	struct text json;

	clock_write_now(now);
	if (!image->created || !image->created[0])
		image->created = arena_text(&c->arena, now);
	text_init(&json, &c->arena);
	json_write(&record_image, image, JSON_SPACES, &json);
	own_fd images_fd = openat(c->root_fd, "images", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (images_fd < 0)
		return err_sys(e, "open %s/images", c->root);
	if (store_write_file(images_fd, arena_format(&c->arena, "%s.json", image->name), json.at, json.length, WRITE_SYNCED, e))
		return err_add(e, "write image %s", image->name);
	return fsync(images_fd) ? err_sys(e, "write image %s", image->name) : 0;
}

int image_remove(const struct conductor *c, const char *name, struct err *e)
{
	char path[NAME_MAX + 16];

	(void)snprintf(path, sizeof path, "images/%s.json", name);
	if (unlinkat(c->root_fd, path, 0))
		return errno == ENOENT ? err_set(e, "there is no image %s", name) : err_sys(e, "remove image %s", name);
	return 0;
}
