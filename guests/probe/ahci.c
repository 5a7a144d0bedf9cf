/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ATA commands through an AHCI controller; references are to the Serial ATA
 * AHCI 1.3.1 Specification. One command at a time, in slot 0; the controller
 * is not reset.
 */
#include "ahci.h"

#include <stddef.h>

#include "ata.h"
#include "clock.h"
#include "pci.h"
#include "string.h"

#define PCI_CLASS_AHCI 0x0106
#define PCI_AHCI_BAR 5
#define HBA_PORTS 32
#define MAX_PORTS MAX_DISKS         /* with a device */

/* Controller registers (3.1), in words. */
#define HBA_CAPABILITIES 0
#define CAPABLE_OF_NCQ 0x40000000u
#define HBA_CONTROL 1
#define CONTROL_AHCI 0x80000000u
#define CONTROL_INTERRUPTS 0x02u
#define HBA_INTERRUPTS 2
#define HBA_PORTS_IMPLEMENTED 3
#define HBA_FIRST_PORT 64
#define HBA_PORT_WORDS 32

/* Port registers (3.3), in words. */
#define PORT_LIST 0
#define PORT_RECEIVED 2
#define PORT_INTERRUPTS 4
#define PORT_INTERRUPT_ENABLE 5
#define PORT_COMMAND 6
#define PORT_TASK_FILE 8
#define PORT_SIGNATURE 9
#define PORT_SATA_STATUS 10
#define PORT_SATA_CONTROL 11
#define PORT_SATA_ERROR 12
#define PORT_SATA_ACTIVE 13
#define PORT_ISSUE 14

#define COMMAND_START 0x0001u
#define COMMAND_SPIN_UP 0x0002u
#define COMMAND_POWER_ON 0x0004u
#define COMMAND_RECEIVE 0x0010u
#define COMMAND_RUNNING 0x8000u
#define INTERRUPT_TASK_FILE_ERROR 0x40000000u
#define INTERRUPT_FATAL 0x38000000u /* bus or interface, fatal (3.3.5) */
#define DETECT_MASK 0x0fu
#define DETECT_PRESENT 0x03u
#define DETECT_RESET 0x01u
#define SIGNATURE_PACKET 0xeb140101u
#define ALL_ONES 0xffffffffu
#define SLOT_0 1u

/* Command FIS, register - host to device (Serial ATA 2.6, 10.3.4). */
#define FIS_TO_DEVICE 0x27
#define FIS_IS_COMMAND 0x80
#define FIS_WORDS 5
#define HEADER_WRITE 0x40u

#define WAIT_MS 2000

struct command_header {             /* 4.2.2 */
    uint16_t flags;                 /* lowest 5 bits: FIS length in words */
    uint16_t regions;
    uint32_t bytes_moved;
    uint32_t table;
    uint32_t table_upper;
    uint32_t reserved[4];
};

struct command_table {              /* 4.2.3 */
    uint8_t fis[64];
    uint8_t packet[64];
    uint32_t address;               /* of the only region */
    uint32_t address_upper;
    uint32_t reserved;
    uint32_t bytes_less_one;
};

struct port {
    struct command_header headers[32] __attribute__((aligned(1024)));
    uint8_t received[256] __attribute__((aligned(256)));
    volatile uint32_t *hba;
    volatile uint32_t *registers;
    bool multiple_set;
    bool controller_has_ncq;
};

/* One is enough, as one command runs at a time. */
static struct command_table table __attribute__((aligned(128)));

static bool wait_clear(struct port *port, unsigned reg, uint32_t bits)
{
    struct clock_limit limit;

    clock_start(&limit, WAIT_MS);
    while (port->registers[reg] & bits) {
        if (clock_expired(&limit)) {
            return false;
        }
    }
    return true;
}

/* Takes up commands (10.3.1), with whatever went before forgotten. */
static bool start(struct port *port)
{
    volatile uint32_t *r = port->registers;

    r[PORT_SATA_ERROR] = ALL_ONES;
    r[PORT_INTERRUPTS] = ALL_ONES;
    r[PORT_COMMAND] |= COMMAND_RECEIVE | COMMAND_SPIN_UP | COMMAND_POWER_ON;
    if (!wait_clear(port, PORT_TASK_FILE, ATA_STATUS_BSY | ATA_STATUS_DRQ)) {
        return false;
    }
    r[PORT_INTERRUPT_ENABLE] = ALL_ONES;
    r[PORT_COMMAND] |= COMMAND_START;
    return true;
}

/* Stops the command list (10.3.2), which empties it. */
static void stop(struct port *port)
{
    port->registers[PORT_COMMAND] &= ~COMMAND_START;
    wait_clear(port, PORT_COMMAND, COMMAND_RUNNING);
}

/* Resets the device (10.4.2): the port has to be stopped. */
static void reset_device(struct port *port)
{
    volatile uint32_t *r = port->registers;
    struct clock_limit limit;

    r[PORT_SATA_CONTROL] = DETECT_RESET;
    clock_pause(1);
    r[PORT_SATA_CONTROL] = 0;
    clock_start(&limit, WAIT_MS);
    while ((r[PORT_SATA_STATUS] & DETECT_MASK) != DETECT_PRESENT &&
           !clock_expired(&limit)) {
    }
    port->multiple_set = false;
}

/* After an error or a wait in vain the port takes commands again. */
static void recover(struct port *port, bool is_stuck)
{
    stop(port);
    if (is_stuck || port->registers[PORT_TASK_FILE] &
                        (ATA_STATUS_BSY | ATA_STATUS_DRQ)) {
        reset_device(port);
    }
    start(port);
}

static void fill_command(struct port *port, const struct transfer *transfer)
{
    const struct command *command = transfer->command;
    struct command_header *header = &port->headers[0];
    struct ata_registers to;
    uint8_t *fis = table.fis;

    ata_fill_registers(transfer, &to);
    memset(fis, 0, sizeof(table.fis));
    fis[0] = FIS_TO_DEVICE;
    fis[1] = FIS_IS_COMMAND;
    fis[2] = command->opcode;
    fis[3] = (uint8_t)to.feature;
    fis[4] = (uint8_t)to.lba;
    fis[5] = (uint8_t)(to.lba >> 8);
    fis[6] = (uint8_t)(to.lba >> 16);
    fis[7] = to.device;
    if (command->flags & ATA_EXT) {
        fis[8] = (uint8_t)(to.lba >> 24);
        fis[9] = (uint8_t)(to.lba >> 32);
        fis[10] = (uint8_t)(to.lba >> 40);
        fis[11] = (uint8_t)(to.feature >> 8);
        fis[13] = (uint8_t)(to.count >> 8);
    }
    fis[12] = (uint8_t)to.count;

    header->flags = FIS_WORDS |
                    (transfer->flow == FLOW_OUT ? HEADER_WRITE : 0);
    header->regions = 0;
    header->bytes_moved = 0;
    if (transfer->flow != FLOW_NONE) {
        header->regions = 1;
        table.address = (uint32_t)(uintptr_t)transfer->data;
        table.bytes_less_one = ata_data_sectors(transfer) * SECTOR_BYTES - 1;
    }
}

/* Waits until the command in slot 0 is done, well or not. */
static bool wait_done(struct port *port, struct report_outcome *outcome)
{
    volatile uint32_t *r = port->registers;
    struct clock_limit limit;

    clock_start(&limit, WAIT_MS);
    while ((r[PORT_ISSUE] | r[PORT_SATA_ACTIVE]) & SLOT_0) {
        if (r[PORT_INTERRUPTS] &
            (INTERRUPT_TASK_FILE_ERROR | INTERRUPT_FATAL)) {
            return false;
        }
        if (clock_idle(&limit)) {
            outcome->timed_out = true;
            return false;
        }
    }
    return !(r[PORT_INTERRUPTS] &
             (INTERRUPT_TASK_FILE_ERROR | INTERRUPT_FATAL));
}

/* Or the controller would ask for attention all the time (5.5.3). */
static void take_interrupts(struct port *port)
{
    port->registers[PORT_INTERRUPTS] = ALL_ONES;
    port->hba[HBA_INTERRUPTS] = ALL_ONES;
}

static bool issue_one(struct disk *disk, const struct transfer *transfer,
                      struct report_outcome *outcome)
{
    struct port *port = disk->bus;
    volatile uint32_t *r = port->registers;
    uint32_t task_file;
    bool done;

    fill_command(port, transfer);
    if (transfer->command->proto == REPORT_NCQ) {
        r[PORT_SATA_ACTIVE] = SLOT_0;
    }
    __asm__ volatile("" : : : "memory");
    r[PORT_ISSUE] = SLOT_0;
    done = wait_done(port, outcome);
    __asm__ volatile("" : : : "memory");
    task_file = r[PORT_TASK_FILE];
    outcome->status = (uint8_t)task_file;
    outcome->error = (uint8_t)(task_file >> 8);
    take_interrupts(port);
    if (!done || outcome->status & (ATA_STATUS_BSY | ATA_STATUS_DRQ)) {
        recover(port, outcome->timed_out);
        return false;
    }
    if (transfer->command->flags & ATA_SETS_COUNT) {
        port->multiple_set = true;
    }
    return !(outcome->status & (ATA_STATUS_ERR | ATA_STATUS_DF));
}

static bool issue(struct disk *disk, const struct transfer *transfer,
                  struct report_outcome *outcome)
{
    const struct port *port = disk->bus;

    if (transfer->command->flags & ATA_MULTIPLE && !port->multiple_set) {
        struct transfer setup = { .command = &ata_set_multiple };
        struct report_outcome ignored = { 0 };

        issue_one(disk, &setup, &ignored);
    }
    return issue_one(disk, transfer, outcome);
}

static const struct bus_driver driver = {
    .issue = issue,
    .prepare = ata_prepare,
    .commands = ata_commands,
    .n_commands = ATA_COMMANDS,
    .most_read = MAX_READ,
    .good = { .status = 0x50 },
};

static void identify(struct disk *disk)
{
    static uint16_t words[SECTOR_BYTES / 2] __attribute__((aligned(4)));
    const struct port *port = disk->bus;
    struct transfer transfer = {
        .command = &ata_identify,
        .sectors = 1,
        .flow = FLOW_IN,
        .data = words,
    };

    if (port->registers[PORT_SIGNATURE] == SIGNATURE_PACKET) {
        disk->kind = "atapi";
        disk->driver = NULL;
        transfer.command = &ata_identify_packet;
    }
    if (!issue(disk, &transfer, &disk->identified)) {
        report_panic_about("identify=", disk->name, NAME_BYTES);
    }
    ata_take_identity(disk, words, true, port->controller_has_ncq);
}

/* Makes the device at the port known to the controller, and starts it. */
static struct port *open_port(volatile uint32_t *hba, unsigned number)
{
    static struct port ports[MAX_PORTS];
    static unsigned used;
    struct port *port = &ports[used];

    if (used == MAX_PORTS) {
        report_panic("disks");
    }
    used++;
    port->hba = hba;
    port->registers = hba + HBA_FIRST_PORT + number * HBA_PORT_WORDS;
    port->controller_has_ncq = hba[HBA_CAPABILITIES] & CAPABLE_OF_NCQ;
    stop(port);
    port->headers[0].table = (uint32_t)(uintptr_t)&table;
    port->registers[PORT_LIST] = (uint32_t)(uintptr_t)port->headers;
    port->registers[PORT_LIST + 1] = 0;
    port->registers[PORT_RECEIVED] = (uint32_t)(uintptr_t)port->received;
    port->registers[PORT_RECEIVED + 1] = 0;
    start(port);
    return port;
}

static bool is_present(volatile uint32_t *hba, unsigned number)
{
    volatile uint32_t *r = hba + HBA_FIRST_PORT + number * HBA_PORT_WORDS;

    return (r[PORT_SATA_STATUS] & DETECT_MASK) == DETECT_PRESENT;
}

unsigned ahci_find(struct disk *disks, unsigned room)
{
    unsigned first = 0;
    unsigned n = 0;
    uint32_t pci;

    for (unsigned c = 0; (pci = pci_find(PCI_CLASS_AHCI, c)) != PCI_NONE; c++) {
        volatile uint32_t *hba;
        uint32_t implemented;
        unsigned p = 0;

        pci_enable(pci);
        hba = (volatile uint32_t *)(uintptr_t)pci_bar(pci, PCI_AHCI_BAR);
        hba[HBA_CONTROL] = CONTROL_AHCI | CONTROL_INTERRUPTS;
        implemented = hba[HBA_PORTS_IMPLEMENTED];
        for (; p < HBA_PORTS && implemented >> p != 0; p++) {
            struct disk *disk;

            if (!(implemented >> p & 1) || !is_present(hba, p)) {
                continue;
            }
            disk = disk_add(disks, &n, room);
            disk_set_name(disk, "ahci", first + p);
            disk->kind = "ata";
            disk->driver = &driver;
            disk->bus = open_port(hba, p);
            identify(disk);
        }
        first += p;
    }
    return n;
}
