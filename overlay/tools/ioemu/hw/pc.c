/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioemu: the PC's board, as far as it has disks of its own.
 *
 * Its LSI SCSI adapter gets a disk and a CD from two files of fixed names in
 * the current directory.  Where these are not there, nothing is attached.
 */
#include "vl.h"

/* the adapter; its disks are the SCSI part of bs_table */
typedef struct LSIState {
    BlockDriverState **disks;
} LSIState;

static LSIState *lsi_scsi_init(void)
{
    static LSIState lsi;

    lsi.disks = bs_table + MAX_DISKS;
    return &lsi;
}

/* Puts a disk at an id, -1 = the first that is free.  A drive without a medium
   and one too many are dropped. */
static void lsi_scsi_attach(LSIState *s, BlockDriverState *bd, int id)
{
    if (id < 0) {
        for (id = 0; id < MAX_SCSI_DISKS && s->disks[id]; id++) {
        }
    }
    if (id >= MAX_SCSI_DISKS || s->disks[id] || !bdrv_is_inserted(bd)) {
        bdrv_delete(bd);
        return;
    }
    s->disks[id] = bd;
}

static void pc_init1(int pci_enabled)
{
    if (pci_enabled) {
        LSIState *scsi;
        BlockDriverState *bdrv;

        scsi = lsi_scsi_init();
        bdrv = bdrv_new("scsidisk");
        if (!bdrv)
            return;
        bdrv_open(bdrv, "scsi_disk.img", 0);
        lsi_scsi_attach(scsi, bdrv, -1);
        bdrv = bdrv_new("scsicd");
        if (!bdrv)
            return;
        bdrv_open(bdrv, "scsi_cd.iso", 0);
        bdrv_set_type_hint(bdrv, BDRV_TYPE_CDROM);
        lsi_scsi_attach(scsi, bdrv, -1);
    }
}

void pc_init(void)
{
    pc_init1(1);
}
