/* linux.netDevices: names that the kernel takes, and a network namespace to move the devices to. */
#include "spec/check_rules.h"

#include <ctype.h>
#include <string.h>

enum { NAME_MAX_BYTES = 15 }; /* IFNAMSIZ, with its end */

static const char advice[] = "1 to 15 bytes without '/', ':' and space; not \".\" or \"..\"";

/* dev_valid_name() of the kernel. */
static bool is_valid(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > NAME_MAX_BYTES || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	for (const char *c = name; *c; c++)
		if (*c == '/' || *c == ':' || isspace((unsigned char)*c))
			return false;
	return true;
}

static bool is_pattern(const char *name)
{
	const char *percent = strchr(name, '%');

	return percent && strcmp(percent, "%d") == 0;
}

static const char *name_inside(const struct spec_net_device *d)
{
	return d->name && d->name[0] ? d->name : d->key;
}

static const char *find_pointer(struct problems *p, const struct spec_net_device *d)
{
	return AT(p, "%s/name", check_key_pointer(p, "/linux/netDevices", d->key));
}

static void check_device(const struct spec_net_device *d, struct problems *p)
{
	const char *pointer = check_key_pointer(p, "/linux/netDevices", d->key), *name = name_inside(d);

	if (!is_valid(d->key) || strchr(d->key, '%'))
		check_refuse(p, pointer, "is no name of a network device", advice);
	if (name == d->key)
		return;
	if (!is_valid(name))
		check_refuse(p, find_pointer(p, d), AT(p, "%s is no name of a network device", json_quote(p->arena, name, strlen(name))),
			     advice);
	else if (strchr(name, '%') && (!is_pattern(name) || strcmp(name, "%d") == 0))
		check_refuse(p, find_pointer(p, d), "has a '%' that is not its end's \"%d\"", "such as \"eth%d\": the first number that is free");
}

static void check_twins(const struct spec_linux *linux, size_t index, struct problems *p)
{
	const struct spec_net_device *d = &linux->net_devices.at[index];

	for (size_t i = 0; i < index && !is_pattern(name_inside(d)); i++)
		if (strcmp(name_inside(&linux->net_devices.at[i]), name_inside(d)) == 0) {
			check_refuse(p, d->name ? find_pointer(p, d) : check_key_pointer(p, "/linux/netDevices", d->key),
				     AT(p, "two devices are called %s in the container", name_inside(d)),
				     "give each a \"name\" of its own, or one that ends in \"%d\"");
			return;
		}
}

void check_net_devices(const struct spec_linux *linux, struct problems *p)
{
	if (linux->net_devices.count && check_lacks_namespace(linux, NAMESPACE_NETWORK))
		check_refuse(p, "/linux/netDevices", "there is no network namespace to move devices to",
			     "a namespace of type network is needed");
	for (size_t i = 0; i < linux->net_devices.count; i++) {
		check_device(&linux->net_devices.at[i], p);
		check_twins(linux, i, p);
	}
}
