/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Linux guest's line to the host: COM1, which needs no module and goes on
 * working after the machine was saved and restored.
 */
#ifndef AGENT_SERIAL_H
#define AGENT_SERIAL_H

#include <stdbool.h>
#include <stddef.h>

/* Opens the line, raw. False, errno set, if the machine has none. */
bool serial_open(void);

/* Sends all of it, or gives up silently: there is nobody else to tell. */
void serial_send(const char *text, size_t bytes);

/*
 * Waits for a line and stores it without its end, NUL-terminated. A line that
 * does not fit into `room` bytes is taken whole and stored as an empty one.
 */
void serial_read_line(char *line, size_t room);

#endif
