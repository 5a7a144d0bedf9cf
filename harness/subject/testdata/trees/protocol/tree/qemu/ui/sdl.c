/* SPDX-License-Identifier: GPL-2.0-or-later */
/* the screen: cannot be built without its library */
#include <no-such-library/SDL.h>

void sdl_display_init(void)
{
    SDL_Init(SDL_INIT_VIDEO);
}
