/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI set-up: the firmware under which the guests run leaves it to them. */
#ifndef GUEST_PCI_H
#define GUEST_PCI_H

#include <stdint.h>

#define PCI_NONE 0xffffffffu        /* no such device */

/*
 * Finds the `nth` function (from 0) on bus 0 whose base class and subclass
 * are `class` (0x0101: IDE). Returns its address for the calls below, or
 * PCI_NONE.
 */
uint32_t pci_find(uint16_t class, unsigned nth);

/* Reads or writes the 32-bit register at `offset` (a multiple of 4). */
uint32_t pci_read(uint32_t device, unsigned offset);
void pci_write(uint32_t device, unsigned offset, uint32_t value);

/*
 * Gives each of the six BARs that is still empty, or above 4 GiB, an address
 * of its own below and lets the device decode ports and memory and be bus
 * master.
 */
void pci_enable(uint32_t device);

/* Address in BAR `bar` (0..5) without its flags, or 0 if there is none. */
uint32_t pci_bar(uint32_t device, unsigned bar);

#endif
