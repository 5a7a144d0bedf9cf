/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "vl.h"

void *qemu_mallocz(int size)
{
    return calloc(1, size);
}

void qemu_free(void *ptr)
{
    free(ptr);
}

void pstrcpy(char *buf, int buf_size, const char *str)
{
    strncpy(buf, str, buf_size - 1);
    buf[buf_size - 1] = '\0';
}
