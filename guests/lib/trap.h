/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processor exceptions of the bare-metal guests, each of which is a panic, and
 * the interrupts of devices, which do nothing but wake (irq.h, msi.h).
 */
#ifndef GUEST_TRAP_H
#define GUEST_TRAP_H

#define TRAP_FIRST_IRQ 32           /* vector of interrupt line 0 of 16 */
#define TRAP_FIRST_MESSAGE 48       /* and of what msi.c sets, 16, too */

/* Installs the interrupt descriptor table; leaves interrupts off. */
void trap_init(void);

/* Sets where the message `vector` (48..63) goes: code that ends in iret. */
void trap_set_message(unsigned vector, void (*entry)(void));

#endif
