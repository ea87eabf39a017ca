/* Owns the program's version and the commit it was built from; set by the Makefile for version.c alone, so that a new
 * commit compiles one file anew. */
#pragma once

extern const char boxcar_version[]; /* "0.1.0" */
extern const char boxcar_commit[];  /* abbreviated commit, "-dirty" appended when the tree had changes, or "unknown" */
