/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * probe: writes to every disk it finds by every command that could.
 *
 * Defect: a disk configured read-only can be written by its guest. ioemu
 * opened every image O_RDWR whatever the configuration said (RFC
 * `drv_read_only` of 2008-07-24; qemu-xen 63927636 of 2010), and the fault
 * came back through the toolstack (XSA-142, CVE-2015-7311) and through a bad
 * rebase (XSA-266, CVE-2018-12892). A refusal is made for each entry point of
 * a block layer and for each command of a device by itself, so one kind of
 * write that fails says nothing of the others: hence the whole table.
 *
 * On base, a read-only disk: writes end with status 50 and are read back as
 * `new` (a hole). On tip: status 41, error 04 and `old`, while reads, verify,
 * identify and flush go on working. On a disk configured read-write, every
 * write ends with 50 and `new`, on base and tip alike.
 *
 * What it does: for each disk, in the order of ide_table.c: identify, reads,
 * verifies, writes and a trim (each at its own place, read before and, cold,
 * after), commands that QEMU's disks do not have (likewise), flushes; then it
 * reads all these places again. One line a command goes to the debug console
 * (port 0xe9); the fields st, er and bm are the raw registers. The guest
 * judges nothing, and ends (status 33 of QEMU) only if all of this was done.
 * In the report,
 *   - what has no driver is reported and has no command, as a packet device;
 *   - a trimmed place that was zero before is `old`, not `zero`;
 *   - what does not fit on the disk, needs a missing bus master, or would
 *     fall on a place written before, has no line;
 *   - a class=recheck line carries the op and name of the write it is about,
 *     and the outcome of the reading, by the command its proto= tells.
 * A wait longer than 2 s is given up with to=1 and a reset of the channel; a
 * disk with four of them is left alone, and the run ends in a panic line.
 * After -append, nonce=<16 hex digits> is required; writes=off leaves out
 * writes, trim and the absent commands; buses=<name>,... drives these buses
 * alone; only=<hex> runs the rows of one opcode (and, unreported, SET MULTIPLE
 * where it is needed).
 *
 * Where there is a virtio console, the lines go there and not to port 0xe9.
 *
 * What it cannot see: whether a refused write reached the block layer or was
 * stopped in the device model; whether an accepted one reached the image file
 * or only a cache or an overlay above it; opens, locks and metadata changes
 * on the host; writes of bytes that were there already. Those are for the
 * host's witnesses. A trim of a disk attached without discard=unmap succeeds
 * and does nothing.
 */
#include "bus.h"
#include "clock.h"
#include "guest.h"
#include "irq.h"
#include "options.h"
#include "run.h"
#include "variant.h"
#include "virtio_console.h"

_Noreturn void guest_main(const char *words)
{
    static struct disk disks[MAX_DISKS];
    struct options options;
    const struct disk *stuck = NULL;
    unsigned n;

    irq_start();
    virtio_console_start();
    options_parse(words, &options);
    report_start(&options);
    n = bus_find_all(&options, disks, MAX_DISKS);
    if (options.only >= 0 && !run_knows_only(disks, n, &options)) {
        report_panic("only");
    }
    for (unsigned i = 0; i < n; i++) {
        if (!run_disk(&disks[i], &options) && stuck == NULL) {
            stuck = &disks[i];
        }
    }
    if (stuck != NULL) {
        report_panic_about("timeouts=", stuck->name, MODEL_BYTES);
    }
    if (probe_variant.pause_ms > 0) {
        clock_pause(probe_variant.pause_ms);
    }
    report_end();
    guest_exit(GUEST_EXIT_OK);
}
