#include "spec/field_rows.h"

#include "spec/base/text.h"
#include "spec/number_list.h"

#include <string.h>

static const char digits[] = "0123456789";

bool rule_is_absolute(const char *text)
{
	return text[0] == '/';
}

bool rule_is_rlimit(const char *text)
{
	static const char prefix[] = "RLIMIT_";
	const char *rest = text + strlen(prefix);

	return text_has_prefix(text, prefix) && *rest && rest[strspn(rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '\0';
}

bool rule_is_page_size(const char *text)
{
	const char *unit = text + strspn(text, digits);

	return text[0] >= '1' && text[0] <= '9' && strlen(unit) == 2 && strchr("KMG", unit[0]) && unit[1] == 'B';
}

bool rule_is_cpu_list(const char *text)
{
	struct number_set set;

	return number_list_read(text, &set);
}

bool rule_is_node_type(const char *text)
{
	return strlen(text) == 1 && strchr("cbup", text[0]);
}

bool rule_is_rule_type(const char *text)
{
	return strlen(text) == 1 && strchr("acb", text[0]);
}

bool rule_is_access(const char *text)
{
	return text[strspn(text, "rwm")] == '\0' && strlen(text) <= 3;
}

bool rule_is_one_line(const char *text)
{
	return !strchr(text, '\n');
}

bool rule_is_mb_schema(const char *text)
{
	return text_has_prefix(text, "MB:") && rule_is_one_line(text);
}

bool rule_is_never(const char *text)
{
	(void)text; /* every rule has the same shape */
	return false;
}
