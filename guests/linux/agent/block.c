/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "place.h"

/* Whole disks; their partitions are not listed there. */
#define BLOCK_FOLDER "/sys/block"

static bool take(const char *name, struct block *block)
{
    char link[PATH_MAX];
    char path[PATH_MAX];
    FILE *file;

    snprintf(link, sizeof(link), BLOCK_FOLDER "/%s", name);
    if (realpath(link, path) == NULL || !place_of(path, &block->place)) {
        return false;
    }
    snprintf(block->device, sizeof(block->device), "/dev/%.50s", name);
    snprintf(link, sizeof(link), BLOCK_FOLDER "/%s/size", name);
    block->sectors = 0;
    file = fopen(link, "re");
    if (file != NULL) {
        if (fscanf(file, "%llu", &block->sectors) != 1) {
            block->sectors = 0;
        }
        fclose(file);
    }
    return true;
}

static int by_name(const void *left, const void *right)
{
    return strverscmp(((const struct block *)left)->place.name,
                      ((const struct block *)right)->place.name);
}

unsigned block_find(struct block *blocks, unsigned room)
{
    struct dirent *entry;
    unsigned n = 0;
    DIR *dir = opendir(BLOCK_FOLDER);

    while (dir != NULL && n < room && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.' && take(entry->d_name, &blocks[n])) {
            n++;
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    qsort(blocks, n, sizeof(*blocks), by_name);
    return n;
}

bool block_by_name(const char *name, struct block *block)
{
    struct dirent *entry;
    bool found = false;
    DIR *dir = opendir(BLOCK_FOLDER);

    while (dir != NULL && !found && (entry = readdir(dir)) != NULL) {
        found = entry->d_name[0] != '.' && take(entry->d_name, block) &&
                strcmp(block->place.name, name) == 0;
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return found;
}
