/* export, import: images as OCI image layouts. */
#include "bundle-tools/cli/commands.h"

#include "bundle-tools/layout/export.h"
#include "bundle-tools/layout/import.h"

COMMAND(export)
{
	const struct export_command_options *o = options;
	struct export_options x = {
		.image = line->at[0],
		.to = line->at[1],
		.name = o->name,
		.format = (enum export_format)o->format,
		.compression = (enum compression)o->compression,
	};

	(void)exit_code;
	return export_run(c, &x, e) ? err_add(e, "export %s", x.image) : 0;
}

COMMAND(import)
{
	const struct import_command_options *o = options;
	uint64_t gigabytes = o->max_size ? o->max_size : IMPORT_GIGABYTES;
	struct import_options x = {
		.from = line->at[0],
		.image = line->count > 1 ? line->at[1] : NULL,
		.name = o->name,
		.most = gigabytes << 30,
		.has_devices = o->has_devices,
	};

	(void)exit_code;
	return import_run(c, &x, e) ? err_add(e, "import %s", x.from) : 0;
}
