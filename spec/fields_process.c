#include "spec/field_rows.h"

#define OWNER struct spec_console_size
static const struct field console_size_rows[] = {
	UINT("height", height, NEEDED, "Lines of the terminal.", UINT16),
	UINT("width", width, NEEDED, "Columns of the terminal.", UINT16),
};
static RECORD(console_size);
#undef OWNER

#define OWNER struct spec_user
static const struct field user_rows[] = {
	UINT("uid", uid, 0, "User id in the container; 0 when absent.", ID),
	UINT("gid", gid, 0, "Group id in the container; 0 when absent.", ID),
	UINT("umask", umask, 0, "File mode creation mask, as a decimal number; not changed when absent.", UP_TO(0777)),
	IDS("additionalGids", additional_gids, 0, "Further group ids in the container."),
	TEXT("username", username, OTHER_SYSTEM, "User name on Windows."),
};
static RECORD(user);
#undef OWNER

#define OWNER struct spec_capabilities
static const struct field capabilities_rows[] = {
	TEXTS("bounding", bounding, 0, "Capabilities that a file can give at most."),
	TEXTS("effective", effective, 0, "Capabilities that the kernel asks for."),
	TEXTS("inheritable", inheritable, 0, "Capabilities that pass an exec of a file that has them inheritable."),
	TEXTS("permitted", permitted, 0, "Capabilities that may become effective."),
	TEXTS("ambient", ambient, 0, "Capabilities that pass the exec of any ordinary file."),
};
static RECORD(capabilities);
#undef OWNER

#define OWNER struct spec_rlimit
static const struct field rlimit_rows[] = {
	TEXT("type", type, FILLED, "Which limit, by its name in getrlimit(2).", RLIMIT_NAME),
	UINT("hard", hard, NEEDED, "The ceiling of the soft limit.", ANY_UINT),
	UINT("soft", soft, NEEDED, "The limit that is enforced.", ANY_UINT),
};
static RECORD(rlimit);
#undef OWNER

#define OWNER struct spec_io_priority
static const struct field io_priority_rows[] = {
	WORD("class", class, NEEDED, io_class, "The I/O scheduling class."),
	INT("priority", priority, 0, "Rank within the class, 0 is the highest.", RANGE(0, 7)),
};
static RECORD(io_priority);
#undef OWNER

#define OWNER struct spec_scheduler
static const struct field scheduler_rows[] = {
	WORD("policy", policy, NEEDED, scheduler_policy, "The scheduling policy."),
	INT("nice", nice, 0, "Nice value; lower is more important.", RANGE(-20, 19)),
	INT("priority", priority, 0, "Static priority of the real-time policies.", RANGE(0, 99)),
	WORD_LIST("flags", flags, 0, scheduler_flag, "Flags of sched_setattr(2).",
		  NEEDS("CONFIG_UCLAMP_TASK for SCHED_FLAG_UTIL_CLAMP_MIN and SCHED_FLAG_UTIL_CLAMP_MAX")),
	UINT("runtime", runtime, 0, "Nanoseconds of work in each period, for SCHED_DEADLINE.", ANY_UINT),
	UINT("deadline", deadline, 0, "Nanoseconds until the work must be done, for SCHED_DEADLINE.", ANY_UINT),
	UINT("period", period, 0, "Nanoseconds of a period, for SCHED_DEADLINE.", ANY_UINT),
};
static RECORD(scheduler);
#undef OWNER

#define OWNER struct spec_exec_cpu_affinity
static const struct field exec_cpu_affinity_rows[] = {
	TEXT("initial", initial, 0, "CPUs before the process enters the container's cgroup.", CPU_LIST),
	TEXT("final", final, 0, "CPUs after the process has entered the container's cgroup.", CPU_LIST),
};
static RECORD(exec_cpu_affinity);
#undef OWNER

#define OWNER struct spec_process
static const struct field process_rows[] = {
	BOOL("terminal", terminal, 0, "Give the process a terminal of its own."),
	OBJECT("consoleSize", console_size, 0, console_size, "Size of the terminal, in characters."),
	OBJECT("user", user, 0, user, "Who the process runs as."),
	TEXTS("args", args, 0, "The program and its arguments; the first is looked up as execvp(3) does."),
	TEXT("commandLine", command_line, OTHER_SYSTEM, "The whole command line on Windows."),
	TEXTS("env", env, 0, "The environment, as NAME=VALUE."),
	TEXT("cwd", cwd, FILLED, "Working directory in the container.", ABSOLUTE),
	OBJECT("capabilities", capabilities, 0, capabilities, "The five capability sets, by names such as CAP_CHOWN."),
	OBJECTS("rlimits", rlimits, 0, rlimit, "Resource limits of the process."),
	BOOL("noNewPrivileges", no_new_privileges, 0, "Never gain privileges by an exec."),
	TEXT("apparmorProfile", apparmor_profile, 0, "AppArmor profile of the process.", NEEDS("AppArmor in force")),
	INT("oomScoreAdj", oom_score_adj, 0, "How likely the process is ended when memory is out.", RANGE(-1000, 1000)),
	TEXT("selinuxLabel", selinux_label, 0, "SELinux label of the process.",
	     NEEDS("SELinux in force, else it is left out with a warning")),
	OBJECT("ioPriority", io_priority, 0, io_priority, "Priority of the process's I/O.",
	       NEEDS("an I/O scheduler that minds it: bfq, or mq-deadline from Linux 5.14 on")),
	OBJECT("scheduler", scheduler, 0, scheduler, "How the process is scheduled."),
	OBJECT("execCPUAffinity", exec_cpu_affinity, 0, exec_cpu_affinity, "CPUs that exec runs its process on."),
};
RECORD(process);
#undef OWNER
