/* stepper: counts every system call of a command and of all the processes it starts, with ONE counter over the whole tree,
 * and strikes at number N. (strace's fault injection counts per process, which says nothing about a runtime made of several.)
 *
 *     stepper [-n N] [-k main|self|init|tree] [-p PID] [-s SIGNAL] [-e ERRNO] [-t SECONDS] [-o FILE] [-u U:G] [-m FILE] [-c] [-T] -- COMMAND...
 *
 *     -n N      strike when call number N (from 1) is about to be carried out; 0: never
 *     -k WHO    send SIGKILL to the command's own process (main), to the process that calls (self), to the youngest living
 *               process that is not main (init), or to all (tree). The call itself is not carried out when its caller dies
 *     -p PID    strike this process, which is not of the tree, too
 *     -s SIGNAL another signal, as a number
 *     -e ERRNO  let call N fail with this errno (a number) instead; it is not carried out. Calls that always do their work are left
 *               alone: close, munmap, the exits, and brk, without which a C library ends before main
 *     -t S      kill all after S seconds; exit code 124
 *     -o FILE   append the result there (default: standard error):
 *                   calls=251 status=0 struck=1 name=mkdirat by=main pid=4711
 *               struck is the number of processes signalled or of calls failed; 0 when N was not reached or there was no init
 *     -u U:G    run the command as this user and group, by number; programs of root's that it starts keep their privileges
 *     -m FILE   lay this file over the command's own /proc/self/mountinfo
 *     -c        the result is only the number of calls
 *     -T        also print every call: number, process, name
 *
 * Counting begins after the exec of COMMAND and ends with its process; processes that outlive it are let go unharmed.
 * Exit code: that of COMMAND, 128 + N when signal N ended it, 124 after a timeout, 125 when the stepper itself failed.
 *
 * Nothing is changed for the traced: PTRACE_SEIZE leaves group stops to job control, and signals are passed on. What
 * ptrace itself changes remains: a tracee's tracer is visible in its status file, and everything is slower. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __aarch64__
#include <elf.h>
#endif

enum who { WHO_MAIN, WHO_SELF, WHO_INIT, WHO_TREE, WHO_NONE };
enum { MAX_TASKS = 4096 };

struct task {
	pid_t tid, process; /* equal for a process's first thread */
	bool must_fail;     /* at its next exit from a call */
};

struct stepper {
	/* asked for */
	unsigned long at;
	enum who who;
	int signal, number, seconds;
	pid_t other;
	bool only_count, has_trace, has_user;
	unsigned uid, gid;
	const char *mountinfo;
	FILE *out;
	/* found */
	pid_t main;
	struct task tasks[MAX_TASKS]; /* in the order of their birth */
	size_t count;
	unsigned long calls;
	bool is_counting, is_over, is_late, has_struck_all;
	int status; /* of main, as wait gave it */
	unsigned struck;
	const char *name;
	pid_t by;
};

static volatile sig_atomic_t alarm_rang;

static void on_alarm(int signal)
{
	(void)signal;
	alarm_rang = 1;
}

static _Noreturn void give_up(const char *what)
{
	(void)fprintf(stderr, "stepper: %s: %s\n", what, strerror(errno));
	exit(125);
}

static pid_t read_process(pid_t tid)
{
	char path[64], line[256];
	int process = tid;

	(void)snprintf(path, sizeof path, "/proc/%d/status", tid);
	FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof line, file))
		if (strncmp(line, "Tgid:", 5) == 0)
			process = (int)strtol(line + 5, NULL, 10);
	if (file)
		(void)fclose(file);
	return process;
}

static struct task *find_task(struct stepper *s, pid_t tid)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->tasks[i].tid == tid)
			return &s->tasks[i];
	if (s->count == MAX_TASKS) {
		errno = E2BIG;
		give_up("too many processes");
	}
	s->tasks[s->count] = (struct task){ .tid = tid, .process = read_process(tid) };
	return &s->tasks[s->count++];
}

static void forget_task(struct stepper *s, pid_t tid)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->tasks[i].tid != tid)
			continue;
		memmove(&s->tasks[i], &s->tasks[i + 1], (s->count - i - 1) * sizeof *s->tasks);
		s->count--;
		return;
	}
}

/* --- striking --------------------------------------------------------------------------------------------------------- */

static bool is_struck(const struct stepper *s, const struct task *task, pid_t caller, pid_t youngest)
{
	switch (s->who) {
	case WHO_MAIN:
		return task->process == s->main;
	case WHO_SELF:
		return task->process == caller;
	case WHO_INIT:
		return task->process == youngest;
	case WHO_TREE:
		return true;
	case WHO_NONE:
		return false;
	}
	return false;
}

static bool can_fail(const char *name)
{
	static const char *const never[] = { "close", "munmap", "exit", "exit_group", "brk", "rt_sigreturn" };

	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		if (strcmp(name, never[i]) == 0)
			return false;
	return true;
}

static void strike(struct stepper *s, struct task *caller)
{
	pid_t youngest = 0, process = caller->process;

	if (s->number) {
		caller->must_fail = can_fail(s->name);
		s->struck = caller->must_fail;
		return;
	}
	s->has_struck_all = s->who == WHO_TREE && s->signal == SIGKILL;
	for (size_t i = 0; i < s->count; i++)
		if (s->tasks[i].process != s->main)
			youngest = s->tasks[i].process;
	s->struck += s->other && kill(s->other, s->signal) == 0;
	for (size_t i = 0; i < s->count; i++) {
		const struct task *task = &s->tasks[i];
		if (task->tid == task->process && is_struck(s, task, process, youngest))
			s->struck += kill(task->process, s->signal) == 0;
	}
}

#ifdef __x86_64__
static void skip_call(pid_t tid)
{
	(void)ptrace(PTRACE_POKEUSER, tid, offsetof(struct user, regs.orig_rax), -1L);
}

static void set_result(pid_t tid, long result)
{
	(void)ptrace(PTRACE_POKEUSER, tid, offsetof(struct user, regs.rax), result);
}
#elif defined(__aarch64__)
static void skip_call(pid_t tid)
{
	int none = -1;
	struct iovec part = { &none, sizeof none };

	(void)ptrace(PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, &part);
}

static void set_result(pid_t tid, long result)
{
	struct user_regs_struct registers;
	struct iovec part = { &registers, sizeof registers };

	if (ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &part) == 0) {
		registers.regs[0] = (unsigned long)result;
		(void)ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &part);
	}
}
#endif

/* --- stops ------------------------------------------------------------------------------------------------------------ */

static const char *word_of_call(unsigned long number)
{
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)number);

	return name ? name : "?"; /* never freed: the process is short */
}

static void stopped_at_entry(struct stepper *s, struct task *task, unsigned long number)
{
	if (!s->is_counting || s->is_over)
		return;
	s->calls++;
	if (s->has_trace)
		(void)fprintf(s->out, "%6lu %d %s%s\n", s->calls, task->tid, word_of_call(number),
			      task->process == s->main ? "" : " (child)");
	if (s->calls != s->at)
		return;
	s->name = word_of_call(number);
	s->by = task->process;
	strike(s, task);
	if (task->must_fail)
		skip_call(task->tid);
}

static void stopped_in_call(struct stepper *s, struct task *task)
{
	struct __ptrace_syscall_info info = { 0 };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, task->tid, sizeof info, &info) <= 0)
		return; /* killed meanwhile */
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		stopped_at_entry(s, task, info.entry.nr);
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT && task->must_fail) {
		set_result(task->tid, -s->number);
		task->must_fail = false;
	}
}

/* An exec by another thread takes over the number of the first: its old number is gone without a trace. New tasks need no
 * such care: they show up by a stop of their own, while the parent's event may come after the child's end. */
static void saw_exec(struct stepper *s, pid_t tid)
{
	unsigned long former = 0;

	if (ptrace(PTRACE_GETEVENTMSG, tid, 0, &former) == 0 && (pid_t)former != tid)
		forget_task(s, (pid_t)former);
	s->is_counting = true;
}

static bool is_group_stop(int signal)
{
	return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/* The command has ended: whatever this stop is (any stop takes the place of the one that was asked for), let the task go. */
static void let_go(struct stepper *s, struct task *task, int signal, int event)
{
	bool is_call = signal == (SIGTRAP | 0x80);

	if (is_call && task->must_fail)
		stopped_in_call(s, task);
	(void)ptrace(PTRACE_DETACH, task->tid, 0, is_call || event ? 0L : (long)signal);
	forget_task(s, task->tid);
}

static void stopped(struct stepper *s, pid_t tid, int status)
{
	int signal = WSTOPSIG(status), event = status >> 16;
	struct task *task = find_task(s, tid);
	long request = PTRACE_SYSCALL, passed_on = 0;

	if (s->is_late || s->has_struck_all)
		(void)kill(task->process, SIGKILL); /* born after the others were killed */
	if (s->is_over) {
		let_go(s, task, signal, event);
		return;
	}
	if (signal == (SIGTRAP | 0x80))
		stopped_in_call(s, task);
	else if (event == PTRACE_EVENT_STOP)
		request = is_group_stop(signal) ? PTRACE_LISTEN : PTRACE_SYSCALL; /* stays stopped, as without us */
	else if (event == PTRACE_EVENT_EXEC)
		saw_exec(s, tid);
	else if (!event)
		passed_on = signal;
	(void)ptrace((enum __ptrace_request)request, tid, 0, passed_on);
}

static void ended(struct stepper *s, pid_t tid, int status)
{
	forget_task(s, tid);
	if (tid != s->main || s->is_over)
		return;
	s->status = status;
	s->is_over = true;
	for (size_t i = 0; i < s->count; i++)
		(void)ptrace(PTRACE_INTERRUPT, s->tasks[i].tid, 0, 0L);
}

static void end_all(struct stepper *s)
{
	s->is_late = true;
	for (size_t i = 0; i < s->count; i++)
		(void)kill(s->tasks[i].process, SIGKILL);
}

static void follow(struct stepper *s)
{
	while (s->count > 0) {
		int status;
		pid_t tid = waitpid(-1, &status, __WALL);

		if (alarm_rang && !s->is_late)
			end_all(s);
		if (tid < 0 && errno == EINTR)
			continue;
		if (tid < 0)
			return;
		if (WIFSTOPPED(status))
			stopped(s, tid, status);
		else
			ended(s, tid, status);
	}
}

/* --- the command ------------------------------------------------------------------------------------------------------ */

static void start(struct stepper *s, char **command)
{
	long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		       PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	int gate[2];
	char byte = 0;

	if (pipe2(gate, O_CLOEXEC))
		give_up("pipe2");
	s->main = fork();
	if (s->main < 0)
		give_up("fork");
	if (s->main == 0) {
		(void)close(gate[1]);
		(void)!read(gate[0], &byte, 1); /* until it is traced */
		if (s->mountinfo && mount(s->mountinfo, "/proc/self/mountinfo", NULL, MS_BIND, NULL))
			give_up(s->mountinfo);
		if (s->has_user && (setgroups(0, NULL) || setresgid(s->gid, s->gid, s->gid) || setresuid(s->uid, s->uid, s->uid)))
			give_up("setresuid");
		(void)execvp(command[0], command);
		give_up(command[0]);
	}
	(void)close(gate[0]);
	if (ptrace(PTRACE_SEIZE, s->main, 0, options))
		give_up("PTRACE_SEIZE");
	(void)find_task(s, s->main);
	(void)ptrace(PTRACE_INTERRUPT, s->main, 0, 0L);
	(void)close(gate[1]);
}

static void print_result(const struct stepper *s)
{
	if (s->only_count) {
		(void)fprintf(s->out, "%lu\n", s->calls);
		return;
	}
	(void)fprintf(s->out, "calls=%lu status=%d struck=%u name=%s by=%s pid=%d\n", s->calls,
		      WIFEXITED(s->status) ? WEXITSTATUS(s->status) : 128 + WTERMSIG(s->status), s->struck,
		      s->name ? s->name : "-", !s->by ? "-" : s->by == s->main ? "main" : "child", s->by);
}

static enum who read_who(const char *word)
{
	static const char *const words[] = { "main", "self", "init", "tree" };

	for (int i = 0; i < 4; i++)
		if (strcmp(word, words[i]) == 0)
			return (enum who)i;
	errno = EINVAL;
	give_up(word);
}

static void read_option(struct stepper *s, int letter, const char *value)
{
	switch (letter) {
	case 'n': s->at = strtoul(value, NULL, 10); break;
	case 'k': s->who = read_who(value); break;
	case 's': s->signal = atoi(value); break;
	case 'e': s->number = atoi(value); break;
	case 'p': s->other = atoi(value); break;
	case 't': s->seconds = atoi(value); break;
	case 'u': s->has_user = sscanf(value, "%u:%u", &s->uid, &s->gid) == 2; break;
	case 'm': s->mountinfo = value; break;
	case 'c': s->only_count = true; break;
	case 'T': s->has_trace = true; break;
	case 'o':
		s->out = fopen(value, "ae");
		if (!s->out)
			give_up(value);
		break;
	default:
		exit(125);
	}
}

int main(int argc, char **argv)
{
	static struct stepper s = { .who = WHO_NONE, .signal = SIGKILL };
	struct sigaction ring = { .sa_handler = on_alarm }; /* without SA_RESTART: waitpid shall return */

	s.out = stderr;
	for (int letter; (letter = getopt(argc, argv, "+n:k:p:s:e:t:o:u:m:cT")) != -1;)
		read_option(&s, letter, optarg);
	if (optind >= argc) {
		(void)fprintf(stderr, "stepper: no command\n");
		return 125;
	}
	(void)sigaction(SIGALRM, &ring, NULL);
	start(&s, argv + optind);
	(void)alarm((unsigned)s.seconds);
	follow(&s);
	print_result(&s);
	if (s.is_late)
		return 124;
	return WIFEXITED(s.status) ? WEXITSTATUS(s.status) : 128 + WTERMSIG(s.status);
}
