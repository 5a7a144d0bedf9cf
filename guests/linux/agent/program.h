/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef AGENT_PROGRAM_H
#define AGENT_PROGRAM_H

#include <stddef.h>

/*
 * Runs a program to its end. Its output and its errors, together, go to
 * `said` (NUL-terminated, cut at `room` bytes, lines joined by "; "). Returns
 * its exit status, 128 + the signal that ended it, or -1 if it did not start.
 */
int program_run(const char *const *argv, char *said, size_t room);

#endif
