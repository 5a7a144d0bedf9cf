/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef AGENT_PROBE_H
#define AGENT_PROBE_H

/*
 * The probe's run, as guests/probe/main.c does it on bare metal, on the disks
 * that the kernel gives raw commands to: those of lsi, virtio-scsi, uhci and
 * ehci. Takes the same words, sends the same report (guests/lib/report.h),
 * panics in the same way. The disks' numbers are 0, 1, ... in the order of
 * their names.
 */
void probe_run(const char *words);

#endif
