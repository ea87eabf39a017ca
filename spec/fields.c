#include "spec/fields.h"

#include "spec/field_rows.h"

#include <string.h>

#define OWNER struct spec_id_mapping
static const struct field id_mapping_rows[] = {
	UINT("containerID", container_id, NEEDED, "First id inside the container.", ID),
	UINT("hostID", host_id, NEEDED, "First id outside that it is mapped to.", ID),
	UINT("size", size, NEEDED, "How many ids are mapped.", RANGE(1, UINT32_MAX)),
};
RECORD(id_mapping);
#undef OWNER

#define OWNER struct spec_root
static const struct field root_rows[] = {
	TEXT("path", path, FILLED, "The root's directory, absolute or relative to the bundle."),
	BOOL("readonly", readonly, 0, "Mount the root file system read-only."),
};
static RECORD(root);
#undef OWNER

#define OWNER struct spec_mount
static const struct field mount_rows[] = {
	TEXT("destination", destination, FILLED, "Where it is mounted, as a path in the container."),
	TEXT("type", type, 0, "Type of the file system; bind mounts need none."),
	TEXT("source", source, 0, "Device, directory, file or dummy; bind sources may be relative to the bundle."),
	TEXTS("options", options, 0, "Mount options; unknown ones are handed to the file system.",
	      NEEDS("Linux 5.12 for idmap and ridmap")),
	OBJECTS("uidMappings", uid_mappings, 0, id_mapping, "User ids, mapped for this mount only.",
		NEEDS("Linux 5.12 and a file system that can: ext4 and XFS from then on, overlay from 5.19, tmpfs from 6.3")),
	OBJECTS("gidMappings", gid_mappings, 0, id_mapping, "Group ids, mapped for this mount only.", NEEDS("as uidMappings")),
};
static RECORD(mount);
#undef OWNER

#define OWNER struct spec_hook
static const struct field hook_rows[] = {
	TEXT("path", path, FILLED, "Program of the hook.", ABSOLUTE),
	TEXTS("args", args, 0, "Its arguments, beginning with its own name."),
	TEXTS("env", env, 0, "Its environment, as NAME=VALUE."),
	INT("timeout", timeout, 0, "Seconds after which it is ended and counts as failed.", RANGE(1, INT32_MAX)),
};
static RECORD(hook);
#undef OWNER

#define OWNER struct spec_hooks
static const struct field hooks_rows[] = {
	OBJECTS("prestart", prestart, 0, hook, "Run outside once the namespaces are there; deprecated."),
	OBJECTS("createRuntime", create_runtime, 0, hook, "Run outside once the namespaces are there."),
	OBJECTS("createContainer", create_container, 0, hook, "Run in the new namespaces, before pivot_root(2)."),
	OBJECTS("startContainer", start_container, 0, hook, "Run in the container just before its process."),
	OBJECTS("poststart", poststart, 0, hook, "Run outside after the process has started."),
	OBJECTS("poststop", poststop, 0, hook, "Run outside after the container was deleted."),
};
static RECORD(hooks);
#undef OWNER

#define OWNER struct spec
static const struct field spec_rows[] = {
	TEXT("ociVersion", oci_version, FILLED, "Version of the specification the file was written for."),
	OBJECT("process", process, 0, process, "The process that is started."),
	OBJECT("root", root, 0, root, "The root file system."),
	TEXT("hostname", hostname, 0, "Host name in the container's uts namespace."),
	TEXT("domainname", domainname, 0, "Domain name in the container's uts namespace."),
	OBJECTS("mounts", mounts, 0, mount, "What is mounted besides the root, in this order."),
	OBJECT("hooks", hooks, 0, hooks, "Programs run at turning points of the container's life."),
	OBJECT("linux", linux, 0, linux, "What only Linux has."),
	MAP("annotations", annotations, 0, "Free texts for engines and tools."),
	SKIPPED("solaris", "What only Solaris has."),
	SKIPPED("windows", "What only Windows has."),
	SKIPPED("vm", "What only virtual machines have."),
	SKIPPED("zos", "What only z/OS has."),
	SKIPPED("freebsd", "What only FreeBSD has."),
};
RECORD(spec);
#undef OWNER

const struct field *record_find_field(const struct record *record, const char *key, size_t length)
{
	for (const struct field *f = record->fields; f < record->fields + record->count; f++)
		if (length && f->name[0] == key[0] && strncmp(f->name, key, length) == 0 && f->name[length] == '\0')
			return f;
	return NULL;
}

bool field_is_set(const struct field *field, const void *member)
{
	switch (field->kind) {
	case FIELD_BOOL:
		return ((const struct opt_bool *)member)->is_set;
	case FIELD_INT:
		return ((const struct opt_int *)member)->is_set;
	case FIELD_UINT:
	case FIELD_PERCENT:
		return ((const struct opt_uint *)member)->is_set;
	case FIELD_WORD:
		return ((const struct opt_word *)member)->is_set;
	case FIELD_SKIPPED:
		return false;
	default: /* a pointer, or a list or map that begins with one */
		return *(const void *const *)member;
	}
}
