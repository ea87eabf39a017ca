/* race: runs commands in turn, round after round, and compares their times.
 *
 *     race [-n ROUNDS] [-r] [-l LABEL] -- NAME COMMAND... [-- NAME COMMAND...]...
 *
 * One line a command: minimum and median of its wall time in milliseconds, and the median of the ratios to the last one named (the
 * measure), each taken within one round: so that what disturbs the machine disturbs all alike. -r takes the highest priority that is not real-time.
 * A command that fails ends the race with its exit code. Output of the commands goes to /dev/null. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_RUNNERS = 16, MAX_ROUNDS = 10000 };

struct runner {
	const char *name;
	char **words;
	double times[MAX_ROUNDS], ratios[MAX_ROUNDS];
};

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

static double run(const struct runner *runner)
{
	int status = 0;
	double began = now();
	pid_t pid = vfork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		(void)dup2(null, 0);
		(void)dup2(null, 1);
		(void)execv(runner->words[0], runner->words);
		_exit(127);
	}
	(void)waitpid(pid, &status, 0);
	double ended = now();
	if (status) {
		(void)fprintf(stderr, "race: %s failed: %d\n", runner->name, status);
		exit(1);
	}
	return ended - began;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof *values, compare);
	return values[count / 2];
}

/* Splits the rest of the command line at "--". */
static int read_runners(struct runner *runners, int argc, char **argv)
{
	int count = 0;

	for (int i = 0; i < argc && count < MAX_RUNNERS; i++) {
		runners[count].name = argv[i];
		runners[count++].words = argv + i + 1;
		while (i < argc && strcmp(argv[i], "--") != 0)
			i++;
		if (i < argc)
			argv[i] = NULL;
	}
	return count;
}

int main(int argc, char **argv)
{
	static struct runner runners[MAX_RUNNERS];
	const char *label = "";
	int rounds = 100;

	for (int letter; (letter = getopt(argc, argv, "+n:rl:")) != -1;) {
		if (letter == 'n')
			rounds = atoi(optarg) < MAX_ROUNDS ? atoi(optarg) : MAX_ROUNDS;
		else if (letter == 'l')
			label = optarg;
		else if (letter == 'r')
			(void)setpriority(PRIO_PROCESS, 0, -20); /* no real-time class: v1 cgroups take no such process */
		else
			return 2;
	}
	int count = read_runners(runners, argc - optind, argv + optind);
	if (count == 0 || rounds < 1)
		return 2;
	for (int round = -2; round < rounds; round++) /* the first two warm up */
		for (int i = 0; i < count; i++)
			runners[i].times[round < 0 ? 0 : round] = run(&runners[i]);
	for (int i = 0; i < count; i++)
		for (int round = 0; round < rounds; round++)
			runners[i].ratios[round] = runners[i].times[round] / runners[count - 1].times[round];
	(void)printf("%-10s %-8s %8s %8s %10s\n", label, "", "min ms", "median", "x floor");
	for (int i = 0; i < count; i++) {
		double middle = median(runners[i].times, rounds);
		(void)printf("%-10s %-8s %8.2f %8.2f %10.2f\n", "", runners[i].name, runners[i].times[0], middle,
			     median(runners[i].ratios, rounds));
	}
	return 0;
}
