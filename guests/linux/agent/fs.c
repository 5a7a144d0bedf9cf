/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fs.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/swap.h>
#include <unistd.h>

#include "console.h"
#include "kmsg.h"
#include "step.h"

#define MAX_STEPS 12

struct step {
    const char *name;
    step_function *function;
    const char *arg;
    unsigned long number;
    bool needs_mount;
    bool needs_fd;
};

struct scenario {
    const char *name;
    struct step steps[MAX_STEPS];
};

/* linux/swap.h; the C library has only the other one. */
#define SWAP_DISCARD_ONCE 0x20000

#define RW 0
#define RO MS_RDONLY

/* Mount, look, write a file and make sure that it is on the disk, unmount. */
#define MOUNTED_RW(type_and_options)                                        \
    { "mount", step_mount, type_and_options, RW, false, false },            \
    { "read", step_read_file, "hello", 0, true, false },                    \
    { "write", step_write_file, "rogate", 0, true, false },                 \
    { "fsync", step_fsync, NULL, 0, true, true },                           \
    { "close", step_close, NULL, 0, true, true },                           \
    { "umount", step_unmount, NULL, 0, true, false }

#define MOUNTED_RO(type_and_options)                                        \
    { "mount", step_mount, type_and_options, RO, false, false },            \
    { "read", step_read_file, "hello", 0, true, false },                    \
    { "umount", step_unmount, NULL, 0, true, false }

static const struct scenario scenarios[] = {
    { "ext4-rw", { MOUNTED_RW("ext4") } },
    { "ext4-ro", { MOUNTED_RO("ext4") } },
    { "ext4-noload", { MOUNTED_RO("ext4 noload") } },
    { "vfat-rw", { MOUNTED_RW("vfat") } },
    { "vfat-ro", { MOUNTED_RO("vfat") } },
    { "fsck",
      { { "preen", step_program, "/bin/e2fsck.static -p @", 0, false, false },
        { "force", step_program, "/bin/e2fsck.static -f -y @", 0, false,
          false } } },
    { "swap",
      { { "swapon", step_swap_on, NULL, 0, false, false },
        { "swapoff", step_swap_off, NULL, 0, false, false },
        { "swapon-discard", step_swap_on, NULL,
          SWAP_FLAG_DISCARD | SWAP_DISCARD_ONCE, false, false },
        { "swapoff-again", step_swap_off, NULL, 0, false, false } } },
    { "md",
      { { "start", step_md_start, NULL, 0, false, false },
        { "write", step_md_write, NULL, 16, false, false },
        { "stop", step_md_stop, NULL, 0, false, false } } },
    /* Past the page cache, and through it. */
    { "raw",
      { { "open", step_open, NULL, O_RDWR | O_DIRECT, false, false },
        { "write", step_write, NULL, 16, false, true },
        { "read", step_read, NULL, 16, false, true },
        { "discard", step_discard, NULL, 64, false, true },
        { "zero", step_zero, NULL, 96, false, true },
        { "read-zeroed", step_read, NULL, 96, false, true },
        { "close", step_close, NULL, 0, false, true } } },
    { "cached",
      { { "open", step_open, NULL, O_RDWR, false, false },
        { "write", step_write, NULL, 16, false, true },
        { "sync", step_program, "/bin/busybox sync", 0, false, false },
        { "fsync", step_fsync, NULL, 0, false, true },
        { "close", step_close, NULL, 0, false, true },
        { "reopen", step_open, NULL, O_RDONLY | O_DIRECT, false, false },
        { "read", step_read, NULL, 16, false, true },
        { "close", step_close, NULL, 0, false, true } } },
    { "dd",
      { { "dd", step_program,
          "/bin/busybox dd if=/init of=@ bs=4096 count=1 seek=2 "
          "conv=notrunc,fsync",
          0, false, false },
        { "blkdiscard", step_program,
          "/bin/busybox blkdiscard -o 65536 -l 65536 @",
          0, false, false } } },
    { "stream",
      { { "open", step_open, NULL, O_RDWR | O_DIRECT, false, false },
        { "stream", step_stream, NULL, 0, false, true } } },
};

static void tell(const struct scene *scene, const char *scenario,
                 const struct step *step, const struct answer *answer)
{
    char numbers[48];

    console_text("fs ");
    console_text(scene->disk->place.name);
    console_text(" scenario=");
    console_text(scenario);
    console_text(" step=");
    console_text(step->name);
    snprintf(numbers, sizeof(numbers), " rc=%d errno=%d", answer->rc,
             answer->error);
    console_text(numbers);
    console_text(" text=\"");
    console_foreign(answer->text, sizeof(answer->text));
    console_text("\"");
    console_end_line();
}

static unsigned run_steps(struct scene *scene, const struct scenario *scenario)
{
    unsigned n = 0;

    for (; n < MAX_STEPS && scenario->steps[n].name != NULL; n++) {
        const struct step *step = &scenario->steps[n];
        struct answer answer = { .rc = 0 };

        if ((step->needs_mount && !scene->mounted) ||
            (step->needs_fd && scene->fd < 0)) {
            answer.rc = -1;
            strcpy(answer.text, "not tried");
        } else {
            step->function(scene, step->arg, step->number, &answer);
        }
        tell(scene, scenario->name, step, &answer);
    }
    return n;
}

bool fs_run(const struct block *disk, const char *scenario, const char *nonce)
{
    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        struct scene scene = { .disk = disk, .nonce = nonce, .fd = -1 };
        unsigned steps;

        if (strcmp(scenarios[i].name, scenario) != 0) {
            continue;
        }
        kmsg_mark();
        steps = run_steps(&scene, &scenarios[i]);
        kmsg_show();
        console_text("end-fs ");
        console_text(disk->place.name);
        console_text(" scenario=");
        console_text(scenario);
        console_text(" steps=");
        console_decimal(steps);
        console_end_line();
        return true;
    }
    return false;
}

void fs_list(void)
{
    for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
        console_text("scenario ");
        console_text(scenarios[i].name);
        console_end_line();
    }
}
