/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ways in which a fixture misbehaves on purpose while being the probe in all
 * else. Each program defines the one object.
 */
#ifndef PROBE_VARIANT_H
#define PROBE_VARIANT_H

#include <stdbool.h>
#include <stdint.h>

struct probe_variant {
    bool lies;                      /* writes nothing, reports success */
    uint32_t pause_ms;              /* waits so long before the end line */
};

extern const struct probe_variant probe_variant;

#endif
