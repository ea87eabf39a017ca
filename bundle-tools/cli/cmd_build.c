/* build: an image by a Conductorfile. */
#include "bundle-tools/cli/commands.h"

#include "bundle-tools/build/build.h"

COMMAND(build)
{
	const struct build_command_options *o = options;
	struct build_options b = {
		.image = line->at[0],
		.file = line->count > 1 ? line->at[1] : NULL,
		.mirror = o->mirror,
		.keyring = o->keyring,
		.packages = o->packages,
		.variant = o->variant,
		.arguments = { o->arguments.at, o->arguments.count },
		.has_no_cache = o->has_no_cache,
		.explains_cache = o->explains_cache,
		.is_dry_run = o->is_dry_run,
		.has_shell_on_error = o->has_shell_on_error,
		.is_quiet = o->is_quiet,
	};

	(void)exit_code;
	return build_run(c, &b, e) ? err_add(e, "build %s", b.image) : 0;
}
