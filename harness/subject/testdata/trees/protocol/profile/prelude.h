/* SPDX-License-Identifier: GPL-2.0-or-later */
/* a type that hosts had once */
#include <stdint.h>
typedef int64_t target_off_t;
