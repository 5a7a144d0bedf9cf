/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "irq.h"

#include <stdint.h>

#include "io.h"
#include "pci.h"
#include "trap.h"

/* Intel 8259A data sheet; ports as in the PC/AT. */
#define PIC_1 0x20
#define PIC_1_MASK 0x21
#define PIC_2 0xa0
#define PIC_2_MASK 0xa1
#define ICW1_CASCADE_ICW4 0x11
#define ICW3_CASCADE_LINE 2
#define ICW4_8086 0x01
#define ALL 0xff
#define NONE 0x00

/* Intel 8254 data sheet: channel 0 is line 0. */
#define PIT_CHANNEL_0 0x40
#define PIT_COMMAND 0x43
#define PIT_RATE_0 0x34             /* both bytes, mode 2 */
#define TICK 1193                   /* of 1193182 Hz */

/* Intel 82371SB (PIIX3) data sheet: where PCI's four lines go. */
#define PCI_CLASS_ISA_BRIDGE 0x0601
#define REG_PCI_ROUTES 0x60
#define ALL_TO_LINE_11 0x0b0b0b0bu
#define EDGE_OR_LEVEL_2 0x4d1
#define LEVEL_11 0x08

/* Intel SDM volume 3, 10.4, 10.5; volume 2, CPUID. */
#define FLAGS_ID 0x00200000u
#define CPUID_HAS_APIC 0x0200u
#define APIC_SPURIOUS 0xfee000f0u
#define APIC_ON 0x1ffu
#define APIC_LINE_0 0xfee00350u
#define FROM_PIC 0x700u

bool irq_has_apic(void)
{
    uint32_t before;
    uint32_t after;
    uint32_t a = 1;
    uint32_t d;

    /* A processor has CPUID if this flag can be changed. */
    __asm__ volatile("pushfl\n\tpopl %0\n\tmovl %0, %1\n\txorl %2, %1\n\t"
                     "pushl %1\n\tpopfl\n\tpushfl\n\tpopl %1"
                     : "=&r"(before), "=&r"(after) : "i"(FLAGS_ID) : "cc");
    if (((before ^ after) & FLAGS_ID) == 0) {
        return false;
    }
    __asm__ volatile("cpuid" : "+a"(a), "=d"(d) : : "ebx", "ecx");
    return d & CPUID_HAS_APIC;
}

/* Lets the interrupt controllers through: firmware need not have done so. */
static void open_apic(void)
{
    if (irq_has_apic()) {
        *(volatile uint32_t *)APIC_SPURIOUS = APIC_ON;
        *(volatile uint32_t *)APIC_LINE_0 = FROM_PIC;
    }
}

static void route_pci(void)
{
    uint32_t bridge = pci_find(PCI_CLASS_ISA_BRIDGE, 0);

    if (bridge != PCI_NONE) {
        pci_write(bridge, REG_PCI_ROUTES, ALL_TO_LINE_11);
        outb(EDGE_OR_LEVEL_2, LEVEL_11);
    }
}

static void start_pic(uint16_t port, uint8_t first_vector, uint8_t cascade)
{
    outb(port, ICW1_CASCADE_ICW4);
    outb(port + 1, first_vector);
    outb(port + 1, cascade);
    outb(port + 1, ICW4_8086);
    outb(port + 1, ALL);
}

void irq_start(void)
{
    start_pic(PIC_1, TRAP_FIRST_IRQ, 1 << ICW3_CASCADE_LINE);
    start_pic(PIC_2, TRAP_FIRST_IRQ + 8, ICW3_CASCADE_LINE);
    outb(PIT_COMMAND, PIT_RATE_0);
    outb(PIT_CHANNEL_0, (uint8_t)TICK);
    outb(PIT_CHANNEL_0, TICK >> 8);
    open_apic();
    route_pci();
}

void irq_wait(void)
{
    outb(PIC_1_MASK, NONE);
    outb(PIC_2_MASK, NONE);
    /*
     * What has come meanwhile is delivered after the instruction that follows
     * sti, which ends the halt at once. boot.S masks all lines again.
     */
    __asm__ volatile("sti\n\thlt\n\tcli" : : : "memory");
}
