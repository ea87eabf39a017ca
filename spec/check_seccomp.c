#include "spec/check_rules.h"

enum { ERRNO_MAX = 4095 }; /* MAX_ERRNO: more would not reach the caller as an error */

static void check_errno(const struct opt_word *action, const struct opt_uint *number, const char *pointer,
			struct problems *p)
{
	if (!action->is_set || !number->is_set)
		return;
	if (action->value != ACTION_ERRNO && action->value != ACTION_TRACE)
		check_refuse(p, pointer,
			     AT(p, "%s gives no error number", words_find_text(&words_seccomp_action, action->value)),
			     "only SCMP_ACT_ERRNO and SCMP_ACT_TRACE do");
	else if (action->value == ACTION_ERRNO && number->value > ERRNO_MAX)
		check_refuse(p, pointer, "is no error number", "at most 4095");
}

/* The kernel takes it only of a filter with a listener. */
static void check_killable(const struct spec_seccomp *s, struct problems *p)
{
	for (size_t i = 0; i < s->flags.count; i++)
		if (s->flags.at[i] == SECCOMP_FLAG_WAIT_KILLABLE_RECV)
			check_warn(p, AT(p, "/linux/seccomp/flags/%zu", i), "no rule is SCMP_ACT_NOTIFY: it has no effect",
				   NULL);
}

static bool is_notify(const struct opt_word *action)
{
	return action->is_set && action->value == ACTION_NOTIFY;
}

static void check_notify(const struct spec_seccomp *s, struct problems *p)
{
	bool has_listener = s->listener_path && s->listener_path[0], has_notify = is_notify(&s->default_action);

	if (is_notify(&s->default_action))
		check_refuse(p, "/linux/seccomp/defaultAction", "SCMP_ACT_NOTIFY cannot be the default",
			     "the runtime's own system calls would wait for the listener");
	for (size_t i = 0; i < s->syscalls.count; i++) {
		has_notify |= is_notify(&s->syscalls.at[i].action);
		if (is_notify(&s->syscalls.at[i].action) && !has_listener)
			check_refuse(p, AT(p, "/linux/seccomp/syscalls/%zu/action", i),
				     "there is no listener to notify", "set /linux/seccomp/listenerPath");
	}
	if (has_listener && !has_notify)
		check_warn(p, "/linux/seccomp/listenerPath", "no rule is SCMP_ACT_NOTIFY: nothing is sent to it", NULL);
	if (!has_notify)
		check_killable(s, p);
	if (!has_listener && s->listener_metadata && s->listener_metadata[0])
		check_refuse(p, "/linux/seccomp/listenerMetadata", "there is no listener to send it to",
			     "set /linux/seccomp/listenerPath");
}

void check_seccomp(const struct spec_seccomp *s, struct problems *p)
{
	check_errno(&s->default_action, &s->default_errno_ret, "/linux/seccomp/defaultErrnoRet", p);
	for (size_t i = 0; i < s->syscalls.count; i++)
		if (s->syscalls.at[i].errno_ret.is_set)
			check_errno(&s->syscalls.at[i].action, &s->syscalls.at[i].errno_ret,
				    AT(p, "/linux/seccomp/syscalls/%zu/errnoRet", i), p);
	check_notify(s, p);
}
