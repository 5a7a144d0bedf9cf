/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pci.h"

#include <stdbool.h>

#include "io.h"

/* PCI Local Bus Specification 3.0, 3.2.2.3.2 (mechanism #1), 6.1, 6.2. */
#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA 0xcfc
#define CONFIG_ENABLE 0x80000000u

#define REG_ID 0x00
#define REG_COMMAND 0x04
#define REG_CLASS 0x08
#define REG_HEADER 0x0c
#define REG_BAR0 0x10

#define COMMAND_ALL 0x07            /* ports, memory, bus master */
#define COMMAND_DECODES 0x03        /* ports, memory */
#define HEADER_MULTIFUNCTION 0x00800000u
#define BARS 6
#define BAR_IS_IO 0x01u
#define BAR_IS_64 0x04u
#define IO_FLAGS 0x03u
#define MEMORY_FLAGS 0x0fu

/* Above the PC's fixed ports, and above RAM of the sizes guests run with. */
static uint32_t next_port = 0xc000;
static uint32_t next_memory = 0xe0000000u;

uint32_t pci_read(uint32_t device, unsigned offset)
{
    outl(CONFIG_ADDRESS, CONFIG_ENABLE | device | offset);
    return inl(CONFIG_DATA);
}

void pci_write(uint32_t device, unsigned offset, uint32_t value)
{
    outl(CONFIG_ADDRESS, CONFIG_ENABLE | device | offset);
    outl(CONFIG_DATA, value);
}

static uint32_t address_of(unsigned slot, unsigned function)
{
    return slot << 11 | function << 8;
}

/* The functions of bus 0, looked for once: each look is an exit of the VM. */
#define MAX_FUNCTIONS 256           /* 32 slots of 8 */

static struct {
    uint32_t device;
    uint16_t class;
} functions[MAX_FUNCTIONS];
static unsigned n_functions;

/* Lists the function if it is there; returns false if it is not. */
static bool list_function(uint32_t device)
{
    if ((pci_read(device, REG_ID) & 0xffff) == 0xffff) {
        return false;
    }
    functions[n_functions].device = device;
    functions[n_functions].class = (uint16_t)(pci_read(device, REG_CLASS) >> 16);
    n_functions++;
    return true;
}

static void list_functions(void)
{
    static bool listed;

    for (unsigned slot = 0; !listed && slot < 32; slot++) {
        if (!list_function(address_of(slot, 0)) ||
            !(pci_read(address_of(slot, 0), REG_HEADER) &
              HEADER_MULTIFUNCTION)) {
            continue;
        }
        for (unsigned f = 1; f < 8; f++) {
            list_function(address_of(slot, f));
        }
    }
    listed = true;
}

uint32_t pci_find(uint16_t class, unsigned nth)
{
    list_functions();
    for (unsigned i = 0; i < n_functions; i++) {
        if (functions[i].class == class && nth-- == 0) {
            return functions[i].device;
        }
    }
    return PCI_NONE;
}

/* Takes the next naturally aligned `size` bytes (a power of two). */
static uint32_t take(uint32_t *next, uint32_t size)
{
    uint32_t address = (*next + size - 1) & ~(size - 1);

    *next = address + size;
    return address;
}

/* Sizes and places one BAR; returns how many registers it occupies. */
static unsigned place_bar(uint32_t device, unsigned bar)
{
    unsigned offset = REG_BAR0 + 4 * bar;
    uint32_t old = pci_read(device, offset);
    bool is_io = old & BAR_IS_IO;
    uint32_t flags = is_io ? IO_FLAGS : MEMORY_FLAGS;
    unsigned registers = !is_io && old & BAR_IS_64 && bar + 1 < BARS ? 2 : 1;
    uint32_t mask;

    if ((old & ~flags) != 0 &&
        (registers == 1 || pci_read(device, offset + 4) == 0)) {
        return registers;           /* firmware did it, within our reach */
    }
    pci_write(device, offset, 0xffffffffu);
    mask = pci_read(device, offset) & ~flags;
    if (is_io) {
        mask |= 0xffff0000u;        /* the upper half need not be wired */
    }
    if (mask == 0 || (is_io && mask == 0xffff0000u)) {
        pci_write(device, offset, old);
        return registers;           /* not there */
    }
    pci_write(device, offset,
              take(is_io ? &next_port : &next_memory, ~mask + 1));
    if (registers == 2) {
        pci_write(device, offset + 4, 0);
    }
    return registers;
}

void pci_enable(uint32_t device)
{
    /* The upper half is the status; zeros there change nothing. */
    uint32_t command = pci_read(device, REG_COMMAND) & 0xffff;

    /* Nothing is decoded while addresses are half written. */
    pci_write(device, REG_COMMAND, command & ~COMMAND_DECODES);
    for (unsigned bar = 0; bar < BARS;) {
        bar += place_bar(device, bar);
    }
    pci_write(device, REG_COMMAND, command | COMMAND_ALL);
}

uint32_t pci_bar(uint32_t device, unsigned bar)
{
    uint32_t value = pci_read(device, REG_BAR0 + 4 * bar);

    return value & ~(value & BAR_IS_IO ? IO_FLAGS : MEMORY_FLAGS);
}
