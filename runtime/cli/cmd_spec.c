/* spec: a configuration to begin with. */
#include "runtime/cli/commands.h"

#include "spec/base/own.h"
#include "spec/features.h"
#include "spec/json/write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char capabilities[] = "[\"CAP_AUDIT_WRITE\",\"CAP_KILL\",\"CAP_NET_BIND_SERVICE\"]";

static void add_process(struct text *t)
{
	text_add(t, "{\"ociVersion\":\"%s\",\"process\":{\"terminal\":true,\"user\":{\"uid\":0,\"gid\":0},\"args\":[\"sh\"],"
		    "\"env\":[\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\",\"TERM=xterm\"],\"cwd\":\"/\","
		    "\"capabilities\":{\"bounding\":%s,\"effective\":%s,\"permitted\":%s},"
		    "\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":1024,\"soft\":1024}],\"noNewPrivileges\":true},",
		 FEATURES_VERSION_MAX, capabilities, capabilities, capabilities);
}

static void add_mounts(struct text *t, bool is_rootless)
{
	text_add(t, "\"root\":{\"path\":\"rootfs\",\"readonly\":true},\"hostname\":\"boxcar\",\"mounts\":["
		    "{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"
		    "{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":"
		    "[\"nosuid\",\"strictatime\",\"mode=755\",\"size=65536k\"]},"
		    "{\"destination\":\"/dev/pts\",\"type\":\"devpts\",\"source\":\"devpts\",\"options\":"
		    "[\"nosuid\",\"noexec\",\"newinstance\",\"ptmxmode=0666\",\"mode=0620\"%s]},"
		    "{\"destination\":\"/dev/shm\",\"type\":\"tmpfs\",\"source\":\"shm\",\"options\":"
		    "[\"nosuid\",\"noexec\",\"nodev\",\"mode=1777\",\"size=65536k\"]},"
		    "{\"destination\":\"/dev/mqueue\",\"type\":\"mqueue\",\"source\":\"mqueue\",\"options\":"
		    "[\"nosuid\",\"noexec\",\"nodev\"]},",
		 is_rootless ? "" : ",\"gid=5\"");
	text_add(t, is_rootless ?
			    "{\"destination\":\"/sys\",\"type\":\"none\",\"source\":\"/sys\",\"options\":"
			    "[\"rbind\",\"nosuid\",\"noexec\",\"nodev\",\"ro\"]}" :
			    "{\"destination\":\"/sys\",\"type\":\"sysfs\",\"source\":\"sysfs\",\"options\":"
			    "[\"nosuid\",\"noexec\",\"nodev\",\"ro\"]},"
			    "{\"destination\":\"/sys/fs/cgroup\",\"type\":\"cgroup\",\"source\":\"cgroup\",\"options\":"
			    "[\"nosuid\",\"noexec\",\"nodev\",\"relatime\",\"ro\"]}");
	text_add(t, "],");
}

static void add_linux(struct text *t, bool is_rootless)
{
	text_add(t, "\"linux\":{");
	if (is_rootless)
		text_add(t, "\"uidMappings\":[{\"containerID\":0,\"hostID\":%u,\"size\":1}],"
			    "\"gidMappings\":[{\"containerID\":0,\"hostID\":%u,\"size\":1}],",
			 (unsigned)geteuid(), (unsigned)getegid());
	else
		text_add(t, "\"resources\":{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}]},");
	text_add(t, "\"namespaces\":[{\"type\":\"pid\"},%s{\"type\":\"ipc\"},{\"type\":\"uts\"},{\"type\":\"mount\"},"
		    "{\"type\":\"cgroup\"}%s],",
		 is_rootless ? "" : "{\"type\":\"network\"},", is_rootless ? ",{\"type\":\"user\"}" : "");
	text_add(t, "\"maskedPaths\":[\"/proc/acpi\",\"/proc/asound\",\"/proc/kcore\",\"/proc/keys\",\"/proc/latency_stats\","
		    "\"/proc/timer_list\",\"/proc/timer_stats\",\"/proc/sched_debug\",\"/sys/firmware\",\"/proc/scsi\"],"
		    "\"readonlyPaths\":[\"/proc/bus\",\"/proc/fs\",\"/proc/irq\",\"/proc/sys\",\"/proc/sysrq-trigger\"]}}");
}

static int write_file(const char *directory, const char *file, const struct text *t, struct err *e)
{
	own_fd at = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (at < 0)
		return err_sys(e, "open %s", directory);
	if (file[0] == '/')
		directory = "";
	own_fd fd = openat(at, file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0) {
		(void)err_sys(e, "make %s%s%s", directory, directory[0] ? "/" : "", file);
		return e->number == EEXIST ? err_hint(e, "an existing file is never overwritten; move it away first") : -1;
	}
	if (write(fd, t->at, t->length) == (ssize_t)t->length)
		return 0;
	(void)err_sys(e, "write %s%s%s", directory, directory[0] ? "/" : "", file);
	(void)unlinkat(at, file, 0); /* half a file helps nobody */
	return -1;
}

COMMAND(spec)
{
	const struct spec_options *o = options;
	struct problems problems;
	struct text source, shown;

	(void)line;
	(void)exit_code;
	text_init(&source, &b->arena);
	add_process(&source);
	add_mounts(&source, o->is_rootless);
	add_linux(&source, o->is_rootless);
	problems_init(&problems, &b->arena);
	const void *spec = json_read(&record_spec, source.at, source.length, &problems);
	if (!spec || problems.mistakes)
		return err_set(e, "the built-in configuration does not read");
	text_init(&shown, &b->arena);
	json_write(&record_spec, spec, JSON_TABS, &shown);
	return write_file(o->bundle ? o->bundle : ".", o->file ? o->file : "config.json", &shown, e) < 0 ? err_add(e, "spec") : 0;
}
