/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sg_name.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS_LENGTH 12           /* 0000:00:04.0 */
#define MAX_FUNCTIONS 256

#define VENDOR_LSI 0x1000
#define VENDOR_VIRTIO 0x1af4
#define VIRTIO_SCSI_OLD 0x1004
#define VIRTIO_SCSI 0x1048

/* Base class, subclass and programming interface (PCI Code and ID, 1). */
#define CLASS_SCSI 0x010000
#define CLASS_UHCI 0x0c0300
#define CLASS_EHCI 0x0c0320

enum kind { KIND_OTHER, KIND_LSI, KIND_VIRTIO, KIND_UHCI, KIND_EHCI };

/* Reads the number in file `name` of a PCI function; 0 if there is none. */
static unsigned long read_number(const char *sysfs, const char *address,
                                 const char *name)
{
    char path[PATH_MAX];
    char text[32] = "";
    FILE *file;
    size_t n;

    snprintf(path, sizeof(path), "%s/bus/pci/devices/%s/%s", sysfs, address,
             name);
    file = fopen(path, "r");
    if (file == NULL) {
        return 0;
    }
    n = fread(text, 1, sizeof(text) - 1, file);
    text[n] = '\0';
    fclose(file);
    return strtoul(text, NULL, 0);
}

static enum kind kind_of(const char *sysfs, const char *address)
{
    unsigned long vendor = read_number(sysfs, address, "vendor");
    unsigned long device = read_number(sysfs, address, "device");
    unsigned long class = read_number(sysfs, address, "class");

    if (vendor == VENDOR_VIRTIO &&
        (device == VIRTIO_SCSI || device == VIRTIO_SCSI_OLD)) {
        return KIND_VIRTIO;
    }
    if (vendor == VENDOR_LSI && class == CLASS_SCSI) {
        return KIND_LSI;
    }
    return class == CLASS_UHCI ? KIND_UHCI
         : class == CLASS_EHCI ? KIND_EHCI
         : KIND_OTHER;
}

static bool is_address(const char *text, size_t length)
{
    unsigned domain, bus, slot, function;
    int end = 0;

    return length == ADDRESS_LENGTH &&
           sscanf(text, "%4x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function,
                  &end) == 4 && end == ADDRESS_LENGTH;
}

/*
 * Finds the last PCI address in `path` and copies it; returns what follows
 * it, from the slash on, or NULL without one.
 */
static const char *find_address(const char *path, char *address)
{
    const char *after = NULL;

    for (const char *p = path; *p != '\0';) {
        size_t length = strcspn(p, "/");

        if (is_address(p, length)) {
            memcpy(address, p, ADDRESS_LENGTH);
            address[ADDRESS_LENGTH] = '\0';
            after = p + length;
        }
        p += length;
        p += *p == '/';
    }
    return after;
}

/* Ports of the function's USB root hub. */
static unsigned count_ports(const char *sysfs, const char *address)
{
    char path[PATH_MAX];
    struct dirent *entry;
    unsigned ports = 0;
    DIR *folder;

    snprintf(path, sizeof(path), "%s/bus/pci/devices/%s", sysfs, address);
    folder = opendir(path);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (strncmp(entry->d_name, "usb", 3) == 0) {
            char file[NAME_MAX + sizeof("/maxchild")];

            snprintf(file, sizeof(file), "%s/maxchild", entry->d_name);
            ports += (unsigned)read_number(sysfs, address, file);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return ports;
}

/* Functions of the kind with lower addresses, or the ports of all those. */
static unsigned count_before(const char *sysfs, const char *address,
                             enum kind kind)
{
    char path[PATH_MAX];
    struct dirent *entry;
    unsigned n = 0;
    DIR *folder;

    snprintf(path, sizeof(path), "%s/bus/pci/devices", sysfs);
    folder = opendir(path);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        const char *other = entry->d_name;

        /* Digits are lower case and of fixed number: text order is theirs. */
        if (!is_address(other, strlen(other)) || strcmp(other, address) >= 0 ||
            kind_of(sysfs, other) != kind) {
            continue;
        }
        n += kind == KIND_UHCI || kind == KIND_EHCI
             ? count_ports(sysfs, other) : 1;
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return n;
}

/* The SCSI target, from the path's end: .../host:channel:target:unit. */
static bool find_target(const char *path, unsigned *target)
{
    const char *last = strrchr(path, '/');
    unsigned host, channel, unit;
    int end = 0;

    return last != NULL &&
           sscanf(last, "/%u:%u:%u:%u%n", &host, &channel, target, &unit,
                  &end) == 4 && last[end] == '\0' && unit == 0;
}

/*
 * The USB ports, from the last folder <bus>-<port>[.<port>...]: the first as
 * a number, the others stay as text.
 */
static bool find_port(const char *path, unsigned *port, char *others,
                      size_t room)
{
    bool found = false;

    for (const char *p = path; *p != '\0';) {
        size_t length = strcspn(p, "/");
        unsigned bus;
        int end = 0;

        if (sscanf(p, "%u-%u%n", &bus, port, &end) == 2 && *port > 0 &&
            memchr(p, ':', length) == NULL && length - (size_t)end < room) {
            memcpy(others, p + end, length - (size_t)end);
            others[length - (size_t)end] = '\0';
            found = true;
        }
        p += length;
        p += *p == '/';
    }
    return found;
}

bool sg_name(const char *sysfs, const char *path, char *name, size_t room)
{
    char address[ADDRESS_LENGTH + 1];
    const char *after = find_address(path, address);
    enum kind kind = after == NULL ? KIND_OTHER : kind_of(sysfs, address);
    bool is_usb = kind == KIND_UHCI || kind == KIND_EHCI;
    unsigned place = 0;
    char others[16] = "";
    unsigned before;
    int length;

    name[0] = '\0';
    if (kind == KIND_OTHER || (is_usb ? !find_port(after, &place, others,
                                                   sizeof(others))
                                      : !find_target(path, &place))) {
        return false;
    }
    before = count_before(sysfs, address, kind);
    if (is_usb) {
        length = snprintf(name, room, "%s%u%s",
                          kind == KIND_UHCI ? "uhci" : "ehci",
                          before + place - 1, others);
    } else {
        length = snprintf(name, room, "%s%u.%u",
                          kind == KIND_LSI ? "lsi" : "vscsi", before, place);
    }
    if (length < 0 || (size_t)length >= room) {
        name[0] = '\0';
        return false;
    }
    return true;
}
