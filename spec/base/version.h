/* Owns the program's version and the commit it was built from; set by the Makefile for version.c alone, so that a new
 * commit compiles one file anew. */
#pragma once

extern const char version_release[]; /* "0.1.0" */
extern const char version_commit[];  /* abbreviated commit, "-dirty" appended when the tree had changes, or "unknown" */
