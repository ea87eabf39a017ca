/* seccomp: the rules are lowered to numbers; the program itself is compiled by host/seccomp.c. */
#include "runtime/plan/planner.h"
#include "spec/json/write.h"
#include "spec/state.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>

/* In the order of words_seccomp_arch. */
static const uint32_t architectures[] = {
	SCMP_ARCH_X86, SCMP_ARCH_X86_64, SCMP_ARCH_X32, SCMP_ARCH_ARM, SCMP_ARCH_AARCH64,
};

/* The rest of the list by name, for those that this libseccomp knows: SCMP_ARCH_MIPS is "mips" there. */
static uint32_t find_architecture(struct planner *p, int index)
{
	const char *word = words_find_text(&words_seccomp_arch, index);
	char *name = arena_text(p->arena, word + sizeof "SCMP_ARCH_" - 1);

	if ((size_t)index < sizeof architectures / sizeof *architectures)
		return architectures[index];
	for (char *c = name; *c; c++)
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
	return seccomp_arch_resolve_name(name);
}

static struct plan_numbers add_architectures(struct planner *p, const struct spec_words *words)
{
	uint64_t *tokens = arena_alloc(p->arena, (words->count + 1) * sizeof *tokens);
	size_t count = 0;

	for (size_t i = 0; i < words->count; i++) {
		uint32_t token = find_architecture(p, words->at[i]);
		if (token)
			tokens[count++] = token;
		else
			planner_refuse(p, &words->at[i],
				       planner_text(p, "this build's libseccomp does not know the architecture %s",
						    words_find_text(&words_seccomp_arch, words->at[i])),
				       "remove it from the list");
	}
	return plan_add_numbers(&p->w, tokens, count);
}

static bool has_notify(const struct spec_seccomp *s)
{
	for (size_t i = 0; i < s->syscalls.count; i++)
		if (s->syscalls.at[i].action.is_set && s->syscalls.at[i].action.value == ACTION_NOTIFY)
			return true;
	return false;
}

static const uint64_t flag_bits[] = { [SECCOMP_FLAG_TSYNC] = SECCOMP_FILTER_FLAG_TSYNC,
				      [SECCOMP_FLAG_LOG] = SECCOMP_FILTER_FLAG_LOG,
				      [SECCOMP_FLAG_SPEC_ALLOW] = SECCOMP_FILTER_FLAG_SPEC_ALLOW,
				      [SECCOMP_FLAG_WAIT_KILLABLE_RECV] = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV };

uint64_t plan_seccomp_flag(size_t word)
{
	return flag_bits[word] | (word == SECCOMP_FLAG_WAIT_KILLABLE_RECV ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0);
}

/* With a listener the kernel takes TSYNC only together with TSYNC_ESRCH, and WAIT_KILLABLE_RECV not without one. */
static uint64_t filter_flags(const struct spec_seccomp *s)
{
	uint64_t set = 0;

	for (size_t i = 0; i < s->flags.count; i++)
		set |= flag_bits[s->flags.at[i]];
	if (!has_notify(s))
		return set & ~(uint64_t)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	return set | SECCOMP_FILTER_FLAG_NEW_LISTENER | (set & SECCOMP_FILTER_FLAG_TSYNC ? SECCOMP_FILTER_FLAG_TSYNC_ESRCH : 0);
}

/* As runc: a program that tries a call newer than the profile shall go on to the older way, which it does on ENOSYS only. Not
 * where the default lets calls through or a tracer decides. */
static enum plan_newer find_newer(const struct spec_seccomp *s)
{
	switch (s->default_action.value) {
	case ACTION_ALLOW:
	case ACTION_LOG:
	case ACTION_TRACE:
		return NEWER_DEFAULT;
	default:
		return s->default_errno_ret.is_set && s->default_errno_ret.value == ENOSYS ? NEWER_DEFAULT : NEWER_ENOSYS;
	}
}

static void add_rule(struct planner *p, const struct spec_syscall *rule)
{
	uint64_t *numbers = arena_alloc(p->arena, (rule->args.count * 4 + 1) * sizeof *numbers);

	if (!rule->action.is_set)
		return;
	for (size_t i = 0; i < rule->args.count; i++) {
		const struct spec_syscall_arg *arg = &rule->args.at[i];
		numbers[4 * i] = arg->index.value;
		numbers[4 * i + 1] = (uint64_t)arg->op.value;
		numbers[4 * i + 2] = arg->value.value;
		numbers[4 * i + 3] = arg->value_two.value;
	}
	PLAN_ADD(&p->w, FILTER_RULE, filter_rule, 0, rule, .calls = plan_add_texts(&p->w, rule->names.at, rule->names.count),
		 .action = (uint64_t)rule->action.value, .errno_value = rule->errno_ret.is_set ? rule->errno_ret.value : EPERM,
		 .arguments = plan_add_numbers(&p->w, numbers, rule->args.count * 4));
}

void plan_filter(struct planner *p)
{
	const struct spec_seccomp *s = p->linux->seccomp;

	if (!s || !s->default_action.is_set)
		return;
	PLAN_ADD(&p->w, FILTER, filter, 0, s, .default_action = (uint64_t)s->default_action.value,
		 .default_errno = s->default_errno_ret.is_set ? s->default_errno_ret.value : EPERM,
		 .architectures = add_architectures(p, &s->architectures), .newer = find_newer(s), .flags = filter_flags(s));
	for (size_t i = 0; i < s->syscalls.count; i++)
		add_rule(p, &s->syscalls.at[i]);
}

void plan_seccomp(struct planner *p)
{
	const struct spec_seccomp *s = p->linux->seccomp;

	if (s && s->default_action.is_set)
		PLAN_ADD(&p->w, SECCOMP, seccomp, 0, s, .flags = filter_flags(s));
}

/* --- the listener ------------------------------------------------------------------------------------------------- */

const char *plan_listener_path(const struct plan_request *request)
{
	const struct spec_linux *linux = request->spec->linux;

	return linux && linux->seccomp && has_notify(linux->seccomp) ? linux->seccomp->listener_path : NULL;
}

const char *plan_listener_state(const struct plan_request *request, const char *status, int64_t init, int64_t pid)
{
	const struct spec *spec = request->spec;
	const char *metadata = spec->linux->seccomp->listener_metadata;
	struct state state = { .oci_version = spec->oci_version, .id = request->id, .bundle = request->bundle,
			       .pid = { true, init }, .annotations = spec->annotations };
	struct text json;

	text_init(&json, request->arena);
	text_add(&json, "{\"ociVersion\":");
	json_write_text(spec->oci_version, &json);
	text_add(&json, ",\"fds\":[\"seccompFd\"],\"pid\":%lld", (long long)pid);
	if (metadata && metadata[0]) {
		text_add(&json, ",\"metadata\":");
		json_write_text(metadata, &json);
	}
	text_add(&json, ",\"state\":");
	state_print(&state, status, JSON_LINE, &json);
	text_add(&json, "}");
	return json.at;
}
