/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting without work, for guests whose host has better use for a processor
 * than to let them poll: it sleeps until a device sends a message-signalled
 * interrupt, or some milliseconds are over. At all other times interrupts
 * stay off; the legacy interrupt controllers are masked for good.
 */
#ifndef GUEST_IDLE_H
#define GUEST_IDLE_H

#include <stdbool.h>
#include <stdint.h>

/* What a device is to write, and where, to end idle_wait (PCI 3.0, 6.8). */
#define IDLE_MESSAGE_ADDRESS 0xfee00000u
#define IDLE_MESSAGE_DATA 0x20u

/*
 * Prepares the processor's local interrupt controller; calls after the first
 * do nothing. False if there is none.
 */
bool idle_start(void);

/*
 * Sleeps until a message comes or came since the last call, or about 10 ms of
 * guest time are over. To be called after idle_start only.
 */
void idle_wait(void);

#endif
