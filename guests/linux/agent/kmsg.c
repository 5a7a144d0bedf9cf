/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "console.h"

/* A storm of messages would hide the report; a scenario has a dozen. */
#define MAX_SHOWN 60
#define TEXT_SHOWN 200

static int log_fd = -1;

void kmsg_mark(void)
{
    if (log_fd < 0) {
        log_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    }
    lseek(log_fd, 0, SEEK_END);
}

void kmsg_show(void)
{
    char record[2048];
    ssize_t n;

    /* EPIPE tells that the ring has overwritten records: go on after them. */
    for (unsigned shown = 0; shown < MAX_SHOWN; shown++) {
        char *text;

        n = read(log_fd, record, sizeof(record) - 1);
        if (n < 0 && errno == EPIPE) {
            continue;
        }
        if (n <= 0) {
            return;
        }
        record[n] = '\0';
        /* "priority,sequence,time,flags;text\n" and, indented, details. */
        text = strchr(record, ';');
        text = text != NULL ? text + 1 : record;
        text[strcspn(text, "\n")] = '\0';
        console_text("kmsg text=\"");
        console_foreign(text, TEXT_SHOWN);
        console_text("\"");
        console_end_line();
    }
}
