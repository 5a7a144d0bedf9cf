/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of SCSI units under Linux, from where sysfs says they are. */
#ifndef AGENT_SG_NAME_H
#define AGENT_SG_NAME_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Names the unit whose device folder is `path`, resolved and below `sysfs`
 * ("/sys"): lsi<c>.<t>, vscsi<c>.<t>, uhci<p> or ehci<p>. <c> counts PCI
 * functions of that kind in the order of their addresses, <t> is the SCSI
 * target, <p> counts the ports of all functions of that kind, from 0. Of
 * behind a USB hub each further port follows with a dot. False, and `name`
 * empty, if the controller is another or the name too long for `room` bytes.
 */
bool sg_name(const char *sysfs, const char *path, char *name, size_t room);

#endif
