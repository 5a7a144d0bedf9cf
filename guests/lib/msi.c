/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intel SDM volume 3, chapter "Advanced Programmable Interrupt Controller". */
#include "msi.h"

#include "irq.h"
#include "trap.h"

#define APIC 0xfee00000u
#define APIC_SPURIOUS 0x0f0
#define APIC_TIMER 0x320
#define APIC_TIMER_START 0x380
#define APIC_TIMER_DIVIDE 0x3e0
#define APIC_ENABLED 0x100u
#define DIVIDE_BY_1 0x0bu

#define VECTOR_TIMER (TRAP_FIRST_MESSAGE + 1u)
/* Its lowest four bits are to be set. */
#define VECTOR_SPURIOUS (TRAP_FIRST_MESSAGE + 15u)

/* QEMU's timer counts nanoseconds; elsewhere it is longer or shorter. */
#define TIMER_TICKS 10000000u

/* Both leave all registers as they were; the first ends the interrupt. */
void msi_message(void);
void msi_spurious(void);
__asm__(".text\n"
        ".globl msi_message\n"
        "msi_message:\n"
        "    movl $0, 0xfee000b0\n"
        ".globl msi_spurious\n"
        "msi_spurious:\n"
        "    iretl\n");

static void put(unsigned offset, uint32_t value)
{
    *(volatile uint32_t *)(APIC + offset) = value;
}

bool msi_start(void)
{
    static enum { UNKNOWN, ABSENT, READY } state;

    if (state == UNKNOWN) {
        state = irq_has_apic() ? READY : ABSENT;
        if (state == READY) {
            trap_set_message(MSI_DATA, msi_message);
            trap_set_message(VECTOR_TIMER, msi_message);
            trap_set_message(VECTOR_SPURIOUS, msi_spurious);
            put(APIC_SPURIOUS, APIC_ENABLED | VECTOR_SPURIOUS);
            put(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
            put(APIC_TIMER, VECTOR_TIMER);      /* one shot, not masked */
        }
    }
    return state == READY;
}

void msi_wait(void)
{
    put(APIC_TIMER_START, TIMER_TICKS);
    /* No interrupt comes between the two: what is pending ends the hlt. */
    __asm__ volatile("sti\n\thlt\n\tcli" : : : "memory");
}
