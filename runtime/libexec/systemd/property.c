#include "runtime/libexec/systemd/property.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- from the channel --------------------------------------------------------------------------------------------- */

const char *texts_next(struct texts *t)
{
	const char *text = t->at, *nul = t->at < t->end ? memchr(t->at, '\0', (size_t)(t->end - t->at)) : NULL;

	if (!nul)
		return NULL;
	t->at = nul + 1;
	return text;
}

/* Decimal digits, at most `most`. */
static bool read_digits(const char *text, uint64_t most, uint64_t *out)
{
	uint64_t number = 0;

	if (!text[0])
		return false;
	for (; *text; text++) {
		uint64_t digit = (uint64_t)(*text - '0');
		if (*text < '0' || *text > '9' || number > (most - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*out = number;
	return true;
}

static bool read_one(struct texts *t, struct property *out)
{
	const char *optional, *count;
	uint64_t number;

	out->name = texts_next(t);
	out->signature = texts_next(t);
	optional = texts_next(t);
	count = texts_next(t);
	if (!count || !read_digits(count, UINT32_MAX, &number))
		return false;
	out->is_optional = optional[0];
	out->values = t->at;
	out->value_count = (uint32_t)number;
	for (uint32_t i = 0; i < out->value_count; i++)
		if (!texts_next(t))
			return false;
	return true;
}

struct property *properties_read(struct texts *t, uint32_t count)
{
	struct property *properties = count <= 4096 ? calloc((size_t)count + 1, sizeof *properties) : NULL;

	for (uint32_t i = 0; properties && i < count; i++)
		if (!read_one(t, &properties[i])) {
			free(properties);
			return NULL;
		}
	return properties;
}

/* --- to the bus --------------------------------------------------------------------------------------------------- */

static int append_unsigned(sd_bus_message *m, char type, uint64_t n)
{
	uint32_t u = (uint32_t)n;
	uint16_t q = (uint16_t)n;
	uint8_t y = (uint8_t)n;
	int b = n != 0;

	return sd_bus_message_append_basic(m, type,
					   type == 't' ? (const void *)&n : type == 'u' ? &u : type == 'q' ? &q : type == 'y' ? &y
															 : (const void *)&b);
}

static int append_signed(sd_bus_message *m, char type, int64_t x)
{
	int32_t i = (int32_t)x;
	int16_t n = (int16_t)x;

	return sd_bus_message_append_basic(m, type, type == 'x' ? (const void *)&x : type == 'i' ? (const void *)&i : &n);
}

static const struct {
	char type;
	uint64_t most; /* of signed ones: without a sign */
	bool is_signed;
} numbers[] = {
	{ 'b', 1, false },          { 'y', UINT8_MAX, false }, { 'q', UINT16_MAX, false }, { 'u', UINT32_MAX, false },
	{ 't', UINT64_MAX, false }, { 'n', INT16_MAX, true },  { 'i', INT32_MAX, true },   { 'x', INT64_MAX, true },
};

static int append_double(sd_bus_message *m, const char *text)
{
	char *end;
	double value = strtod(text, &end);

	return end == text || *end ? -EINVAL : sd_bus_message_append_basic(m, 'd', &value);
}

/* One value of a basic type. */
static int append_basic(sd_bus_message *m, char type, const char *text)
{
	if (strchr("sog", type))
		return sd_bus_message_append_basic(m, type, text);
	if (type == 'd')
		return append_double(m, text);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		bool is_negative = numbers[i].is_signed && text[0] == '-';
		uint64_t n;
		if (numbers[i].type != type)
			continue;
		if (!read_digits(text + is_negative, numbers[i].most + is_negative, &n))
			return -ERANGE;
		if (!numbers[i].is_signed)
			return append_unsigned(m, type, n);
		return append_signed(m, type, is_negative ? (int64_t)(0 - n) : (int64_t)n);
	}
	return -EINVAL;
}

/* "(ss)": as many values as it has letters. */
static int append_struct(sd_bus_message *m, const char *letters, size_t count, struct texts *t)
{
	char contents[16] = "";
	int result = count < sizeof contents ? 0 : -EINVAL;

	if (result < 0)
		return result;
	memcpy(contents, letters, count);
	result = sd_bus_message_open_container(m, 'r', contents);
	for (size_t i = 0; i < count && result >= 0; i++) {
		const char *text = texts_next(t);
		result = text ? append_basic(m, letters[i], text) : -EINVAL;
	}
	return result < 0 ? result : sd_bus_message_close_container(m);
}

static int append_array(sd_bus_message *m, const char *element, struct texts *t)
{
	int result = sd_bus_message_open_container(m, 'a', element);

	while (result >= 0 && t->at < t->end) {
		if (element[0] == '(') {
			result = append_struct(m, element + 1, strlen(element) - 2, t);
			continue;
		}
		const char *text = texts_next(t);
		result = text ? append_basic(m, element[0], text) : -EINVAL;
	}
	return result < 0 ? result : sd_bus_message_close_container(m);
}

static const char *find_end(const struct property *p)
{
	struct texts t = { p->values, (const char *)UINTPTR_MAX };

	for (uint32_t i = 0; i < p->value_count; i++)
		t.at += strlen(t.at) + 1;
	return t.at;
}

static int append_one(sd_bus_message *m, const struct property *p)
{
	struct texts t = { p->values, find_end(p) };
	int result = sd_bus_message_open_container(m, 'r', "sv");

	if (result >= 0)
		result = sd_bus_message_append_basic(m, 's', p->name);
	if (result >= 0)
		result = sd_bus_message_open_container(m, 'v', p->signature);
	if (result >= 0 && p->signature[0] == 'a')
		result = append_array(m, p->signature + 1, &t);
	else if (result >= 0)
		result = p->value_count == 1 ? append_basic(m, p->signature[0], p->values) : -EINVAL;
	if (result >= 0)
		result = sd_bus_message_close_container(m);
	return result < 0 ? result : sd_bus_message_close_container(m);
}

int properties_append(sd_bus_message *message, const struct property *properties, uint32_t count, const struct property **failed)
{
	for (uint32_t i = 0; i < count; i++) {
		int result = properties[i].is_dropped ? 0 : append_one(message, &properties[i]);
		*failed = &properties[i];
		if (result < 0)
			return result;
	}
	return 0;
}

/* --- what an older one does not know ------------------------------------------------------------------------------ */

static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
		if ((at == text || !isalnum((unsigned char)at[-1])) && !isalnum((unsigned char)at[length]))
			return true;
	return false;
}

bool properties_drop(struct property *properties, uint32_t count, const char *answer)
{
	bool is_any = false;

	for (uint32_t i = 0; i < count; i++)
		if (properties[i].is_optional && !properties[i].is_dropped && has_word(answer, properties[i].name))
			is_any = properties[i].is_dropped = true;
	return is_any;
}
