/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first process of the Linux guest: drives the buses that the bare-metal
 * probe does not, and file systems on any of them, by what the host asks for
 * on COM1, one line at a time:
 *
 *   ping                       -> pong
 *   disks <n>                  -> waits until there are n disks, 5 s at most:
 *                                 `block` lines, end-disks
 *   run <words of the probe>   -> the probe's report, see guests/lib/report.h
 *   fs <disk> <scenario> <nonce> -> see fs.h
 *   scenarios                  -> see fs.h, end-scenarios
 *   rescan                     -> looks for new SCSI disks, end-rescan
 *   reboot, off                -> restarts, or ends, the machine
 *
 * It says `agent ready` once it listens. What goes wrong is a panic line; the
 * guest judges nothing. `run` and `fs` work in a process of their own, so
 * that one that gives up leaves the next a clean start.
 *
 * The kernel's command line: rogate_needs=<names>, see modules.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include "console.h"
#include "fs.h"
#include "modules.h"
#include "place.h"
#include "probe.h"
#include "serial.h"

#define LINE_BYTES 512
#define MAX_BLOCKS 128
#define SCSI_HOSTS 64
#define WAIT_US 10000
#define MAX_WAITS 500

/* isa-debug-exit as for the bare-metal guests; QEMU ends with status 33. */
#define DEBUG_EXIT_PORT 0xf4
#define DEBUG_EXIT_OK 0x10

static void say(const char *text)
{
    console_text(text);
    console_end_line();
}

static void mount_all(void)
{
    mount("dev", "/dev", "devtmpfs", 0, "");
    mount("proc", "/proc", "proc", 0, "");
    mount("sys", "/sys", "sysfs", 0, "");
}

static void list_disks(unsigned wanted)
{
    static struct block blocks[MAX_BLOCKS];
    unsigned n = block_find(blocks, MAX_BLOCKS);

    for (unsigned wait = 0; n < wanted && wait < MAX_WAITS; wait++) {
        usleep(WAIT_US);
        n = block_find(blocks, MAX_BLOCKS);
    }

    for (unsigned i = 0; i < n; i++) {
        console_text("block ");
        console_text(blocks[i].place.name);
        console_text(" device=");
        console_text(blocks[i].device);
        console_text(" sectors=");
        console_decimal(blocks[i].sectors);
        console_end_line();
    }
    console_text("end-disks n=");
    console_decimal(n);
    console_end_line();
}

/* Not every controller tells of a new disk by itself. */
static void rescan(void)
{
    for (unsigned host = 0; host < SCSI_HOSTS; host++) {
        char path[64];
        int fd;

        snprintf(path, sizeof(path), "/sys/class/scsi_host/host%u/scan", host);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd >= 0) {
            if (write(fd, "- - -", 5) < 0) {
                say("panic rescan");
            }
            close(fd);
        }
    }
    say("end-rescan");
}

static void run_scenario(const char *words)
{
    char name[PLACE_NAME_BYTES];
    char scenario[32];
    char nonce[FS_NONCE_BYTES + 1];
    struct block block;

    if (sscanf(words, "%31s %31s %16[0-9a-f]", name, scenario, nonce) != 3) {
        say("panic words");
    } else if (!block_by_name(name, &block)) {
        say("panic disk");
    } else if (!fs_run(&block, scenario, nonce)) {
        say("panic scenario");
    }
}

/* Does `work` in a process of its own and waits for it. */
static void apart(void (*work)(const char *), const char *words)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        work(words);
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || WIFSIGNALED(status)) {
        say("panic process");
    }
}

static void end_machine(void)
{
    if (ioperm(DEBUG_EXIT_PORT, 4, 1) == 0) {
        outb(DEBUG_EXIT_OK, DEBUG_EXIT_PORT);
    }
    reboot(RB_POWER_OFF);
}

static void obey(const char *line)
{
    if (strcmp(line, "ping") == 0) {
        say("pong");
    } else if (strncmp(line, "disks", 5) == 0) {
        list_disks((unsigned)strtoul(line + 5, NULL, 10));
    } else if (strncmp(line, "fs ", 3) == 0) {
        apart(run_scenario, line + 3);
    } else if (strncmp(line, "run ", 4) == 0) {
        apart(probe_run, line + 4);
    } else if (strcmp(line, "scenarios") == 0) {
        fs_list();
        say("end-scenarios");
    } else if (strcmp(line, "rescan") == 0) {
        rescan();
    } else if (strcmp(line, "reboot") == 0) {
        reboot(RB_AUTOBOOT);
    } else if (strcmp(line, "off") == 0) {
        end_machine();
    } else {
        console_text("panic line=");
        console_foreign(line, 64);
        console_end_line();
    }
}

int main(void)
{
    static char line[LINE_BYTES];

    mount_all();
    if (!serial_open()) {
        reboot(RB_POWER_OFF);
    }
    if (modules_load(getenv("rogate_needs"))) {
        say("agent ready");
    }
    for (;;) {
        serial_read_line(line, sizeof(line));
        obey(line);
    }
}
