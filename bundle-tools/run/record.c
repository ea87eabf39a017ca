/* The record of a container, container.json. */
#include "bundle-tools/run/container.h"

#include "bundle-tools/store/store.h"
#include "spec/field_rows.h"
#include "spec/json/read.h"
#include "spec/json/write.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define OWNER struct container
static const struct field container_rows[] = {
	TEXT("name", name, FILLED, "Name of the container."),
	TEXT("image", image, NEEDED, "Its image, or nothing."),
	TEXT("created", created, NEEDED, "When it was made."),
	TEXTS("layers", layers, NEEDED, "Keys of the layers below it."),
	TEXT("rootfs", rootfs, NEEDED, "Directory below it instead of an image, or nothing."),
	TEXT("network", network, FILLED, "own, isolated or host."),
	TEXT("stopSignal", stop_signal, NEEDED, "Signal that asks it to end, or nothing."),
};
static RECORD(container);
#undef OWNER

const char *container_directory(struct conductor *c, const char *name)
{
	return arena_format(&c->arena, "%s/containers/%s", c->root, name);
}

int container_write(struct conductor *c, int dir_fd, const struct container *record, struct err *e)
{
	struct text json;

	text_init(&json, &c->arena);
	json_write(&record_container, record, JSON_SPACES, &json);
	return store_write_file(dir_fd, "container.json", json.at, json.length, WRITE_PLAIN, e);
}

int container_read(struct conductor *c, const char *name, struct container **out, struct err *e)
{
	struct problems problems;
	const char *text, *path = arena_format(&c->arena, "containers/%s/container.json", name);
	size_t length;

	if (!store_is_name(name) || (faccessat(c->root_fd, path, F_OK, 0) && errno == ENOENT)) {
		(void)err_set(e, "there is no container %s", name);
		return err_hint(e, "`conductor ps` lists them");
	}
	if (json_load(c->root_fd, path, &c->arena, &text, &length, e))
		return -1;
	problems_init(&problems, &c->arena);
	*out = json_read(&record_container, text, length, &problems);
	problems_place(&problems, text, length);
	return problems_err(&problems, path, e);
}
