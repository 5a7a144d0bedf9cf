/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processor exceptions of the bare-metal guests: each one is a panic. */
#ifndef GUEST_TRAP_H
#define GUEST_TRAP_H

/* Installs the interrupt descriptor table: 32 exceptions, no interrupts. */
void trap_init(void);

#endif
