/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest.h"

#include "console.h"
#include "io.h"
#include "report.h"
#include "trap.h"

#define DEBUG_EXIT_PORT 0xf4

/* Multiboot Specification 0.6.96, 3.2 and 3.3. */
#define LOADER_MAGIC 0x2badb002
#define INFO_HAS_CMDLINE 0x04

struct multiboot_info {
    uint32_t flags;
    uint32_t mem_lower;
    uint32_t mem_upper;
    uint32_t boot_device;
    uint32_t cmdline;
};

/*
 * The command line starts with the name of the kernel's file. That name may
 * hold spaces, so it is taken to end at the first ".elf" before a space or
 * the end; without one, at the first space.
 */
static const char *skip_kernel_name(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (p[0] == '.' && p[1] == 'e' && p[2] == 'l' && p[3] == 'f' &&
            (p[4] == ' ' || p[4] == '\0')) {
            return p + 4;
        }
    }
    while (*text != '\0' && *text != ' ') {
        text++;
    }
    return text;
}

/* Called by boot.S. */
_Noreturn void guest_enter(uint32_t magic, const struct multiboot_info *info);

_Noreturn void guest_enter(uint32_t magic, const struct multiboot_info *info)
{
    const char *words = "";

    trap_init();
    if (magic != LOADER_MAGIC) {
        report_panic("multiboot");
    }
    if (info->flags & INFO_HAS_CMDLINE) {
        words = skip_kernel_name((const char *)(uintptr_t)info->cmdline);
    }
    guest_main(words);
}

_Noreturn void guest_exit(uint8_t value)
{
    console_flush();
    outb(DEBUG_EXIT_PORT, value);
    guest_halt();
}

_Noreturn void guest_halt(void)
{
    for (;;) {
        __asm__ volatile("cli\n\thlt");
    }
}
