/* Run every file of a directory through a fuzz target, without a fuzzer: `replay-NAME DIRECTORY` prints TAP. A target
 * that finds something ends the process, so that the plan is not kept and the file's name is the last line. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LARGEST = 8 << 20 };

/* The bytes lie in memory of exactly their size, so that a sanitizer sees a read past them. */
static int run_file(const char *directory, const char *name)
{
	char path[4096];
	static uint8_t whole[LARGEST];

	(void)snprintf(path, sizeof path, "%s/%s", directory, name);
	FILE *file = fopen(path, "r");
	if (!file) {
		perror(path);
		return -1;
	}
	size_t size = fread(whole, 1, sizeof whole, file);
	(void)fclose(file);
	uint8_t *exact = malloc(size ? size : 1);
	if (!exact)
		return -1;
	for (size_t i = 0; i < size; i++)
		exact[i] = whole[i];
	(void)LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	return 0;
}

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	struct dirent **entries = NULL;
	int failed = 0;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	int count = scandir(argv[1], &entries, is_input, alphasort);
	if (count <= 0) {
		(void)fprintf(stderr, "%s: no inputs\n", argv[1]);
		return 2;
	}
	(void)printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		(void)printf("# %s\n", entries[i]->d_name);
		(void)fflush(stdout);
		int result = run_file(argv[1], entries[i]->d_name);
		(void)printf("%sok %d - %s\n", result ? "not " : "", i + 1, entries[i]->d_name);
		failed |= result;
		free(entries[i]);
	}
	free(entries);
	return failed ? 1 : 0;
}
