/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processor exceptions of the bare-metal guests: each one is a panic. And the
 * few interrupts that idle.c lets through.
 */
#ifndef GUEST_TRAP_H
#define GUEST_TRAP_H

/* Installs the interrupt descriptor table: 32 exceptions, no interrupts. */
void trap_init(void);

/* Sets where interrupt `vector` (32..47) goes: code that ends in iret. */
void trap_set_interrupt(unsigned vector, void (*entry)(void));

#endif
