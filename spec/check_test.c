#include "spec/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A configuration without a mistake, and what is put into its parts; then every line that the check says, without
 * places. An empty `said` is a passing case: next to every rule that fails stands one that is kept. */
struct rule {
	const char *top, *process, *namespaces, *linux, *said;
};

struct said {
	struct arena arena;
	char text[8192];
};

static void say(struct said *s, const struct problems *p)
{
	size_t used = 0;

	s->text[0] = '\0';
	for (size_t i = 0; i < p->count; i++) {
		const struct problem *o = &p->at[i];
		int more = snprintf(s->text + used, sizeof s->text - used, "%s%s: %s%s%s\n",
				    o->is_warning ? "warning: " : "", o->pointer, o->message, o->advice ? "; " : "",
				    o->advice ? o->advice : "");
		used += (size_t)more;
		assert_true(used < sizeof s->text);
	}
}

static void check_rule(const struct rule *r)
{
	struct said said;
	struct problems p;
	struct arena a;

	arena_init(&a, ARENA_SIZE);
	problems_init(&p, &a);
	const char *text = arena_format(&a,
					"{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"rootfs\"},\"process\":{\"cwd\":"
					"\"/\","
					"\"args\":[\"sh\"]%s},\"linux\":{\"namespaces\":[{\"type\":\"mount\"}%s]%s}%s}",
					r->process ? r->process : "", r->namespaces ? r->namespaces : "",
					r->linux ? r->linux : "", r->top ? r->top : "");
	const struct spec *spec = json_read(&record_spec, text, strlen(text), &p);
	assert_non_null(spec);
	check_spec(spec, true, &p);
	problems_place(&p, text, strlen(text));
	say(&said, &p);
	assert_string_equal(said.text, r->said);
	arena_finish(&a);
}

static void check_rules(const struct rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_rule(&rules[i]);
}

#define CHECK(rules) check_rules(rules, sizeof(rules) / sizeof *(rules))
#define USER ",{\"type\":\"user\"}"
#define BOTH_MAPS                                                                                                      \
	",\"uidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}]"                                      \
	",\"gidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}]"

static void names_need_a_uts_namespace(void **state)
{
	static const struct rule rules[] = {
		{ .top = ",\"hostname\":\"web\"",
		  .said = "/hostname: would change the host's name; a namespace of type uts is needed\n" },
		{ .top = ",\"domainname\":\"example.org\"",
		  .said = "/domainname: would change the host's name; a namespace of type uts is needed\n" },
		{ .top = ",\"hostname\":\"web\",\"domainname\":\"x\"",
		  .namespaces = ",{\"type\":\"uts\"}",
		  .said = "" },
		{ .top = ",\"hostname\":\"web\"", .namespaces = ",{\"type\":\"uts\",\"path\":\"/n\"}", .said = "" },
		{ .top = ",\"hostname\":\"\"", .said = "" },
		{ .top = ",\"hostname\":\"0123456789012345678901234567890123456789012345678901234567890123\"",
		  .namespaces = ",{\"type\":\"uts\"}",
		  .said = "" },
		{ .top = ",\"hostname\":\"01234567890123456789012345678901234567890123456789012345678901234\"",
		  .namespaces = ",{\"type\":\"uts\"}",
		  .said = "/hostname: is longer than the 64 bytes that the kernel keeps\n" },
		/* two mistakes in one place are two lines */
		{ .top = ",\"hostname\":\"01234567890123456789012345678901234567890123456789012345678901234\"",
		  .said = "/hostname: is longer than the 64 bytes that the kernel keeps\n"
			  "/hostname: would change the host's name; a namespace of type uts is needed\n" },
		/* what follows from a mistake of reading is none of its own */
		{ .top = ",\"hostname\":\"web\"",
		  .namespaces = ",{\"type\":\"utc\"}",
		  .said = "/linux/namespaces/1/type: \"utc\" is not a namespace type; one of mount, pid, network, uts, "
			  "ipc, user, cgroup, time\n" },
		{ .top = ",\"hostname\":7", .said = "/hostname: must be a text, not a number\n" },
	};

	(void)state;
	CHECK(rules);
}

static void namespaces_are_there_once(void **state)
{
	static const struct rule rules[] = {
		{ .namespaces = ",{\"type\":\"pid\"},{\"type\":\"pid\",\"path\":\"/p\"},{\"type\":\"mount\"}",
		  .said = "/linux/namespaces/2/type: the namespace pid is there twice; keep one of them\n"
			  "/linux/namespaces/3/type: the namespace mount is there twice; keep one of them\n" },
		{ .namespaces = ",{\"type\":\"pid\"},{\"type\":\"ipc\"},{\"type\":\"network\"},{\"type\":\"cgroup\"}",
		  .said = "" },
	};

	(void)state;
	CHECK(rules);
}

static void mappings_need_a_user_namespace(void **state)
{
	static const struct rule rules[] = {
		{ .linux = BOTH_MAPS,
		  .said = "/linux/uidMappings: there is no user namespace to map ids in; a namespace of type user is "
			  "needed\n"
			  "/linux/gidMappings: there is no user namespace to map ids in; a namespace of type user is "
			  "needed\n" },
		{ .namespaces = USER, .linux = BOTH_MAPS, .said = "" },
		{ .namespaces = USER,
		  .said = "/linux/uidMappings: is missing; a new user namespace needs its user ids mapped\n"
			  "/linux/gidMappings: is missing; a new user namespace needs its group ids mapped\n" },
		{ .namespaces = USER,
		  .linux = ",\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":1}]",
		  .said = "/linux/gidMappings: is missing; a new user namespace needs its group ids mapped\n" },
		{ .namespaces = ",{\"type\":\"user\",\"path\":\"/u\"}", .said = "" },
		{ .namespaces = ",{\"type\":\"user\",\"path\":\"/u\"}", .linux = BOTH_MAPS, .said = "" },
		{ .linux = ",\"uidMappings\":[],\"gidMappings\":[]", .said = "" },
	};

	(void)state;
	CHECK(rules);
}

#define MAPS(list) ",\"uidMappings\":[" list "],\"gidMappings\":[{\"containerID\":0,\"hostID\":100000,\"size\":65536}]"
#define RANGE(inside, outside, size) "{\"containerID\":" #inside ",\"hostID\":" #outside ",\"size\":" #size "}"

static void mappings_do_not_overlap(void **state)
{
	static const struct rule rules[] = {
		{ .namespaces = USER,
		  .linux = MAPS(RANGE(0, 1000, 10) "," RANGE(9, 2000, 10)),
		  .said = "/linux/uidMappings/1/containerID: overlaps with range 0; each id is mapped once\n" },
		{ .namespaces = USER,
		  .linux = MAPS(RANGE(0, 1000, 10) "," RANGE(10, 1009, 10)),
		  .said = "/linux/uidMappings/1/hostID: overlaps with range 0; each id is mapped once\n" },
		{ .namespaces = USER,
		  .linux = MAPS(RANGE(0, 1000, 10) "," RANGE(10, 1010, 10) "," RANGE(20, 990, 10)),
		  .said = "" },
		{ .namespaces = USER, .linux = MAPS(RANGE(0, 0, 4294967295)), .said = "" },
		{ .namespaces = USER,
		  .linux = MAPS(RANGE(0, 1, 4294967295)),
		  .said = "/linux/uidMappings/0/size: reaches beyond the last id; ids end at 4294967294\n" },
		{ .namespaces = USER,
		  .linux = MAPS(RANGE(0, 1, 1) "," RANGE(1, 0, 4294967295)),
		  .said = "/linux/uidMappings/1/hostID: overlaps with range 0; each id is mapped once\n"
			  "/linux/uidMappings/1/size: reaches beyond the last id; ids end at 4294967294\n" },
	};

	(void)state;
	CHECK(rules);
}

static void ids_are_mapped(void **state)
{
	static const struct rule rules[] = {
		{ .namespaces = USER,
		  .linux = MAPS(RANGE(0, 1000, 1) "," RANGE(5, 2000, 2)),
		  .process = ",\"user\":{\"uid\":7,\"gid\":65536,\"additionalGids\":[65535,65536]}",
		  .said = "/process/user/uid: 7 is not mapped in the user namespace; /linux/uidMappings must have it\n"
			  "/process/user/gid: 65536 is not mapped in the user namespace; /linux/gidMappings must have "
			  "it\n"
			  "/process/user/additionalGids/1: 65536 is not mapped in the user namespace; "
			  "/linux/gidMappings "
			  "must have it\n" },
		{ .namespaces = USER,
		  .linux = MAPS(RANGE(0, 1000, 1) "," RANGE(5, 2000, 2)),
		  .process = ",\"user\":{\"uid\":6,\"gid\":65535}",
		  .said = "" },
		{ .process = ",\"user\":{\"uid\":7,\"gid\":65536}", .said = "" },
		{ .namespaces = ",{\"type\":\"user\",\"path\":\"/u\"}",
		  .process = ",\"user\":{\"uid\":7}",
		  .said = "" },
		{ .namespaces = ",{\"type\":\"user\",\"path\":\"/u\"}",
		  .linux = BOTH_MAPS,
		  .process = ",\"user\":{\"uid\":70000,\"gid\":70000}",
		  .said = "" },
	};

	(void)state;
	CHECK(rules);
}

/* Longer lists are not walked pair by pair. */
static void lists_are_bounded(void **state)
{
	enum { RANGES = 341, LIMITS = 100 };
	static struct spec_id_mapping maps[RANGES];
	static struct spec_rlimit limits[LIMITS];
	struct spec_namespace user = { .type = { true, NAMESPACE_USER } };
	struct spec_linux linux_part = { .namespaces = { &user, 1 } };
	const struct spec_process process = { .rlimits = { limits, LIMITS } };
	struct problems p;
	struct arena a;

	(void)state;
	for (size_t i = 0; i < RANGES; i++)
		maps[i] = (struct spec_id_mapping){ { true, i }, { true, i }, { true, 1 } };
	for (size_t i = 0; i < LIMITS; i++)
		limits[i] = (struct spec_rlimit){ "RLIMIT_CPU", { true, 1 }, { true, 1 } };
	arena_init(&a, ARENA_SIZE);
	for (size_t count = RANGES - 1; count <= RANGES; count++) {
		linux_part.uid_mappings.at = linux_part.gid_mappings.at = maps;
		linux_part.uid_mappings.count = linux_part.gid_mappings.count = count;
		problems_init(&p, &a);
		check_spec(&(struct spec){ .linux = &linux_part }, false, &p);
		assert_int_equal(p.mistakes, count == RANGES ? 2 : 0);
	}
	assert_string_equal(p.at[0].message, "has too many ranges");
	problems_init(&p, &a);
	check_process(&process, "", NULL, &p);
	assert_int_equal(p.mistakes, 63);
	arena_finish(&a);
}

static void clocks_need_a_time_namespace(void **state)
{
	static const struct rule rules[] = {
		{ .linux = ",\"timeOffsets\":{\"boottime\":{\"secs\":1}}",
		  .said = "/linux/timeOffsets: there is no time namespace to set clocks in; a namespace of type time "
			  "is "
			  "needed\n" },
		{ .linux = ",\"timeOffsets\":{\"monotonic\":{\"secs\":1}}",
		  .namespaces = ",{\"type\":\"time\"}",
		  .said = "" },
		{ .linux = ",\"timeOffsets\":{}", .said = "" },
		{ .linux = ",\"timeOffsets\":{\"monotonic\":{\"secs\":1}}",
		  .namespaces = ",{\"type\":\"time\",\"path\":\"/n\"}",
		  .said = "/linux/timeOffsets: the clocks of a time namespace that is joined are set already; leave it "
			  "out, or let the time namespace be a new one\n" },
		{ .linux = ",\"timeOffsets\":{}", .namespaces = ",{\"type\":\"time\",\"path\":\"/n\"}", .said = "" },
	};

	(void)state;
	CHECK(rules);
}

static void paths_need_a_mount_namespace(void **state)
{
	struct problems p;
	struct arena a;
	struct said said;
	static const char text[] = "{\"ociVersion\":\"1.0.2\",\"linux\":{\"maskedPaths\":[\"/"
				   "a\"],\"readonlyPaths\":[\"/b\"]}}";
	static const struct rule rule = { .linux = ",\"maskedPaths\":[\"/a\"],\"readonlyPaths\":[\"/b\"]", .said = "" };

	(void)state;
	check_rule(&rule);
	arena_init(&a, ARENA_SIZE);
	problems_init(&p, &a);
	check_spec(json_read(&record_spec, text, sizeof text - 1, &p), false, &p);
	say(&said, &p);
	assert_string_equal(said.text, "/linux/maskedPaths: would hide the host's files; a namespace of type mount is "
				       "needed\n"
				       "/linux/readonlyPaths: would make the host's files read-only; a namespace of "
				       "type mount is "
				       "needed\n");
	arena_finish(&a);
}

static void versions_are_1_x(void **state)
{
	static const struct {
		const char *version, *said;
	} cases[] = {
		{ "1.0.0", "" },
		{ "1.3.0", "" },
		{ "1.0.2-dev", "" },
		{ "1.0.0-rc5+build.7", "" },
		{ "1.2.1+dev", "" },
		{ "2.0.0", "version \"2.0.0\" is not supported" },
		{ "0.6.0-dev", "version \"0.6.0-dev\" is not supported" },
		{ "10.0.0", "version \"10.0.0\" is not supported" },
		{ "1.0", "\"1.0\" is no version of the specification" },
		{ "1.0.0.0", "\"1.0.0.0\" is no version of the specification" },
		{ "1.0.x", "\"1.0.x\" is no version of the specification" },
		{ "v1.0.0", "\"v1.0.0\" is no version of the specification" },
		{ "1.0.0-", "\"1.0.0-\" is no version of the specification" },
		{ "1.00.0", "\"1.00.0\" is no version of the specification" },
		{ "1.0.0-a b", "\"1.0.0-a b\" is no version of the specification" },
		{ " 1.0.0", "\" 1.0.0\" is no version of the specification" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct spec spec = { .oci_version = cases[i].version };
		struct problems p;
		struct arena a;
		arena_init(&a, 1 << 20);
		problems_init(&p, &a);
		check_spec(&spec, false, &p);
		assert_int_equal(p.count, cases[i].said[0] ? 1 : 0);
		if (p.count)
			assert_string_equal(p.at[0].message, cases[i].said);
		arena_finish(&a);
	}
}

static void a_start_needs_its_parts(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{ "{\"ociVersion\":\"1.0.2\"}", "/root: is missing; a container needs the path of its root file "
						"system\n"
						"/process: is missing; a container needs a process to start\n" },
		{ "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"},\"linux\":{},\"process\":{\"cwd\":\"/"
		  "\",\"args\":[]}}",
		  "/process/args: must not be empty; the first of them is the program to start\n" },
		{ "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"r\"},\"linux\":{},\"process\":{\"cwd\":\"/"
		  "\",\"args\":null}}",
		  "/process/args: is missing; the first of them is the program to start\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct said said;
		struct problems p;
		struct arena a;
		arena_init(&a, ARENA_SIZE);
		problems_init(&p, &a);
		const struct spec *spec = json_read(&record_spec, cases[i].text, strlen(cases[i].text), &p);
		check_spec(spec, false, &p);
		assert_int_equal(p.count, 0);
		check_spec(spec, true, &p);
		say(&said, &p);
		assert_string_equal(said.text, cases[i].said);
		arena_finish(&a);
	}
}

static void mounts_keep_their_rules(void **state)
{
	static const struct rule rules[] = {
		{ .top = ",\"mounts\":[{\"destination\":\"proc\"},{\"destination\":\"/sys\"}]",
		  .said = "warning: /mounts/0/destination: relative destinations are deprecated; it is taken as "
			  "relative "
			  "to /\n" },
		{ .top = ",\"mounts\":[{\"destination\":\"/a\",\"options\":[\"bind\",\"idmap\"]}]",
		  .said = "/mounts/0/options: there is nothing to map the ids by; uidMappings and gidMappings of the "
			  "mount, or a user namespace\n" },
		{ .top = ",\"mounts\":[{\"destination\":\"/a\",\"options\":[\"rbind\",\"ridmap\"]}]",
		  .namespaces = USER,
		  .linux = BOTH_MAPS,
		  .said = "" },
		{ .top = ",\"mounts\":[{\"destination\":\"/a\",\"options\":[\"bind\",\"idmap\"],\"uidMappings\":["
			 "{\"containerID\":0,\"hostID\":1,\"size\":1}],\"gidMappings\":[{\"containerID\":0,\"hostID\":"
			 "1,"
			 "\"size\":1}]}]",
		  .said = "" },
		{ .top = ",\"mounts\":[{\"destination\":\"/a\",\"options\":[\"bind\",\"idmap\"],\"uidMappings\":["
			 "{\"containerID\":0,\"hostID\":1,\"size\":2},{\"containerID\":1,\"hostID\":7,\"size\":2}]}]",
		  .said = "/mounts/0/gidMappings: is missing; a mount has both uidMappings and gidMappings or neither\n"
			  "/mounts/0/uidMappings/1/containerID: overlaps with range 0; each id is mapped once\n" },
		{ .top = ",\"mounts\":[{\"destination\":\"/"
			 "a\",\"uidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":"
			 "1}],\"gidMappings\":[{\"containerID\":0,\"hostID\":1,\"size\":1}]}]",
		  .said = "warning: /mounts/0/options: has mappings without idmap or ridmap; older runtimes ignore the "
			  "mappings of such a mount\n" },
	};

	(void)state;
	CHECK(rules);
}

static void sysctls_belong_to_namespaces(void **state)
{
	static const struct rule rules[] = {
		{ .linux = ",\"sysctl\":{\"net.ipv4.ip_forward\":\"1\"}",
		  .said = "/linux/sysctl/net.ipv4.ip_forward: would change the host; a namespace of type network is "
			  "needed\n" },
		{ .linux = ",\"sysctl\":{\"net.ipv4.ip_forward\":\"1\",\"net/ipv4/conf/eth0.1/forwarding\":\"1\"}",
		  .namespaces = ",{\"type\":\"network\"}",
		  .said = "" },
		{ .linux = ",\"sysctl\":{\"kernel.msgmax\":\"1\",\"fs.mqueue.msg_max\":\"1\"}",
		  .said = "/linux/sysctl/kernel.msgmax: would change the host; a namespace of type ipc is needed\n"
			  "/linux/sysctl/fs.mqueue.msg_max: would change the host; a namespace of type ipc is "
			  "needed\n" },
		{ .linux = ",\"sysctl\":{\"kernel.msgmax\":\"1\",\"fs/mqueue/msg_max\":\"1\",\"kernel.sem\":\"1\","
			   "\"kernel.shm_rmid_forced\":\"1\",\"kernel/shmmax\":\"1\"}",
		  .namespaces = ",{\"type\":\"ipc\"}",
		  .said = "" },
		{ .linux = ",\"sysctl\":{\"kernel.domainname\":\"x\"}",
		  .said = "/linux/sysctl/kernel.domainname: would change the host; a namespace of type uts is "
			  "needed\n" },
		{ .linux = ",\"sysctl\":{\"kernel.domainname\":\"x\"}",
		  .namespaces = ",{\"type\":\"uts\"}",
		  .said = "" },
		{ .linux = ",\"sysctl\":{\"kernel.hostname\":\"x\",\"kernel.panic\":\"1\",\"netx\":\"1\",\"kernel/"
			   "core_pattern\":"
			   "\"|x\"}",
		  .namespaces = ",{\"type\":\"uts\"}",
		  .said = "/linux/sysctl/kernel.hostname: is set by its own property; use /hostname\n"
			  "/linux/sysctl/kernel.panic: belongs to the whole host, not to a namespace; set it on the "
			  "host\n"
			  "/linux/sysctl/netx: belongs to the whole host, not to a namespace; set it on the host\n"
			  "/linux/sysctl/kernel~1core_pattern: belongs to the whole host, not to a namespace; set it "
			  "on "
			  "the host\n" },
		/* keys become paths below /proc/sys */
		{ .linux = ",\"sysctl\":{\"net..x\":\"\",\"net/../kernel/panic\":\"\",\"net.//"
			   ".kernel\":\"\",\"net.\":\"\","
			   "\"/net/x\":\"\",\"net/./x\":\"\"}",
		  .namespaces = ",{\"type\":\"network\"}",
		  .said = "/linux/sysctl/net..x: is no name of a kernel parameter; write it as net.ipv4.ip_forward\n"
			  "/linux/sysctl/net~1..~1kernel~1panic: is no name of a kernel parameter; write it as "
			  "net.ipv4.ip_forward\n"
			  "/linux/sysctl/net.~1~1.kernel: is no name of a kernel parameter; write it as "
			  "net.ipv4.ip_forward\n"
			  "/linux/sysctl/net.: is no name of a kernel parameter; write it as net.ipv4.ip_forward\n"
			  "/linux/sysctl/~1net~1x: is no name of a kernel parameter; write it as net.ipv4.ip_forward\n"
			  "/linux/sysctl/net~1.~1x: is no name of a kernel parameter; write it as "
			  "net.ipv4.ip_forward\n" },
	};

	(void)state;
	CHECK(rules);
}

static void network_devices_have_names_and_a_place(void **state)
{
	static const char name_advice[] = "; 1 to 15 bytes without '/', ':' and space; not \".\" or \"..\"\n";
	static const char network[] = ",{\"type\":\"network\"}";
	static char said[4][256];
	(void)state;

	(void)snprintf(said[0], sizeof said[0], "/linux/netDevices/a~1b: is no name of a network device%s", name_advice);
	(void)snprintf(said[1], sizeof said[1], "/linux/netDevices/0123456789abcdef: is no name of a network device%s", name_advice);
	(void)snprintf(said[2], sizeof said[2], "/linux/netDevices/a/name: \"x y\" is no name of a network device%s", name_advice);
	(void)snprintf(said[3], sizeof said[3], "/linux/netDevices/a%%d: is no name of a network device%s", name_advice);
	const struct rule rules[] = {
		{ .linux = ",\"netDevices\":{\"a\":{}}",
		  .said = "/linux/netDevices: there is no network namespace to move devices to; a namespace of type network is needed\n" },
		{ .linux = ",\"netDevices\":{}", .said = "" },
		{ .namespaces = network, .linux = ",\"netDevices\":{\"0123456789abcde\":{},\"b\":{\"name\":\"0123456789abc%d\"}}", .said = "" },
		{ .namespaces = network, .linux = ",\"netDevices\":{\"a\":{\"name\":\"n%d\"},\"b\":{\"name\":\"n%d\"}}", .said = "" },
		{ .namespaces = network, .linux = ",\"netDevices\":{\"a\":{\"name\":\"b\"},\"b\":{\"name\":\"a\"}}", .said = "" },
		{ .namespaces = network, .linux = ",\"netDevices\":{\"a/b\":{}}", .said = said[0] },
		{ .namespaces = network, .linux = ",\"netDevices\":{\"0123456789abcdef\":{}}", .said = said[1] },
		{ .namespaces = network, .linux = ",\"netDevices\":{\"a\":{\"name\":\"x y\"}}", .said = said[2] },
		{ .namespaces = network, .linux = ",\"netDevices\":{\"a%d\":{}}", .said = said[3] },
		{ .namespaces = network, .linux = ",\"netDevices\":{\"a\":{\"name\":\"n%dx\"}}",
		  .said = "/linux/netDevices/a/name: has a '%' that is not its end's \"%d\"; such as \"eth%d\": the first number that is "
			  "free\n" },
		{ .namespaces = network, .linux = ",\"netDevices\":{\"a\":{},\"b\":{\"name\":\"a\"}}",
		  .said = "/linux/netDevices/b/name: two devices are called a in the container; give each a \"name\" of its own, or one "
			  "that ends in \"%d\"\n" },
	};

	check_rules(rules, sizeof rules / sizeof *rules);
}

static void limits_keep_their_rules(void **state)
{
	static const struct rule rules[] = {
		{ .process = ",\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":2,\"hard\":1}]",
		  .said = "/process/rlimits/0/soft: is above the hard limit; at most 1\n" },
		{ .process = ",\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":1},{\"type\":\"RLIMIT_CORE\","
			     "\"soft\":0,\"hard\":18446744073709551615}]",
		  .said = "" },
		{ .process = ",\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1,\"hard\":1},{\"type\":\"RLIMIT_CPU\","
			     "\"soft\":1,\"hard\":1}]",
		  .said = "/process/rlimits/1/type: the limit RLIMIT_CPU is there twice; keep one of them\n" },
		{ .process = ",\"rlimits\":[{\"type\":\"RLIMIT_FILES\",\"soft\":1,\"hard\":1}]",
		  .said = "/process/rlimits/0/type: Linux has no RLIMIT_FILES; one of RLIMIT_AS, RLIMIT_CORE, "
			  "RLIMIT_CPU, "
			  "RLIMIT_DATA, RLIMIT_FSIZE, RLIMIT_LOCKS, RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE, RLIMIT_NICE, "
			  "RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_RSS, RLIMIT_RTPRIO, RLIMIT_RTTIME, RLIMIT_SIGPENDING, "
			  "RLIMIT_STACK\n" },
	};

	(void)state;
	CHECK(rules);
}

static void processes_keep_their_rules(void **state)
{
	static const struct rule rules[] = {
		{ .process = ",\"consoleSize\":{\"height\":25,\"width\":80}",
		  .said = "warning: /process/consoleSize: is ignored without a terminal; set terminal to true\n" },
		{ .process = ",\"terminal\":true,\"consoleSize\":{\"height\":25,\"width\":80}", .said = "" },
		{ .process = ",\"terminal\":false,\"consoleSize\":{\"height\":0,\"width\":0}", .said = "" },
		{ .process = ",\"env\":[\"A=\",\"B=1\",\"=C\",\"D\",\"\"]",
		  .said = "warning: /process/env/2: has no name or no value; write it as NAME=VALUE\n"
			  "warning: /process/env/3: has no name or no value; write it as NAME=VALUE\n"
			  "warning: /process/env/4: has no name or no value; write it as NAME=VALUE\n" },
		{ .process = ",\"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"chown\"],\"ambient\":[\"CAP_\"]}",
		  .said = "warning: /process/capabilities/bounding/1: \"chown\" is no name of a capability; names are "
			  "written as CAP_CHOWN\n"
			  "warning: /process/capabilities/ambient/0: \"CAP_\" is no name of a capability; names are "
			  "written as CAP_CHOWN\n" },
		{ .process = ",\"capabilities\":{\"effective\":[\"CAP_CHOWN\",\"CAP_NOT_YET_KNOWN\"]}", .said = "" },
	};

	(void)state;
	CHECK(rules);
}

#define SCHEDULER(policy, more) ",\"scheduler\":{\"policy\":\"SCHED_" policy "\"" more "}"

static void scheduling_keeps_its_rules(void **state)
{
	static const struct rule rules[] = {
		{ .process = SCHEDULER("OTHER", ",\"nice\":-20"), .said = "" },
		{ .process = SCHEDULER("BATCH", ",\"nice\":19,\"priority\":0,\"runtime\":0"), .said = "" },
		{ .process = SCHEDULER("IDLE", ",\"nice\":1"),
		  .said = "warning: /process/scheduler/nice: has no effect with this policy; only SCHED_OTHER and "
			  "SCHED_BATCH are nice\n" },
		{ .process = SCHEDULER("FIFO", ",\"priority\":1"), .said = "" },
		{ .process = SCHEDULER("FIFO", ""),
		  .said = "/process/scheduler/priority: is missing; SCHED_FIFO and SCHED_RR have the priorities 1 to "
			  "99\n" },
		{ .process = SCHEDULER("RR", ",\"priority\":0,\"period\":1"),
		  .said = "/process/scheduler/priority: is too low; SCHED_FIFO and SCHED_RR have the priorities 1 to "
			  "99\n"
			  "/process/scheduler/period: only SCHED_DEADLINE has such a time; leave it out\n" },
		{ .process = SCHEDULER("BATCH", ",\"priority\":1"),
		  .said = "/process/scheduler/priority: only SCHED_FIFO and SCHED_RR have priorities; leave it out; "
			  "with SCHED_OTHER and SCHED_BATCH, nice says how important the process is\n" },
		{ .process = SCHEDULER("ISO", ""),
		  .said = "/process/scheduler/policy: Linux has no SCHED_ISO; it keeps the number only\n" },
		{ .process = SCHEDULER("DEADLINE", ",\"runtime\":1024,\"deadline\":1024"), .said = "" },
		{ .process = SCHEDULER("DEADLINE", ",\"runtime\":1024,\"deadline\":2048,\"period\":2048"), .said = "" },
		{ .process = SCHEDULER("DEADLINE", ""),
		  .said = "/process/scheduler/runtime: is missing; SCHED_DEADLINE needs at least 1024 nanoseconds\n"
			  "/process/scheduler/deadline: is missing; SCHED_DEADLINE needs one, in nanoseconds\n" },
		{ .process = SCHEDULER("DEADLINE", ",\"runtime\":1023,\"deadline\":0"),
		  .said = "/process/scheduler/runtime: is too short; SCHED_DEADLINE needs at least 1024 nanoseconds\n"
			  "/process/scheduler/deadline: is too short; SCHED_DEADLINE needs one, in nanoseconds\n" },
		{ .process = SCHEDULER("DEADLINE", ",\"runtime\":2000,\"deadline\":1999"),
		  .said = "/process/scheduler/deadline: is shorter than the runtime; runtime <= deadline <= period\n" },
		{ .process = SCHEDULER("DEADLINE", ",\"runtime\":2000,\"deadline\":2000,\"period\":1999"),
		  .said = "/process/scheduler/period: is shorter than the deadline; runtime <= deadline <= period\n" },
		{ .process = SCHEDULER("DEADLINE", ",\"runtime\":2000,\"deadline\":9223372036854775808"),
		  .said = "/process/scheduler/deadline: is too long; below 2^63 nanoseconds\n" },
		{ .process = SCHEDULER("DEADLINE", ",\"runtime\":2000,\"deadline\":2000,\"period\":9223372036854775808"),
		  .said = "/process/scheduler/period: is too long; below 2^63 nanoseconds\n" },
	};

	(void)state;
	CHECK(rules);
}

#define MEMORY(mode, more) ",\"memoryPolicy\":{\"mode\":\"MPOL_" mode "\"" more "}"
#define FLAGS(...) ",\"flags\":[" __VA_ARGS__ "]"

static void memory_policies_keep_their_rules(void **state)
{
	static const struct rule rules[] = {
		{ .linux = MEMORY("DEFAULT", ",\"nodes\":\"\""), .said = "" },
		{ .linux = MEMORY("LOCAL", ""), .said = "" },
		{ .linux = MEMORY("PREFERRED", ""), .said = "" },
		{ .linux = MEMORY("PREFERRED", ",\"nodes\":\"1\"" FLAGS("\"MPOL_F_STATIC_NODES\"")), .said = "" },
		{ .linux = MEMORY("BIND", ",\"nodes\":\"0-3,7\"" FLAGS("\"MPOL_F_NUMA_BALANCING\"")), .said = "" },
		{ .linux = MEMORY("LOCAL", ",\"nodes\":\"0\""),
		  .said = "/linux/memoryPolicy/nodes: MPOL_DEFAULT and MPOL_LOCAL have no nodes; leave them out\n" },
		{ .linux = MEMORY("WEIGHTED_INTERLEAVE", ""),
		  .said = "/linux/memoryPolicy/nodes: is missing; this mode needs memory nodes, such as 0-3,7\n" },
		{ .linux = MEMORY("PREFERRED_MANY", ",\"nodes\":\"\""),
		  .said = "/linux/memoryPolicy/nodes: must not be empty; this mode needs memory nodes, such as 0-3,7\n" },
		{ .linux = MEMORY("BIND", ",\"nodes\":\"0\"" FLAGS("\"MPOL_F_STATIC_NODES\",\"MPOL_F_RELATIVE_NODES\"")),
		  .said = "/linux/memoryPolicy/flags: MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each "
			  "other; keep one of them\n" },
		{ .linux = MEMORY("INTERLEAVE", ",\"nodes\":\"0\"" FLAGS("\"MPOL_F_NUMA_BALANCING\"")),
		  .said = "/linux/memoryPolicy/flags: MPOL_F_NUMA_BALANCING is for MPOL_BIND and MPOL_PREFERRED_MANY "
			  "only; leave it out\n" },
		{ .linux = MEMORY("PREFERRED", FLAGS("\"MPOL_F_RELATIVE_NODES\"")),
		  .said = "/linux/memoryPolicy/flags: without nodes there are none to be static or relative; leave the "
			  "flag out\n" },
	};

	(void)state;
	CHECK(rules);
}

static void devices_have_numbers(void **state)
{
	static const struct rule rules[] = {
		{ .linux = ",\"devices\":[{\"type\":\"c\",\"path\":\"/dev/x\",\"major\":1},{\"type\":\"b\",\"path\":"
			   "\"/dev/y\",\"major\":-1,\"minor\":0}]",
		  .said = "/linux/devices/0/minor: is missing; the types c, b and u need major and minor\n"
			  "/linux/devices/1/major: is no device number; the types c, b and u need major and minor\n" },
		{ .linux = ",\"devices\":[{\"type\":\"p\",\"path\":\"/dev/f\"},{\"type\":\"u\",\"path\":\"/dev/"
			   "x\",\"major\":0,"
			   "\"minor\":0}]",
		  .said = "" },
	};

	(void)state;
	CHECK(rules);
}

static void resources_keep_their_rules(void **state)
{
	static const struct rule rules[] = {
		{ .linux = ",\"resources\":{\"cpu\":{\"quota\":2000,\"burst\":2001}}",
		  .said = "/linux/resources/cpu/burst: is more than the quota; at most 2000\n" },
		{ .linux = ",\"resources\":{\"cpu\":{\"quota\":2000,\"burst\":2000,\"period\":1000}}", .said = "" },
		{ .linux = ",\"resources\":{\"cpu\":{\"quota\":-1,\"burst\":2000,\"period\":1000000}}", .said = "" },
		{ .linux = ",\"resources\":{\"cpu\":{\"quota\":999,\"period\":1000001}}",
		  .said = "/linux/resources/cpu/quota: is less than the kernel takes; at least 1000 microseconds, or "
			  "-1 "
			  "for no limit\n"
			  "/linux/resources/cpu/period: is not what the kernel takes; from 1000 to 1000000 "
			  "microseconds\n" },
		{ .linux = ",\"resources\":{\"cpu\":{\"quota\":0,\"period\":0}}", .said = "" },
		{ .linux = ",\"resources\":{\"cpu\":{\"quota\":1000}}", .said = "" },
		{ .linux = ",\"resources\":{\"cpu\":{\"period\":999}}",
		  .said = "/linux/resources/cpu/period: is not what the kernel takes; from 1000 to 1000000 "
			  "microseconds\n" },
		{ .linux = ",\"resources\":{\"memory\":{\"limit\":2,\"swap\":1}}",
		  .said = "/linux/resources/memory/swap: is less than the memory limit, which it includes; at least "
			  "2\n" },
		{ .linux = ",\"resources\":{\"memory\":{\"limit\":2,\"swap\":2}}", .said = "" },
		{ .linux = ",\"resources\":{\"memory\":{\"limit\":2,\"swap\":-1}}", .said = "" },
		{ .linux = ",\"resources\":{\"memory\":{\"swap\":2}}",
		  .said = "/linux/resources/memory/swap: there is no memory limit that it would add to; set "
			  "memory.limit "
			  "too, or leave swap out\n" },
		{ .linux = ",\"resources\":{\"blockIO\":{\"weight\":9,\"leafWeight\":1001,\"weightDevice\":[{\"major\":8,\"minor\":0},"
			   "{\"major\":8,\"minor\":1,\"weight\":5000}]}}",
		  .said = "/linux/resources/blockIO/weight: is no weight; from 10 to 1000, or 0 for the kernel's own\n"
			  "/linux/resources/blockIO/leafWeight: is no weight; from 10 to 1000, or 0 for the kernel's own\n"
			  "/linux/resources/blockIO/weightDevice/0: has no weight; add weight\n"
			  "/linux/resources/blockIO/weightDevice/1/weight: is no weight; from 10 to 1000, or 0 for the kernel's own\n" },
		{ .linux = ",\"resources\":{\"blockIO\":{\"weight\":10,\"leafWeight\":0,\"weightDevice\":[{\"major\":8,\"minor\":0,"
			   "\"weight\":1000}]}}",
		  .said = "" },
		{ .linux = ",\"resources\":{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":0},{\"pageSize\":\"2MB\",\"limit\":1}]}",
		  .said = "/linux/resources/hugepageLimits/1/pageSize: is there twice; one limit for each size\n" },
		{ .linux = ",\"resources\":{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":0},{\"pageSize\":\"1GB\",\"limit\":1}]}",
		  .said = "" },
		{ .linux = ",\"resources\":{\"rdma\":{\"a b\":{\"hcaHandles\":1},\"mlx5_1\":{}}}",
		  .said = "/linux/resources/rdma/a b: is no name of a device; a name such as mlx5_1\n"
			  "/linux/resources/rdma/mlx5_1: limits nothing; add hcaHandles, hcaObjects or both\n" },
		{ .linux = ",\"resources\":{\"rdma\":{\"mlx5_1\":{\"hcaObjects\":0}}}", .said = "" },
		{ .linux = ",\"resources\":{\"network\":{\"priorities\":[{\"name\":\"eth0 5\",\"priority\":1},"
			   "{\"name\":\"a-name-of-16-byte\",\"priority\":1}]}}",
		  .said = "/linux/resources/network/priorities/0/name: is no name of an interface; at most 15 bytes without space and "
			  "slash\n/linux/resources/network/priorities/1/name: is no name of an interface; at most 15 bytes without "
			  "space and slash\n" },
		{ .linux = ",\"resources\":{\"network\":{\"classID\":1,\"priorities\":[{\"name\":\"eth0\",\"priority\":1}]}}", .said = "" },
		{ .linux = ",\"resources\":{\"unified\":{\"memory.high\":\"1\",\"hugetlb.1GB.max\":\"1\"}}",
		  .said = "" },
		{ .linux = ",\"resources\":{\"unified\":{\"../"
			   "memory.high\":\"1\",\"pids\":\"1\",\".x\":\"\",\"x.\":\"\"}}",
		  .said = "/linux/resources/unified/..~1memory.high: \"../memory.high\" is no file of a cgroup; keys "
			  "are "
			  "CONTROLLER.PARAMETER, such as memory.high\n"
			  "/linux/resources/unified/pids: \"pids\" is no file of a cgroup; keys are "
			  "CONTROLLER.PARAMETER, "
			  "such as memory.high\n"
			  "/linux/resources/unified/.x: \".x\" is no file of a cgroup; keys are CONTROLLER.PARAMETER, "
			  "such "
			  "as memory.high\n"
			  "/linux/resources/unified/x.: \"x.\" is no file of a cgroup; keys are CONTROLLER.PARAMETER, "
			  "such "
			  "as memory.high\n" },
	};

	(void)state;
	CHECK(rules);
}

#define FILTER(default_action, rest) ",\"seccomp\":{\"defaultAction\":\"SCMP_ACT_" default_action "\"" rest "}"
#define CALLS(action, rest) ",\"syscalls\":[{\"names\":[\"x\"],\"action\":\"SCMP_ACT_" action "\"" rest "}]"

static void filters_keep_their_rules(void **state)
{
	static const struct rule rules[] = {
		{ .linux = FILTER("NOTIFY", ",\"listenerPath\":\"/s\""),
		  .said = "/linux/seccomp/defaultAction: SCMP_ACT_NOTIFY cannot be the default; the runtime's own "
			  "system "
			  "calls would wait for the listener\n" },
		{ .linux = FILTER("ALLOW", CALLS("NOTIFY", "")),
		  .said = "/linux/seccomp/syscalls/0/action: there is no listener to notify; set "
			  "/linux/seccomp/listenerPath\n" },
		{ .linux = FILTER("ALLOW", CALLS("NOTIFY", "") ",\"listenerPath\":\"/s\",\"listenerMetadata\":\"m\""),
		  .said = "" },
		{ .linux = FILTER("ALLOW", ",\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\",\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"]"),
		  .said = "warning: /linux/seccomp/flags/1: no rule is SCMP_ACT_NOTIFY: it has no effect\n" },
		{ .linux = FILTER("ALLOW", CALLS("NOTIFY", "") ",\"listenerPath\":\"/s\","
				  "\"flags\":[\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"]"),
		  .said = "" },
		{ .linux = FILTER("ALLOW", ",\"listenerMetadata\":\"m\""),
		  .said = "/linux/seccomp/listenerMetadata: there is no listener to send it to; set "
			  "/linux/seccomp/listenerPath\n" },
		{ .linux = FILTER("ALLOW", ",\"defaultErrnoRet\":1" CALLS("KILL", ",\"errnoRet\":1")),
		  .said = "/linux/seccomp/defaultErrnoRet: SCMP_ACT_ALLOW gives no error number; only SCMP_ACT_ERRNO "
			  "and "
			  "SCMP_ACT_TRACE do\n"
			  "/linux/seccomp/syscalls/0/errnoRet: SCMP_ACT_KILL gives no error number; only "
			  "SCMP_ACT_ERRNO "
			  "and SCMP_ACT_TRACE do\n" },
		{ .linux = FILTER("ERRNO", ",\"defaultErrnoRet\":4095" CALLS("TRACE", ",\"errnoRet\":65535")),
		  .said = "" },
		{ .linux = FILTER("ERRNO", ",\"defaultErrnoRet\":4096" CALLS("ERRNO", ",\"errnoRet\":4096")),
		  .said = "/linux/seccomp/defaultErrnoRet: is no error number; at most 4095\n"
			  "/linux/seccomp/syscalls/0/errnoRet: is no error number; at most 4095\n" },
		{ .linux = FILTER("ALLOW", CALLS("ERRNO", ",\"args\":[{\"index\":5,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}"
							  "]")),
		  .said = "" },
		{ .linux = FILTER("ALLOW", CALLS("ERRNO", ",\"args\":[{\"index\":6,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}"
							  "]")),
		  .said = "/linux/seccomp/syscalls/0/args/0/index: 6 is out of range; from 0 to 5\n" },
	};

	(void)state;
	CHECK(rules);
}

static void check_later_text(const struct record *record, const char *text, const char *pointer, const char *wanted)
{
	struct said said;
	struct problems p;
	struct arena a;

	arena_init(&a, ARENA_SIZE);
	problems_init(&p, &a);
	const void *model = json_read(record, text, strlen(text), &p);
	assert_non_null(model);
	check_later(record, model, pointer, &p);
	say(&said, &p);
	assert_string_equal(said.text, wanted);
	arena_finish(&a);
}

/* Rows of the test's own: which rows of the specification are still to come changes. */
struct inner {
	const char *text;
	struct opt_uint number;
	struct opt_bool flag;
	struct opt_word word;
};
struct outer {
	const char *later_text;
	struct inner *later, *now;
	SPEC_LIST(inner) list;
	struct spec_texts texts;
};

static void finds_what_is_not_carried_out_yet(void **state)
{
	static const struct field inner_rows[] = {
		{ .name = "text", .kind = FIELD_TEXT, .offset = offsetof(struct inner, text), .flags = FIELD_LATER },
		{ .name = "number", .kind = FIELD_UINT, .offset = offsetof(struct inner, number), .max = 9 },
		{ .name = "flag", .kind = FIELD_BOOL, .offset = offsetof(struct inner, flag) },
		{ .name = "word",
		  .kind = FIELD_WORD,
		  .offset = offsetof(struct inner, word),
		  .words = &words_io_class },
	};
	static const struct record inner = { "inner", sizeof(struct inner), inner_rows, 4 };
	static const struct field outer_rows[] = {
		{ .name = "laterText", .kind = FIELD_TEXT, .flags = FIELD_LATER },
		{ .name = "later",
		  .kind = FIELD_OBJECT,
		  .offset = offsetof(struct outer, later),
		  .record = &inner,
		  .flags = FIELD_LATER },
		{ .name = "now", .kind = FIELD_OBJECT, .offset = offsetof(struct outer, now), .record = &inner },
		{ .name = "list", .kind = FIELD_OBJECTS, .offset = offsetof(struct outer, list), .record = &inner },
		{ .name = "te/xts",
		  .kind = FIELD_TEXTS,
		  .offset = offsetof(struct outer, texts),
		  .flags = FIELD_LATER },
	};
	static const struct record outer = { "outer", sizeof(struct outer), outer_rows, 5 };

	(void)state;
	check_later_text(&outer, "{\"laterText\":\"\",\"later\":{},\"te/xts\":[]}", "", "");
	check_later_text(&outer, "{\"later\":{\"text\":\"\",\"number\":0,\"flag\":false}}", "", "");
	check_later_text(&outer, "{\"laterText\":\"x\",\"te/xts\":[\"\"]}", "/p",
			 "/p/laterText: not supported yet: /p/laterText\n/p/te~1xts: not supported yet: /p/te~1xts\n");
	check_later_text(&outer, "{\"later\":{\"number\":1}}", "", "/later: not supported yet: /later\n");
	check_later_text(&outer, "{\"later\":{\"flag\":true}}", "", "/later: not supported yet: /later\n");
	check_later_text(&outer, "{\"later\":{\"word\":\"IOPRIO_CLASS_RT\"}}", "",
			 "/later: not supported yet: /later\n");
	check_later_text(&outer, "{\"now\":{\"text\":\"x\",\"number\":1},\"list\":[{\"number\":1},{\"text\":\"x\"}]}",
			 "",
			 "/now/text: not supported yet: /now/text\n/list/1/text: not supported yet: /list/1/text\n");
}

static void checks_a_process_and_resources_alone(void **state)
{
	struct said said;
	struct problems p;
	struct arena a;
	static const char process[] = "{\"cwd\":\"/\",\"env\":[\"x\"],\"user\":{\"uid\":5}}";
	static const char resources[] = "{\"memory\":{\"limit\":2,\"swap\":1}}";
	struct spec_namespace user = { .type = { true, NAMESPACE_USER } };
	struct spec_id_mapping map = { { true, 0 }, { true, 1000 }, { true, 5 } };
	const struct spec_linux linux_part = { .namespaces = { &user, 1 }, .uid_mappings = { &map, 1 } };

	(void)state;
	arena_init(&a, ARENA_SIZE);
	problems_init(&p, &a);
	check_process(json_read(&record_process, process, sizeof process - 1, &p), "", &linux_part, &p);
	check_resources(json_read(&record_resources, resources, sizeof resources - 1, &p), "", &p);
	say(&said, &p);
	assert_string_equal(said.text, "warning: /env/0: has no name or no value; write it as NAME=VALUE\n"
				       "/user/uid: 5 is not mapped in the user namespace; /linux/uidMappings must have "
				       "it\n"
				       "/memory/swap: is less than the memory limit, which it includes; at least 2\n");
	arena_finish(&a);
}

/* What the reader has refused is missing in the model, and the check must live with it. */
static void survives_an_incomplete_model(void **state)
{
	struct problems p;
	struct arena a;
	static const char text[] = "{\"process\":{\"user\":{},\"rlimits\":[{}],\"capabilities\":{}},\"mounts\":[{}],"
				   "\"root\":{},\"linux\":{"
				   "\"namespaces\":[{}],\"uidMappings\":[{},{}],\"gidMappings\":[{}],\"devices\":[{}],"
				   "\"seccomp\":{"
				   "\"syscalls\":[{\"errnoRet\":1,\"args\":[{}]}]},\"resources\":{\"devices\":[{}],"
				   "\"cpu\":{},\"memory\":{},"
				   "\"pids\":{}}}}";

	(void)state;
	arena_init(&a, ARENA_SIZE);
	problems_init(&p, &a);
	const struct spec *spec = json_read(&record_spec, text, sizeof text - 1, &p);
	assert_non_null(spec);
	size_t mistakes = p.mistakes;
	check_spec(spec, true, &p);
	check_later(&record_spec, spec, "", &p);
	assert_true(mistakes > 15);
	arena_finish(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_need_a_uts_namespace),
		cmocka_unit_test(namespaces_are_there_once),
		cmocka_unit_test(mappings_need_a_user_namespace),
		cmocka_unit_test(mappings_do_not_overlap),
		cmocka_unit_test(ids_are_mapped),
		cmocka_unit_test(lists_are_bounded),
		cmocka_unit_test(clocks_need_a_time_namespace),
		cmocka_unit_test(paths_need_a_mount_namespace),
		cmocka_unit_test(versions_are_1_x),
		cmocka_unit_test(a_start_needs_its_parts),
		cmocka_unit_test(mounts_keep_their_rules),
		cmocka_unit_test(sysctls_belong_to_namespaces),
		cmocka_unit_test(network_devices_have_names_and_a_place),
		cmocka_unit_test(limits_keep_their_rules),
		cmocka_unit_test(processes_keep_their_rules),
		cmocka_unit_test(scheduling_keeps_its_rules),
		cmocka_unit_test(memory_policies_keep_their_rules),
		cmocka_unit_test(devices_have_numbers),
		cmocka_unit_test(resources_keep_their_rules),
		cmocka_unit_test(filters_keep_their_rules),
		cmocka_unit_test(finds_what_is_not_carried_out_yet),
		cmocka_unit_test(checks_a_process_and_resources_alone),
		cmocka_unit_test(survives_an_incomplete_model),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
