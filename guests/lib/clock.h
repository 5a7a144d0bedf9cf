/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time limits of the bare-metal guests, counted by channel 2 of the interval
 * timer: it needs no interrupt and, unlike the time stamp counter, no
 * calibration.
 */
#ifndef GUEST_CLOCK_H
#define GUEST_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct clock_limit {
    uint32_t ticks_left;
    uint32_t calls;
    uint16_t last_count;
    bool running;
};

/*
 * Starts a limit of `milliseconds` (1..1000000) of guest time. Two calls of
 * clock_expired more than 54 ms apart make it longer, never shorter.
 */
void clock_start(struct clock_limit *limit, uint32_t milliseconds);

/* True once the time is over. Cheap: most calls do not look at the timer. */
bool clock_expired(struct clock_limit *limit);

/*
 * The same for a wait for a device: the first few calls return at once, the
 * later ones halt until any device interrupts, at most about a millisecond
 * (irq.h). So an answer that is there soon costs no halt, and one that is not
 * costs the host no processor.
 */
bool clock_idle(struct clock_limit *limit);

/* Waits for `milliseconds` (1..1000000) of guest time. */
void clock_pause(uint32_t milliseconds);

#endif
