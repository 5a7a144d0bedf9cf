/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ioemu: the command line, which says what disks the machine has.
 *
 * main() ends with bs_table and fd_table filled and their images open.  It
 * answers 0, or 1 after a message on stderr; what it had opened until then
 * stays open.  Commas in the file name of a -drive are doubled.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vl.h"
#include "hw/usb.h"

/* slots of bs_table: the IDE disks, then the SCSI disks */
#define MAX_BS (MAX_DISKS + MAX_SCSI_DISKS)
/* where the CD drive is, unless a disk is put there */
#define CDROM_INDEX 2

BlockDriverState *bs_table[MAX_BS];
BlockDriverState *fd_table[MAX_FD];
BlockDriverState *usb_table[MAX_USB_DISKS];

/* one disk as the command line asks for it */
typedef struct DiskConfig {
    char filename[1024]; /* empty = no medium */
    BlockDriver *drv;    /* NULL = probe */
    int cdrom;
    int snapshot;
    int used;
} DiskConfig;

static DiskConfig hd_config[MAX_BS];
static DiskConfig fd_config[MAX_FD];
/* the FILE of each -usbdevice disk: */
static const char *usb_filename[MAX_USB_DISKS];
static USBDevice *usb_devices[MAX_USB_DISKS];
static int nb_usb;
/* the domain of -d, -1 = none */
static int domid;

typedef enum DriveBus {
    BUS_IDE,
    BUS_SCSI,
    BUS_FLOPPY,
} DriveBus;

static const struct {
    const char *name;
    int slots;
} drive_buses[] = {
    [BUS_IDE] = { "ide", MAX_DISKS },
    [BUS_SCSI] = { "scsi", MAX_SCSI_DISKS },
    [BUS_FLOPPY] = { "floppy", MAX_FD },
};

/* a -drive while it is read */
typedef struct DriveOptions {
    DiskConfig disk;
    DriveBus bus;
    int index; /* -1 = the first free one, a CD where the drive is */
} DriveOptions;

static void help(void)
{
    printf("usage: ioemu [options]\n"
           "  -hda/-hdb/-hdc/-hdd FILE   an IDE disk\n"
           "  -fda/-fdb FILE             a floppy disk\n"
           "  -cdrom FILE                a CD in the drive of -hdc\n"
           "  -drive file=FILE[,if=ide|scsi|floppy][,index=N]\n"
           "         [,media=disk|cdrom][,format=FORMAT][,snapshot=on|off]\n"
           "  -usbdevice disk:[format=FORMAT:]FILE   a USB memory stick\n"
           "  -d DOMID                   the disks of this Xen domain, too\n"
           "  -snapshot                  write to temporary files instead\n");
}

static int parse_on_off(const char *value, int *result)
{
    if (!strcmp(value, "on")) {
        *result = 1;
    } else if (!strcmp(value, "off")) {
        *result = 0;
    } else {
        return -EINVAL;
    }
    return 0;
}

static int parse_bus(DriveOptions *opts, const char *value)
{
    size_t i;

    for (i = 0; i < sizeof(drive_buses) / sizeof(drive_buses[0]); i++) {
        if (!strcmp(value, drive_buses[i].name)) {
            opts->bus = i;
            return 0;
        }
    }
    return -EINVAL;
}

static int parse_index(DriveOptions *opts, const char *value)
{
    char *end;
    long index;

    errno = 0;
    index = strtol(value, &end, 10);
    if (errno || end == value || *end != '\0' || index < 0 ||
        index >= MAX_BS) {
        return -EINVAL;
    }
    opts->index = index;
    return 0;
}

static int parse_format(DriveOptions *opts, const char *value)
{
    opts->disk.drv = bdrv_find_format(value);
    return opts->disk.drv ? 0 : -EINVAL;
}

static int parse_media(DriveOptions *opts, const char *value)
{
    if (!strcmp(value, "cdrom")) {
        opts->disk.cdrom = 1;
    } else if (!strcmp(value, "disk")) {
        opts->disk.cdrom = 0;
    } else {
        return -EINVAL;
    }
    return 0;
}

/* One word of a -drive: 0, -EINVAL for a bad value, -ENOENT for a word that
   is not known.  `value` is NULL if there is no '='. */
static int parse_drive_word(DriveOptions *opts, const char *key,
                            const char *value)
{
    if (value && !strcmp(key, "file")) {
        pstrcpy(opts->disk.filename, sizeof(opts->disk.filename), value);
        return 0;
    }
    if (value && !strcmp(key, "if")) {
        return parse_bus(opts, value);
    }
    if (value && !strcmp(key, "index")) {
        return parse_index(opts, value);
    }
    if (value && !strcmp(key, "media")) {
        return parse_media(opts, value);
    }
    if (value && !strcmp(key, "format")) {
        return parse_format(opts, value);
    }
    if (value && !strcmp(key, "snapshot")) {
        return parse_on_off(value, &opts->disk.snapshot);
    }
    return -ENOENT;
}

/* The slot that a -drive names, or -1 after a message. */
static DiskConfig *find_slot(const DriveOptions *opts, const char *str)
{
    DiskConfig *first = opts->bus == BUS_FLOPPY ? fd_config :
                        opts->bus == BUS_SCSI ? hd_config + MAX_DISKS :
                        hd_config;
    int slots = drive_buses[opts->bus].slots;
    int index = opts->index;

    if (index < 0 && opts->bus == BUS_IDE && opts->disk.cdrom) {
        index = CDROM_INDEX;
    }
    if (index < 0) {
        for (index = 0; index < slots - 1 && first[index].used; index++) {
        }
    }
    if (index >= slots || first[index].used) {
        fprintf(stderr, "qemu: no free %s drive %d for '%s'\n",
                drive_buses[opts->bus].name, index, str);
        return NULL;
    }
    return &first[index];
}

static int parse_drive(const char *str)
{
    DriveOptions opts = { .bus = BUS_IDE, .index = -1 };
    char word[1100];
    const char *p = str;
    DiskConfig *slot;
    char *value;
    int ret;

    for (;;) {
        if (get_opt_word(word, sizeof(word), &p) < 0) {
            fprintf(stderr, "qemu: parameter too long in '%s'\n", str);
            return -1;
        }
        value = strchr(word, '=');
        if (value) {
            *value++ = '\0';
        }
        if (value && strlen(value) >= sizeof(opts.disk.filename)) {
            fprintf(stderr, "qemu: parameter '%s' too long in '%s'\n", word,
                    str);
            return -1;
        }
        ret = parse_drive_word(&opts, word, value);
        if (ret == -ENOENT) {
            fprintf(stderr, "qemu: unknown parameter '%s' in '%s'\n", word,
                    str);
            return -1;
        }
        if (ret < 0) {
            fprintf(stderr, "qemu: invalid value '%s' of '%s' in '%s'\n",
                    value ? value : "", word, str);
            return -1;
        }
        if (*p != ',') {
            break;
        }
        p++;
    }
    if (opts.disk.filename[0] == '\0' && !opts.disk.cdrom &&
        opts.bus != BUS_FLOPPY) {
        fprintf(stderr, "qemu: no file in '%s'\n", str);
        return -1;
    }
    slot = find_slot(&opts, str);
    if (!slot) {
        return -1;
    }
    *slot = opts.disk;
    slot->used = 1;
    return 0;
}

/* -hda FILE and its like */
static int set_disk(DiskConfig *slot, const char *option,
                    const char *filename)
{
    if (slot->used || strlen(filename) >= sizeof(slot->filename)) {
        fprintf(stderr, "qemu: %s '%s': %s\n", option, filename,
                slot->used ? "drive already in use" : "name too long");
        return -1;
    }
    pstrcpy(slot->filename, sizeof(slot->filename), filename);
    slot->used = 1;
    return 0;
}

static int add_usb_device(const char *name)
{
    const char *filename;

    if (!strstart(name, "disk:", &filename)) {
        fprintf(stderr, "qemu: unknown USB device '%s'\n", name);
        return -1;
    }
    if (nb_usb >= MAX_USB_DISKS) {
        fprintf(stderr, "qemu: too many USB disks: '%s'\n", name);
        return -1;
    }
    usb_filename[nb_usb++] = filename;
    return 0;
}

/* The number of a domain, which xenstore has in 16 bits. */
static int parse_domid(const char *value)
{
    char *end;
    long id;

    errno = 0;
    id = strtol(value, &end, 10);
    if (errno || end == value || *end != '\0' || id < 0 || id > 0x7fef) {
        fprintf(stderr, "qemu: invalid domain '%s'\n", value);
        return -1;
    }
    domid = id;
    return 0;
}

/* An option with its argument; -1 after a message. */
static int parse_option(const char *option, const char *arg)
{
    if (!strcmp(option, "-drive")) {
        return parse_drive(arg);
    }
    if (!strcmp(option, "-usbdevice")) {
        return add_usb_device(arg);
    }
    if (!strcmp(option, "-d")) {
        return parse_domid(arg);
    }
    if (!strcmp(option, "-cdrom")) {
        hd_config[CDROM_INDEX].cdrom = 1;
        return set_disk(&hd_config[CDROM_INDEX], option, arg);
    }
    if (option[3] >= 'a' && option[3] < 'a' + MAX_FD && option[1] == 'f') {
        return set_disk(&fd_config[option[3] - 'a'], option, arg);
    }
    return set_disk(&hd_config[option[3] - 'a'], option, arg);
}

static int takes_argument(const char *option)
{
    static const char *const options[] = {
        "-hda", "-hdb", "-hdc", "-hdd", "-fda", "-fdb", "-cdrom", "-drive",
        "-usbdevice", "-d",
    };
    size_t i;

    for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (!strcmp(option, options[i])) {
            return 1;
        }
    }
    return 0;
}

/* Fills hd_config and fd_config; -1 after a message, 1 to stop here. */
static int parse_command_line(int argc, char **argv, int *snapshot)
{
    int i;

    *snapshot = 0;
    for (i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-help") || !strcmp(argv[i], "-h")) {
            help();
            return 1;
        }
        if (!strcmp(argv[i], "-snapshot")) {
            *snapshot = 1;
        } else if (!takes_argument(argv[i])) {
            fprintf(stderr, "qemu: invalid option '%s'\n", argv[i]);
            return -1;
        } else if (i + 1 >= argc) {
            fprintf(stderr, "qemu: option '%s' requires an argument\n",
                    argv[i]);
            return -1;
        } else if (parse_option(argv[i], argv[i + 1]) < 0) {
            return -1;
        } else {
            i++;
        }
    }
    return 0;
}

/* Opens what a slot asks for; -1 after a message. */
static int open_disk(BlockDriverState *bs, const DiskConfig *config,
                     int snapshot, const char *what)
{
    int ret;

    if (!bs) {
        fprintf(stderr, "qemu: not enough memory\n");
        return -1;
    }
    if (config->filename[0] == '\0') {
        return 0;
    }
    ret = bdrv_open2(bs, config->filename, snapshot || config->snapshot,
                     config->drv);
    if (ret < 0) {
        fprintf(stderr, "qemu: could not open %s image '%s': %s\n", what,
                config->filename, strerror(-ret));
        return -1;
    }
    return 0;
}

/* Opens the disks of the domain that -d names; -1 after a message. */
static int open_domain_disks(void)
{
    int i;

    if (domid < 0) {
        return 0;
    }
    xenstore_parse_domain_config(domid);
    if (xenstore_fd() < 0) {
        return -1;
    }
    for (i = 0; i < MAX_BS; i++) {
        if (bs_table[i] && hd_config[i].used) {
            fprintf(stderr, "qemu: drive '%s' is domain %d's already\n",
                    bdrv_get_device_name(bs_table[i]), domid);
            return -1;
        }
    }
    return 0;
}

static int open_usb_disks(void)
{
    int i;

    for (i = 0; i < nb_usb; i++) {
        usb_devices[i] = usb_msd_init(usb_filename[i]);
        if (!usb_devices[i]) {
            return -1;
        }
        usb_table[i] = usb_msd_disk(usb_devices[i]);
    }
    return 0;
}

static void reset_config(void)
{
    int i;

    memset(hd_config, 0, sizeof(hd_config));
    memset(fd_config, 0, sizeof(fd_config));
    for (i = 0; i < MAX_USB_DISKS; i++) {
        usb_msd_free(usb_devices[i]);
        usb_devices[i] = NULL;
    }
    nb_usb = 0;
    domid = -1;
}

int main(int argc, char **argv)
{
    int i, snapshot, cdrom_index, ret;

    reset_config();

    /* we always create the cdrom drive, even if no disk is there */
    bdrv_init();
    ret = parse_command_line(argc, argv, &snapshot);
    if (ret != 0) {
        return ret < 0 ? 1 : 0;
    }
    if (open_domain_disks() < 0) {
        return 1;
    }
    cdrom_index = CDROM_INDEX;
    if (bs_table[cdrom_index] ||
        (hd_config[cdrom_index].used && !hd_config[cdrom_index].cdrom)) {
        cdrom_index = -1;
    }
    if (cdrom_index >= 0) {
        bs_table[cdrom_index] = bdrv_new("cdrom");
        if (!bs_table[cdrom_index]) {
            fprintf(stderr, "qemu: not enough memory\n");
            return 1;
        }
        bdrv_set_type_hint(bs_table[cdrom_index], BDRV_TYPE_CDROM);
    }

    /* open the virtual block devices */
    for(i = 0; i < MAX_BS; i++) {
        if (hd_config[i].used) {
            if (!bs_table[i]) {
                char buf[64];
                snprintf(buf, sizeof(buf), "%s%c", i < MAX_DISKS ? "hd" : "sd",
                         'a' + (i < MAX_DISKS ? i : i - MAX_DISKS));
                bs_table[i] = bdrv_new(buf);
            }
            if (open_disk(bs_table[i], &hd_config[i], snapshot,
                          "hard disk") < 0) {
                return 1;
            }
            if (hd_config[i].cdrom) {
                bdrv_set_type_hint(bs_table[i], BDRV_TYPE_CDROM);
            }
        }
    }

    /* we always create at least one floppy disk */
    fd_table[0] = bdrv_new("fda");
    if (!fd_table[0]) {
        fprintf(stderr, "qemu: not enough memory\n");
        return 1;
    }
    bdrv_set_type_hint(fd_table[0], BDRV_TYPE_FLOPPY);

    for(i = 0; i < MAX_FD; i++) {
        if (fd_config[i].used) {
            if (!fd_table[i]) {
                char buf[64];
                snprintf(buf, sizeof(buf), "fd%c", i + 'a');
                fd_table[i] = bdrv_new(buf);
            }
            if (open_disk(fd_table[i], &fd_config[i], snapshot,
                          "floppy disk") < 0) {
                return 1;
            }
            bdrv_set_type_hint(fd_table[i], BDRV_TYPE_FLOPPY);
        }
    }
    if (open_usb_disks() < 0) {
        return 1;
    }
    pc_init();
    return 0;
}
