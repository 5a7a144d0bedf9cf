/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting for a device that can send message-signalled interrupts. It costs
 * less than waiting for an interrupt line (irq.h): there is nothing to unmask,
 * to acknowledge, or to take back at the device. A message only ends a halt;
 * what is done, the device's driver sees by polling.
 */
#ifndef GUEST_MSI_H
#define GUEST_MSI_H

#include <stdbool.h>
#include <stdint.h>

/* What a device is to write, and where, to end msi_wait (PCI 3.0, 6.8). */
#define MSI_ADDRESS 0xfee00000u
#define MSI_DATA 48u

/*
 * Prepares the processor's local interrupt controller; to be called after
 * irq_start, and more than once without harm. False if there is none.
 */
bool msi_start(void);

/*
 * Halts until a message came since the last call, or about 10 ms of guest
 * time are over. Interrupts are off before and after.
 */
void msi_wait(void);

#endif
