/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CD drives on the legacy ATA channels: SCSI commands in packets (ATAPI). */
#ifndef PROBE_PACKET_H
#define PROBE_PACKET_H

#include "disk.h"

/*
 * Makes the packet device at `disk->channel` and `disk->unit` one that can be
 * driven: fills in driver, readers, size and bus. The driver stays NULL
 * without a medium, or if it is no CD drive. The rest of `disk`, its model
 * and how it was identified too, stays as it is.
 */
void packet_identify(struct disk *disk);

#endif
