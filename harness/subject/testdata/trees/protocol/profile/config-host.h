/* SPDX-License-Identifier: GPL-2.0-or-later */
/* what configure would have made */
#define CONFIG_LINUX 1
