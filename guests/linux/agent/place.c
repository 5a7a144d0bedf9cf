/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "place.h"

#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sg_name.h"

#define PCI_DEVICES "/sys/bus/pci/devices"
#define PCI_ADDRESS_LENGTH 12       /* "0000:00:01.1" */

/*
 * The kinds of controllers: PCI class (PCI Code and ID Assignment
 * Specification) under `class_mask`, or a vendor's device.
 */
struct kind {
    const char *bus;
    const char *prefix;             /* of the disk's name */
    uint32_t class_code;
    uint32_t class_mask;            /* 0: by vendor and device */
    uint32_t vendor;
    uint32_t devices[2];            /* virtio: transitional, modern */
};

static const struct kind kinds[] = {
    { "ide", "ide", 0x010100, 0xffff00, 0, { 0, 0 } },
    { "ahci", "ahci", 0x010601, 0xffffff, 0, { 0, 0 } },
    { "nvme", "nvme", 0x010802, 0xffffff, 0, { 0, 0 } },
    { "virtio-blk", "vblk", 0, 0, 0x1af4, { 0x1001, 0x1042 } },
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* A number from the file `name` of a sysfs folder; 0 if there is none. */
static uint32_t attribute(const char *folder, const char *name, int base)
{
    char path[PATH_MAX];
    char text[32] = "";
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "re");
    if (file != NULL) {
        if (fgets(text, sizeof(text), file) == NULL) {
            text[0] = '\0';
        }
        fclose(file);
    }
    return (uint32_t)strtoul(text, NULL, base);
}

static const struct kind *kind_of(const char *address)
{
    char folder[PATH_MAX];
    uint32_t class_code;
    uint32_t vendor;
    uint32_t device;

    snprintf(folder, sizeof(folder), PCI_DEVICES "/%s", address);
    class_code = attribute(folder, "class", 16);
    vendor = attribute(folder, "vendor", 16);
    device = attribute(folder, "device", 16);
    for (size_t i = 0; i < N_KINDS; i++) {
        const struct kind *kind = &kinds[i];
        bool matches = kind->class_mask != 0
            ? (class_code & kind->class_mask) == kind->class_code
            : vendor == kind->vendor &&
              (device == kind->devices[0] || device == kind->devices[1]);

        if (matches) {
            return kind;
        }
    }
    return NULL;
}

/* How many controllers of the kind come before the one at `address`. */
static unsigned count_before(const char *address, const struct kind *kind)
{
    struct dirent *entry;
    unsigned before = 0;
    DIR *dir = opendir(PCI_DEVICES);

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        before += strlen(entry->d_name) == PCI_ADDRESS_LENGTH &&
                  strcmp(entry->d_name, address) < 0 &&
                  kind_of(entry->d_name) == kind;
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return before;
}

/* The last PCI function in the path, which the disk's controller is. */
static bool controller_in(const char *path, char *address, const char **rest)
{
    bool found = false;

    for (const char *at = path; (at = strchr(at, '/')) != NULL; at++) {
        unsigned domain, bus, device, function;
        int length = 0;

        if (sscanf(at + 1, "%4x:%2x:%2x.%1x%n", &domain, &bus, &device,
                   &function, &length) == 4 &&
            length == PCI_ADDRESS_LENGTH && at[1 + length] == '/') {
            memcpy(address, at + 1, PCI_ADDRESS_LENGTH);
            address[PCI_ADDRESS_LENGTH] = '\0';
            *rest = at + 1 + length;
            found = true;
        }
    }
    return found;
}

/* The target in ".../target2:0:3/...", or -1. */
static int target_in(const char *path)
{
    const char *at = strstr(path, "/target");
    unsigned target;

    if (at == NULL || sscanf(at, "/target%*u:%*u:%u", &target) != 1) {
        return -1;
    }
    return (int)target;
}

/* The port of the ATA controller that ".../ata3/host..." hangs on, or -1. */
static int ata_port_in(const char *path)
{
    const char *at = strstr(path, "/ata");
    char folder[64];
    unsigned number;
    uint32_t port;

    if (at == NULL || sscanf(at, "/ata%u/", &number) != 1) {
        return -1;
    }
    snprintf(folder, sizeof(folder), "/sys/class/ata_port/ata%u", number);
    port = attribute(folder, "port_no", 10);    /* counts from 1 */
    return (int)port - 1;
}

static bool name_it(struct place *place, const struct kind *kind,
                    const char *address, const char *rest)
{
    int port = ata_port_in(rest);
    int target = target_in(rest);

    if (strcmp(kind->bus, "ide") == 0) {
        snprintf(place->name, sizeof(place->name), "ide%d.%d", port, target);
        return port >= 0 && target >= 0;
    }
    if (strcmp(kind->bus, "ahci") == 0) {
        snprintf(place->name, sizeof(place->name), "ahci%d", port);
        return port >= 0;
    }
    snprintf(place->name, sizeof(place->name), "%s%u", kind->prefix,
             count_before(address, kind));
    return true;
}

/* SCSI units have their names from sg_name.h; the path may go on below. */
static bool name_scsi(struct place *place, const char *path)
{
    char device[PATH_MAX];
    char *block;

    snprintf(device, sizeof(device), "%s", path);
    block = strstr(device, "/block/");
    if (block != NULL) {
        *block = '\0';
    }
    return sg_name("/sys", device, place->name, sizeof(place->name));
}

bool place_of(const char *path, struct place *place)
{
    char address[PCI_ADDRESS_LENGTH + 1];
    const struct kind *kind;
    const char *rest;
    unsigned unit;

    memset(place, 0, sizeof(*place));
    if (strstr(path, "/platform/floppy.") != NULL &&
        sscanf(strstr(path, "/platform/floppy."), "/platform/floppy.%u",
               &unit) == 1) {
        snprintf(place->name, sizeof(place->name), "fd%u", unit);
        return true;
    }
    if (name_scsi(place, path)) {
        return true;
    }
    if (!controller_in(path, address, &rest)) {
        return false;
    }
    kind = kind_of(address);
    return kind != NULL && name_it(place, kind, address, rest);
}
