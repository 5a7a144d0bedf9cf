/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting for devices without spinning. Interrupts only wake the processor:
 * what a device has done, its driver sees by polling. So none can be lost or
 * misread, and a device that never interrupts only costs time.
 */
#ifndef GUEST_IRQ_H
#define GUEST_IRQ_H

#include <stdbool.h>

/*
 * Sets up the interrupt controllers and a tick of about a millisecond, and
 * routes PCI's interrupt lines. To be called before irq_wait.
 */
void irq_start(void);

/*
 * Halts until any device has interrupted since the last call, or still asks
 * for attention, or the next tick. Interrupts are off before and after.
 */
void irq_wait(void);

/* True if the processor has a local interrupt controller of its own (APIC). */
bool irq_has_apic(void);

#endif
