/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every bare-metal guest shares: its entry and its exits. */
#ifndef GUEST_GUEST_H
#define GUEST_GUEST_H

#include <stdint.h>

/* Values for isa-debug-exit; QEMU ends with 2 * value + 1. */
#define GUEST_EXIT_OK 0x10          /* QEMU's exit status 33 */
#define GUEST_EXIT_PANIC 0x11       /* QEMU's exit status 35 */

/*
 * The guest's own code, called once with exceptions caught and interrupts
 * off. `words` is the text of -append, NUL-terminated.
 */
_Noreturn void guest_main(const char *words);

/* Leaves QEMU through isa-debug-exit at port 0xf4; halts if there is none. */
_Noreturn void guest_exit(uint8_t value);

/* Halts for ever with interrupts off. */
_Noreturn void guest_halt(void);

#endif
