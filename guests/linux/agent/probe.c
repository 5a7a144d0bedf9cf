/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "options.h"
#include "report.h"
#include "run.h"
#include "sg.h"

/* Buses by their names in `buses=` and by how their disks' names begin. */
static const char *const buses[][2] = {
    {"lsi", "lsi"},
    {"virtio-scsi", "vscsi"},
    {"uhci", "uhci"},
    {"ehci", "ehci"},
};

#define N_BUSES (sizeof(buses) / sizeof(buses[0]))

static void check_names(const struct options *options)
{
    const char *name = NULL;
    size_t length = 0;

    while (options_next_bus(options, &name, &length)) {
        bool known = false;

        for (size_t i = 0; i < N_BUSES; i++) {
            known |= options_is_word(name, length, buses[i][0]);
        }
        if (!known) {
            report_panic_about("bus=", name, length);
        }
    }
}

static bool is_wanted(const struct options *options, const struct disk *disk)
{
    for (size_t i = 0; i < N_BUSES; i++) {
        size_t length = strlen(buses[i][1]);

        if (strncmp(disk->name, buses[i][1], length) == 0 &&
            isdigit((unsigned char)disk->name[length])) {
            return options_wants_bus(options, buses[i][0]);
        }
    }
    return false;
}

/* The wanted disks, moved to the front and numbered. */
static unsigned find(const struct options *options, struct disk *disks)
{
    unsigned n = sg_find(disks, MAX_DISKS);
    unsigned wanted = 0;

    for (unsigned i = 0; i < n; i++) {
        if (is_wanted(options, &disks[i])) {
            disks[wanted] = disks[i];
            disks[wanted].index = wanted;
            wanted++;
        }
    }
    return wanted;
}

void probe_run(const char *words)
{
    static struct disk disks[MAX_DISKS];
    struct options options;
    const struct disk *stuck = NULL;
    unsigned n;

    options_parse(words, &options);
    check_names(&options);
    report_start(&options);
    n = find(&options, disks);
    if (options.only >= 0 && !run_knows_only(disks, n, &options)) {
        report_panic("only");
    }
    for (unsigned i = 0; i < n; i++) {
        if (!run_disk(&disks[i], &options) && stuck == NULL) {
            stuck = &disks[i];
        }
    }
    if (stuck != NULL) {
        report_panic_about("timeouts=", stuck->name, MODEL_BYTES);
    }
    report_end();
}
