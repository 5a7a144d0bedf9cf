/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rogate: disks that the bridge opens itself, for a tree whose main program
 * cannot be linked (a screen, a CPU).
 *
 * Words: -drive file=FILE[,if=ide|scsi|floppy][,index=N][,media=disk]
 * [,format=FORMAT][,snapshot=on|off][,ro], commas in the file name doubled.
 * FORMAT is rogate's name of it; the profile has the tree's.
 */
#ifdef ROGATE_BRIDGE_DISKS
#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge.h"
#include "bridge_open.h"

#define FILE_NAME_MAX 1024
#define MAX_INDEX 26

BridgeExport bridge_exports[BRIDGE_MAX_EXPORTS];
size_t bridge_nb_exports;
/* the drive of each export */
static BlockDriverState *drives[BRIDGE_MAX_EXPORTS];

typedef struct Drive {
    char filename[FILE_NAME_MAX];
    const char *prefix; /* of the export's name */
    int index;          /* -1 = the first free one */
    char format[32];    /* empty = probe */
    int snapshot;
    int read_only;
} Drive;

/* The tree's own name of a format, NULL if the profile does not have it; a
   profile without any takes all of them as they are. */
static const char *tree_format(const char *format)
{
    static const struct {
        const char *rogate, *tree;
    } formats[] = { BRIDGE_PROFILE_FORMATS };
    size_t i;

    for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (formats[i].rogate && !strcmp(format, formats[i].rogate)) {
            return formats[i].tree;
        }
    }
    return formats[0].rogate ? NULL : format;
}

static int parse_bus(Drive *drive, const char *value)
{
    static const struct {
        const char *bus, *prefix;
    } buses[] = { { "ide", "hd" }, { "scsi", "sd" }, { "floppy", "fd" } };
    size_t i;

    for (i = 0; i < sizeof(buses) / sizeof(buses[0]); i++) {
        if (!strcmp(value, buses[i].bus)) {
            drive->prefix = buses[i].prefix;
            return 0;
        }
    }
    return -1;
}

static int parse_index(Drive *drive, const char *value)
{
    char *end;
    long index = strtol(value, &end, 10);

    if (end == value || *end != '\0' || index < 0 || index >= MAX_INDEX) {
        return -1;
    }
    drive->index = index;
    return 0;
}

static int copy_word(char *to, size_t size, const char *value)
{
    return (size_t)snprintf(to, size, "%s", value) < size ? 0 : -1;
}

/* One word of a -drive, cut at its '='; -1 if it is not understood. */
static int parse_word(Drive *drive, const char *key, const char *value)
{
    if (!value) {
        drive->read_only = 1;
        return strcmp(key, "ro") ? -1 : 0;
    }
    if (!strcmp(key, "file")) {
        return copy_word(drive->filename, sizeof(drive->filename), value);
    }
    if (!strcmp(key, "format")) {
        return copy_word(drive->format, sizeof(drive->format), value);
    }
    if (!strcmp(key, "if")) {
        return parse_bus(drive, value);
    }
    if (!strcmp(key, "index")) {
        return parse_index(drive, value);
    }
    if (!strcmp(key, "snapshot")) {
        drive->snapshot = !strcmp(value, "on");
        return drive->snapshot || !strcmp(value, "off") ? 0 : -1;
    }
    return !strcmp(key, "media") && !strcmp(value, "disk") ? 0 : -1;
}

/* Copies the next word without its doubled commas; returns what follows it,
   NULL after the last word. */
static const char *next_word(char *word, const char *from)
{
    while (*from != '\0' && (*from != ',' || from[1] == ',')) {
        if (*from == ',') {
            from++;
        }
        *word++ = *from++;
    }
    *word = '\0';
    return *from == ',' ? from + 1 : NULL;
}

static int parse_drive(Drive *drive, const char *text)
{
    char *word = malloc(strlen(text) + 1);
    const char *rest = text;
    int ret = word ? 0 : -1;

    while (ret == 0 && rest) {
        char *value;

        rest = next_word(word, rest);
        value = strchr(word, '=');
        if (value) {
            *value++ = '\0';
        }
        ret = parse_word(drive, word, value);
        if (ret < 0) {
            nbdkit_error("qemu: invalid word '%s%s%s' in '%s'", word,
                         value ? "=" : "", value ? value : "", text);
        }
    }
    free(word);
    if (ret == 0 && drive->filename[0] == '\0') {
        nbdkit_error("qemu: no file in '%s'", text);
        return -1;
    }
    return ret;
}

static int name_taken(const char *name)
{
    size_t i;

    for (i = 0; i < bridge_nb_exports; i++) {
        if (!strcmp(bridge_exports[i].name, name)) {
            return 1;
        }
    }
    return 0;
}

/* Names the export; -1 if there is no room for it. */
static int choose_name(const Drive *drive, char *name, size_t size)
{
    int index = drive->index < 0 ? 0 : drive->index;

    do {
        snprintf(name, size, "%s%c", drive->prefix, 'a' + index);
        if (!name_taken(name)) {
            return 0;
        }
    } while (drive->index < 0 && ++index < MAX_INDEX);
    return -1;
}

/* 0, or -1 after nbdkit_error() for what this generation has no word for. */
static int check_words(const Drive *drive)
{
    if (drive->read_only && BRIDGE_READ_ONLY == BRIDGE_RO_NONE) {
        nbdkit_error("qemu: this block layer has no way to be told that '%s' "
                     "is read only", drive->filename);
        return -1;
    }
    if (drive->snapshot && !BRIDGE_SNAPSHOT) {
        nbdkit_error("qemu: this block layer has no way to be told that '%s' "
                     "is to be a snapshot", drive->filename);
        return -1;
    }
    return 0;
}

/* Where a driver cannot be named, the probed one must be the one wanted. */
static int check_format(BlockDriverState *bs, const Drive *drive,
                        const char *format)
{
#if BRIDGE_HAVE_FORMAT_TEXT
    char found[64] = "";

    bdrv_get_format(bs, found, (int)sizeof(found));
    if (!BRIDGE_NAMES_DRIVER && !drive->snapshot && strcmp(found, format)) {
        nbdkit_error("qemu: '%s' is taken for %s, not for %s", drive->filename,
                     found, format);
        return -1;
    }
#else
    (void)bs;
    (void)drive;
    (void)format;
#endif
    return 0;
}

static int open_drive(const Drive *drive, const char *name)
{
    const char *format = drive->format[0] ? tree_format(drive->format) : NULL;
    BlockDriverState **bs = &drives[bridge_nb_exports];
    BlockDriver *drv = format ? bdrv_find_format(format) : NULL;
    int by_flag = drive->read_only && BRIDGE_READ_ONLY != BRIDGE_RO_FIELD;
    int flags = (by_flag ? 0 : BRIDGE_RDWR) |
                (drive->snapshot ? BRIDGE_SNAPSHOT : 0);
    int ret;

    if (drive->format[0] && !drv) {
        nbdkit_error("qemu: the tree has no format '%s' for '%s'",
                     format ? format : drive->format, drive->filename);
        return -1;
    }
    *bs = bridge_new(name, drive->read_only);
    if (!*bs) {
        nbdkit_error("qemu: not enough memory for '%s'", drive->filename);
        return -1;
    }
    bridge_set_read_only(*bs, drive->read_only);
    ret = bridge_open_image(bs, drive->filename, flags, drv);
    if (ret < 0) {
        nbdkit_error("qemu: could not open disk image '%s': %s",
                     drive->filename, strerror(-ret));
        return -1;
    }
    bridge_set_read_only(*bs, drive->read_only);
    return format ? check_format(*bs, drive, format) : 0;
}

static int add_drive(const char *text)
{
    Drive drive = { .prefix = "hd", .index = -1 };
    BridgeExport *export = &bridge_exports[bridge_nb_exports];
    char name[sizeof(export->name)];

    if (parse_drive(&drive, text) < 0 || check_words(&drive) < 0) {
        return -1;
    }
    if (bridge_nb_exports == BRIDGE_MAX_EXPORTS ||
        choose_name(&drive, name, sizeof(name)) < 0) {
        nbdkit_error("qemu: no free drive for '%s'", text);
        return -1;
    }
    if (open_drive(&drive, name) < 0) {
        return -1;
    }
    memcpy(export->name, name, sizeof(name));
    export->slot = &drives[bridge_nb_exports++];
    return 0;
}

int bridge_open_disks(int argc, char **argv)
{
    int i;

    bdrv_init();
    for (i = 1; i < argc; i += 2) {
        if (strcmp(argv[i], "-drive") || i + 1 == argc) {
            nbdkit_error("qemu: '%s': the disks are given as -drive WORDS",
                         argv[i]);
            return -1;
        }
        if (add_drive(argv[i + 1]) < 0) {
            return -1;
        }
    }
    return 0;
}

void bridge_close_disks(void)
{
    size_t i;

    for (i = 0; i < bridge_nb_exports; i++) {
        bdrv_close(drives[i]);
    }
}

int bridge_start_events(void)
{
    return 0;
}

void bridge_handle_events(void)
{
}

void bridge_dump_disks(void)
{
    static const char *const ways[] = { "none", "argument", "flag", "field" };

    printf("rogate_disks=bridge\n"
           "rogate_bdrv_new=%s\n"
           "rogate_bdrv_open=%s\n"
           "rogate_read_only=%s\n"
           "rogate_snapshot=%s\n"
           "rogate_driver=%s\n",
           BRIDGE_NEW_FLAG ? "flag" : BRIDGE_NEW_ERROR ? "error" : "plain",
           BRIDGE_HAVE_OPEN2 ? (BRIDGE_RDWR ? "bdrv_open2 flags" :
                                              "bdrv_open2 snapshot") :
           BRIDGE_OPEN_DRIVER ? "flags driver" :
           BRIDGE_OPEN_OPTIONS || BRIDGE_OPEN_ERROR ? "options flags driver" :
           BRIDGE_OPEN_FILE ? "bdrv_file_open flags" :
           BRIDGE_RDWR ? "flags" : "snapshot",
           ways[BRIDGE_READ_ONLY],
           BRIDGE_SNAPSHOT == 0 ? "none" : BRIDGE_RDWR ? "flag" : "argument",
           BRIDGE_NAMES_DRIVER ? "named" : "probed");
}

#endif
