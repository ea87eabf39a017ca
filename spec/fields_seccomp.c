#include "spec/field_rows.h"

#define OWNER struct spec_syscall_arg
static const struct field syscall_arg_rows[] = {
	UINT("index", index, NEEDED, "Which argument, from 0.", UP_TO(5)),
	UINT("value", value, NEEDED, "What it is compared with; the mask of SCMP_CMP_MASKED_EQ.", ANY_UINT),
	UINT("valueTwo", value_two, 0, "What is left after the mask of SCMP_CMP_MASKED_EQ.", ANY_UINT),
	WORD("op", op, NEEDED, seccomp_operator, "How it is compared."),
};
static RECORD(syscall_arg);
#undef OWNER

#define OWNER struct spec_syscall
static const struct field syscall_rows[] = {
	TEXTS("names", names, FILLED, "System calls that the rule is for."),
	WORD("action", action, NEEDED, seccomp_action, "What happens when the rule applies."),
	UINT("errnoRet", errno_ret, 0, "Error number for the actions that give one; EPERM when absent.", UINT16),
	OBJECTS("args", args, 0, syscall_arg, "Comparisons that must all hold."),
};
static RECORD(syscall);
#undef OWNER

#define OWNER struct spec_seccomp
static const struct field seccomp_rows[] = {
	WORD("defaultAction", default_action, NEEDED, seccomp_action, "What happens when no rule applies."),
	UINT("defaultErrnoRet", default_errno_ret, 0, "Error number of the default action; EPERM when absent.", UINT16),
	WORD_LIST("architectures", architectures, 0, seccomp_arch, "Whose system calls; the machine's when absent."),
	WORD_LIST("flags", flags, 0, seccomp_flag, "Flags of seccomp(2).",
		  NEEDS("Linux 5.19 for SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV")),
	TEXT("listenerPath", listener_path, 0, "Socket that SCMP_ACT_NOTIFY hands the listener to.", ABSOLUTE),
	TEXT("listenerMetadata", listener_metadata, 0, "Text that is handed over with the listener."),
	OBJECTS("syscalls", syscalls, 0, syscall, "The rules."),
};
RECORD(seccomp);
#undef OWNER
