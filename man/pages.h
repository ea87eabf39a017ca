/* What the makers of manual pages and completions share. They run at build time and write into build/man and build/completions:
 * option tables come from the option rows, properties from the field rows, operations from the op rows; the rest is hand-written
 * text in man/text, one file a page. */
#pragma once

#include "spec/base/command.h"

#include <stdio.h>

/* Ends the program with a message when the file cannot be made. */
FILE *page_open(const char *directory, const char *name);
void page_close(FILE *page);

/* ".TH NAME SECTION" and the NAME section. */
void page_begin(FILE *page, const char *name, int section, const char *summary);
/* Text with what means something to troff made harmless. */
void page_text(FILE *page, const char *text);
/* The hand-written part, as it is; ends the program when there is none. */
void page_include(FILE *page, const char *texts, const char *name);
void page_synopsis(FILE *page, const struct program *program, const struct command *command);
void page_options(FILE *page, const struct option *rows);
void page_commands(FILE *page, const struct program *program);

void completion_write_bash(FILE *out, const struct program *program);
void completion_write_zsh(FILE *out, const struct program *program);
void completion_write_fish(FILE *out, const struct program *program);

/* All three, for one program, into DIRECTORY. */
void completions_write(const char *directory, const struct program *program);
