/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "clock.h"
#include "io.h"
#include "irq.h"

/* Intel 8254 data sheet; port 0x61 as in the PC/AT technical reference. */
#define PIT_CHANNEL_2 0x42
#define PIT_COMMAND 0x43
#define PIT_LATCH_2 0x80
#define PIT_RATE_2 0xb4             /* channel 2, both bytes, mode 2 */
#define TICKS_PER_MS 1193           /* 1193182 Hz */

#define SYSTEM_PORT_B 0x61
#define GATE_2 0x01
#define SPEAKER 0x02

/* A look at the timer is four port accesses, so only one call in so many. */
#define CALLS_PER_LOOK 64

/* Of clock_idle: what answers within the instruction that asks is seen. */
#define CALLS_BEFORE_HALT 2

static uint16_t read_count(void)
{
    uint8_t low;

    outb(PIT_COMMAND, PIT_LATCH_2);
    low = inb(PIT_CHANNEL_2);
    return low | (uint16_t)inb(PIT_CHANNEL_2) << 8;
}

/* Lets channel 2 count down from 65536 round and round. */
static void start_timer(void)
{
    static bool started;

    if (started) {
        return;
    }
    outb(SYSTEM_PORT_B, (inb(SYSTEM_PORT_B) & ~SPEAKER) | GATE_2);
    outb(PIT_COMMAND, PIT_RATE_2);
    outb(PIT_CHANNEL_2, 0);
    outb(PIT_CHANNEL_2, 0);
    started = true;
}

void clock_start(struct clock_limit *limit, uint32_t milliseconds)
{
    limit->ticks_left = milliseconds * TICKS_PER_MS;
    limit->calls = 0;
    limit->last_count = 0;
    limit->running = false;
}

static bool look(struct clock_limit *limit)
{
    uint16_t count = read_count();
    uint16_t passed = limit->last_count - count;

    limit->last_count = count;
    if (passed >= limit->ticks_left) {
        limit->ticks_left = 0;
        return true;
    }
    limit->ticks_left -= passed;
    return false;
}

bool clock_expired(struct clock_limit *limit)
{
    limit->calls++;
    if (limit->calls % CALLS_PER_LOOK != 0) {
        return limit->ticks_left == 0;
    }
    if (!limit->running) {
        /* Most waits end before this, and never touch the timer. */
        start_timer();
        limit->last_count = read_count();
        limit->running = true;
        return false;
    }
    return look(limit);
}

bool clock_idle(struct clock_limit *limit)
{
    if (limit->calls < CALLS_BEFORE_HALT) {
        limit->calls++;
        return false;
    }
    if (!limit->running) {
        start_timer();
        limit->last_count = read_count();
        limit->running = true;
    }
    irq_wait();
    return look(limit);
}

void clock_pause(uint32_t milliseconds)
{
    struct clock_limit limit;

    clock_start(&limit, milliseconds);
    while (!clock_expired(&limit)) {
        __asm__ volatile("pause");
    }
}
