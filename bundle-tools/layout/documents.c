#include "bundle-tools/layout/documents.h"

#include "spec/field_rows.h"

#include <string.h>

#define OWNER struct spec_layout_platform
static const struct field layout_platform_rows[] = {
	TEXT("architecture", architecture, NEEDED, "Machine, in Go's words."),
	TEXT("os", os, NEEDED, "Operating system."),
	TEXT("variant", variant, 0, "Variant of the machine."),
};
static RECORD(layout_platform);
#undef OWNER

#define OWNER struct spec_layout_descriptor
static const struct field layout_descriptor_rows[] = {
	TEXT("mediaType", media_type, NEEDED, "What it points to."),
	TEXT("digest", digest, FILLED, "Digest of its bytes."),
	UINT("size", size, NEEDED, "Their number.", UP_TO(INT64_MAX)),
	MAP("annotations", annotations, 0, "Free texts."),
	OBJECT("platform", platform, 0, layout_platform, "What it runs on."),
};
static RECORD(layout_descriptor);
#undef OWNER

#define OWNER struct layout_index
static const struct field layout_index_rows[] = {
	UINT("schemaVersion", schema_version, NEEDED, "2.", RANGE(2, 2)),
	TEXT("mediaType", media_type, 0, "That it is an index."),
	OBJECTS("manifests", manifests, NEEDED, layout_descriptor, "Manifests, and indexes of more."),
};
RECORD(layout_index);
#undef OWNER

#define OWNER struct layout_manifest
static const struct field layout_manifest_rows[] = {
	UINT("schemaVersion", schema_version, NEEDED, "2.", RANGE(2, 2)),
	TEXT("mediaType", media_type, 0, "That it is a manifest."),
	OBJECT("config", config, NEEDED, layout_descriptor, "The image's configuration."),
	OBJECTS("layers", layers, NEEDED, layout_descriptor, "The base first."),
};
RECORD(layout_manifest);
#undef OWNER

#define OWNER struct spec_layout_root
static const struct field layout_root_rows[] = {
	TEXT("type", type, NEEDED, "layers."),
	TEXTS("diff_ids", diff_ids, NEEDED, "Digests of the layers' archives, the base first."),
};
static RECORD(layout_root);
#undef OWNER

#define OWNER struct spec_layout_step
static const struct field layout_step_rows[] = {
	TEXT("created", created, 0, "When it was made."),
	TEXT("created_by", created_by, 0, "The instruction."),
	BOOL("empty_layer", is_empty, 0, "It made no layer."),
};
static RECORD(layout_step);
#undef OWNER

#define OWNER struct layout_image
static const struct field layout_image_rows[] = {
	TEXT("created", created, 0, "When it was made."),
	TEXT("author", author, 0, "Who answers for it."),
	TEXT("architecture", architecture, NEEDED, "Machine, in Go's words."),
	TEXT("os", os, NEEDED, "linux."),
	OBJECT("config", config, 0, image_config, "How it is run."),
	OBJECT("rootfs", root, NEEDED, layout_root, "Its layers."),
	OBJECTS("history", history, 0, layout_step, "The instructions it was made by."),
};
RECORD(layout_image);
#undef OWNER

#define OWNER struct layout_version
static const struct field layout_version_rows[] = {
	TEXT("imageLayoutVersion", version, FILLED, "1.0.0."),
};
RECORD(layout_version);
#undef OWNER

enum media media_find(const char *type)
{
	static const struct {
		const char *type;
		enum media media;
	} known[] = {
		{ MEDIA_INDEX, MEDIA_IS_INDEX },
		{ "application/vnd.docker.distribution.manifest.list.v2+json", MEDIA_IS_INDEX },
		{ MEDIA_MANIFEST, MEDIA_IS_MANIFEST },
		{ "application/vnd.docker.distribution.manifest.v2+json", MEDIA_IS_MANIFEST },
		{ MEDIA_LAYER, MEDIA_IS_LAYER },
		{ MEDIA_LAYER "+gzip", MEDIA_IS_LAYER },
		{ MEDIA_LAYER "+zstd", MEDIA_IS_LAYER },
		{ "application/vnd.oci.image.layer.nondistributable.v1.tar", MEDIA_IS_LAYER },
		{ "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", MEDIA_IS_LAYER },
		{ "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", MEDIA_IS_LAYER },
		{ "application/vnd.docker.image.rootfs.diff.tar", MEDIA_IS_LAYER },
		{ "application/vnd.docker.image.rootfs.diff.tar.gzip", MEDIA_IS_LAYER },
		{ "application/vnd.docker.image.rootfs.diff.tar.zstd", MEDIA_IS_LAYER },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(type, known[i].type) == 0)
			return known[i].media;
	return MEDIA_OTHER;
}
