/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "modules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "console.h"

#define LIST "/lib/modules"

/* True if the lists `left` and `right`, names with commas, share a name. */
static bool share_a_name(const char *left, const char *right)
{
    while (*left != '\0') {
        size_t length = strcspn(left, ",");

        for (const char *at = right; *at != '\0';) {
            size_t other = strcspn(at, ",");

            if (other == length && memcmp(left, at, length) == 0) {
                return true;
            }
            at += other + (at[other] == ',');
        }
        left += length + (left[length] == ',');
    }
    return false;
}

static bool load(const char *file, const char *parameters)
{
    char path[256];
    int result = -1;
    int fd;

    snprintf(path, sizeof(path), "/lib/%s", file);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        result = (int)syscall(SYS_finit_module, fd, parameters, 0);
        close(fd);
    }
    /* A module finds no hardware of its kind: ENODEV, as floppy.ko does. */
    if (result == 0 || errno == EEXIST || errno == ENODEV) {
        return true;
    }
    console_text("panic module=");
    console_foreign(file, 64);
    console_text(" errno=");
    console_decimal((uint64_t)errno);
    console_end_line();
    return false;
}

bool modules_load(const char *wanted)
{
    char line[256];
    FILE *list = fopen(LIST, "re");
    bool ok = list != NULL;

    while (ok && fgets(line, sizeof(line), list) != NULL) {
        char file[128];
        char needs[128];
        char parameters[128] = "";

        if (sscanf(line, "%127s %127s %127[^\n]", file, needs, parameters) <
            2) {
            continue;
        }
        if (wanted == NULL || strcmp(needs, "all") == 0 ||
            share_a_name(needs, wanted)) {
            ok = load(file, parameters);
        }
    }
    if (list != NULL) {
        fclose(list);
    }
    return ok;
}
