/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "trap.h"

#include <stdint.h>

#include "console.h"
#include "guest.h"

#define EXCEPTIONS 32
#define VECTORS (TRAP_FIRST_MESSAGE + 16)
#define ENTRY_BYTES 16               /* boot.S aligns each entry to this */
#define CODE_SELECTOR 0x08
#define GATE_INTERRUPT_32 0x8e      /* Intel SDM volume 3, 6.11 */

struct gate {
    uint16_t offset_low;
    uint16_t selector;
    uint8_t zero;
    uint8_t type;
    uint16_t offset_high;
};

struct __attribute__((packed)) table_pointer {
    uint16_t limit;
    uint32_t base;
};

extern const uint8_t trap_entries[];
extern const uint8_t trap_wake[];

static struct gate gates[VECTORS];

static void set_gate(unsigned vector, uint32_t entry)
{
    gates[vector].offset_low = (uint16_t)entry;
    gates[vector].selector = CODE_SELECTOR;
    gates[vector].type = GATE_INTERRUPT_32;
    gates[vector].offset_high = (uint16_t)(entry >> 16);
}

void trap_set_message(unsigned vector, void (*entry)(void))
{
    set_gate(vector, (uint32_t)(uintptr_t)entry);
}

void trap_init(void)
{
    struct table_pointer pointer = {
        .limit = sizeof(gates) - 1,
        .base = (uint32_t)(uintptr_t)gates,
    };

    for (unsigned i = 0; i < VECTORS; i++) {
        set_gate(i, (uint32_t)(uintptr_t)(i < EXCEPTIONS
                    ? trap_entries + i * ENTRY_BYTES : trap_wake));
    }
    __asm__ volatile("lidt %0" : : "m"(pointer) : "memory");
}

/* Called by boot.S with what the processor pushed. */
_Noreturn void trap_panic(uint32_t vector, uint32_t error, uint32_t eip);

_Noreturn void trap_panic(uint32_t vector, uint32_t error, uint32_t eip)
{
    static int depth;

    if (depth++ > 0) {
        guest_exit(GUEST_EXIT_PANIC);   /* the report itself trapped */
    }
    console_end_line();                 /* whatever line was half done */
    console_text("panic vector=");
    console_hex(vector, 2);
    console_text(" eip=");
    console_hex(eip, 8);
    console_text(" err=");
    console_hex(error, 8);
    console_end_line();
    guest_exit(GUEST_EXIT_PANIC);
}
