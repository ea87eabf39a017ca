/* Owns the documents of an OCI image layout, by rows: index, manifest, image configuration (image-spec 1.1; what Docker writes in
 * the same places is read too). */
#pragma once

#include "bundle-tools/store/image.h"
#include "spec/fields.h"

#define MEDIA_INDEX "application/vnd.oci.image.index.v1+json"
#define MEDIA_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define MEDIA_CONFIG "application/vnd.oci.image.config.v1+json"
#define MEDIA_LAYER "application/vnd.oci.image.layer.v1.tar"
#define ANNOTATION_NAME "org.opencontainers.image.ref.name"

struct spec_layout_platform {
	const char *architecture, *os, *variant;
};

struct spec_layout_descriptor {
	const char *media_type, *digest;
	struct opt_uint size;
	struct spec_map annotations;
	struct spec_layout_platform *platform;
};

struct layout_index {
	struct opt_uint schema_version;
	const char *media_type;
	SPEC_LIST(spec_layout_descriptor) manifests;
};

struct layout_manifest {
	struct opt_uint schema_version;
	const char *media_type;
	struct spec_layout_descriptor *config;
	SPEC_LIST(spec_layout_descriptor) layers;
};

struct spec_layout_root {
	const char *type;
	struct spec_texts diff_ids;
};

struct spec_layout_step {
	const char *created, *created_by;
	struct opt_bool is_empty;
};

struct layout_image {
	const char *created, *author, *architecture, *os;
	struct spec_image_config *config;
	struct spec_layout_root *root;
	SPEC_LIST(spec_layout_step) history;
};

struct layout_version {
	const char *version;
};

extern const struct record record_layout_index, record_layout_manifest, record_layout_image, record_layout_version;

/* Which kind of document or layer a media type says; MEDIA_OTHER: none that is known. */
enum media { MEDIA_IS_INDEX, MEDIA_IS_MANIFEST, MEDIA_IS_LAYER, MEDIA_OTHER };
enum media media_find(const char *type);
