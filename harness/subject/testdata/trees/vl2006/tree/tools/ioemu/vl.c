/* SPDX-License-Identifier: GPL-2.0-or-later */
/* the main program: cannot be linked without a screen and a CPU */
#include "vl.h"

void sdl_display_init(void);
int cpu_exec(void);

int main(int argc, char **argv)
{
    BlockDriverState *bs = bdrv_new("hda");

    bdrv_init();
    if (argc < 2 || bdrv_open(bs, argv[1], 0) < 0) {
        return 1;
    }
    sdl_display_init();
    return cpu_exec();
}
