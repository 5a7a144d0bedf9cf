/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says in its log. */
#ifndef AGENT_KMSG_H
#define AGENT_KMSG_H

/* From now on: what the log holds already is not shown. */
void kmsg_mark(void);

/* Sends each message since the mark, oldest first: `kmsg text="..."`. */
void kmsg_show(void);

#endif
