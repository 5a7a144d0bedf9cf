/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Intel SDM volume 3, chapter "Advanced Programmable Interrupt Controller". */
#include "idle.h"

#include "io.h"
#include "trap.h"

#define APIC 0xfee00000u
#define APIC_SPURIOUS 0x0f0
#define APIC_TIMER 0x320
#define APIC_TIMER_START 0x380
#define APIC_TIMER_DIVIDE 0x3e0
#define APIC_ENABLED 0x100u
#define DIVIDE_BY_1 0x0bu

#define VECTOR_TIMER 0x21u
#define VECTOR_SPURIOUS 0x2fu       /* its lowest four bits are to be set */

/* QEMU's timer counts nanoseconds; elsewhere it is longer or shorter. */
#define TIMER_TICKS 10000000u

#define PIC_MASTER_MASK 0x21
#define PIC_SLAVE_MASK 0xa1
#define MASK_ALL 0xff

#define CPUID_HAS_APIC (1u << 9)    /* leaf 1, EDX */

/* Both leave all registers as they were; the first ends the interrupt. */
void idle_message(void);
void idle_spurious(void);
__asm__(".text\n"
        ".globl idle_message\n"
        "idle_message:\n"
        "    movl $0, 0xfee000b0\n"
        ".globl idle_spurious\n"
        "idle_spurious:\n"
        "    iretl\n");

static void put(unsigned offset, uint32_t value)
{
    *(volatile uint32_t *)(APIC + offset) = value;
}

/* An i486 has no CPUID; then bit 21 of EFLAGS cannot be changed. */
static bool has_apic(void)
{
    uint32_t flags, changed;
    uint32_t a = 1, b, c, d;

    __asm__ volatile("pushfl\n\t"
                     "popl %0\n\t"
                     "movl %0, %1\n\t"
                     "xorl $0x200000, %1\n\t"
                     "pushl %1\n\t"
                     "popfl\n\t"
                     "pushfl\n\t"
                     "popl %1" : "=&r"(flags), "=&r"(changed));
    if (((flags ^ changed) & 0x200000u) == 0) {
        return false;
    }
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
    return d & CPUID_HAS_APIC;
}

bool idle_start(void)
{
    static enum { UNKNOWN, ABSENT, READY } state;

    if (state == UNKNOWN) {
        state = has_apic() ? READY : ABSENT;
        if (state == READY) {
            outb(PIC_MASTER_MASK, MASK_ALL);
            outb(PIC_SLAVE_MASK, MASK_ALL);
            trap_set_interrupt(IDLE_MESSAGE_DATA, idle_message);
            trap_set_interrupt(VECTOR_TIMER, idle_message);
            trap_set_interrupt(VECTOR_SPURIOUS, idle_spurious);
            put(APIC_SPURIOUS, APIC_ENABLED | VECTOR_SPURIOUS);
            put(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
            put(APIC_TIMER, VECTOR_TIMER);      /* one shot, not masked */
        }
    }
    return state == READY;
}

void idle_wait(void)
{
    put(APIC_TIMER_START, TIMER_TICKS);
    /* No interrupt comes between the two: what is pending ends the hlt. */
    __asm__ volatile("sti\n\thlt\n\tcli" : : : "memory");
}
