#include "runtime/life/config_text.h"

#include "spec/json/read.h"

int config_text_place(const struct config_text *config, const char *pointer, struct arena *a, struct err *e)
{
	unsigned line, column;

	if (!pointer[0])
		return -1;
	if (!config || !config->text)
		return err_at(e, pointer, "");
	json_find_place(config->text, config->length, pointer, &line, &column);
	return err_at(e, pointer, arena_format(a, "%s:%u:%u", config->file, line, column));
}
