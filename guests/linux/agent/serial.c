/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "serial.h"

#include <errno.h>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

static int line_fd = -1;

bool serial_open(void)
{
    struct termios settings;

    line_fd = open("/dev/ttyS0", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (line_fd < 0 || tcgetattr(line_fd, &settings) < 0) {
        return false;
    }
    cfmakeraw(&settings);
    settings.c_cflag |= CLOCAL | CREAD;
    cfsetspeed(&settings, B115200);
    return tcsetattr(line_fd, TCSANOW, &settings) == 0;
}

void serial_send(const char *text, size_t bytes)
{
    while (bytes > 0) {
        ssize_t n = write(line_fd, text, bytes);

        if (n < 0 && errno != EINTR && errno != EAGAIN) {
            return;
        }
        if (n > 0) {
            text += n;
            bytes -= (size_t)n;
        }
    }
}

/* The next byte; a line that is gone for good reads as silence. */
static char next_byte(void)
{
    static char buffer[512];
    static ssize_t filled;
    static ssize_t taken;

    while (taken == filled) {
        taken = 0;
        filled = read(line_fd, buffer, sizeof(buffer));
        if (filled < 0) {
            filled = 0;
        }
        if (filled == 0) {
            usleep(1000);
        }
    }
    return buffer[taken++];
}

void serial_read_line(char *line, size_t room)
{
    size_t used = 0;
    char c;

    while ((c = next_byte()) != '\n') {
        if (used < room) {
            line[used++] = c;
        }
    }
    if (used == room) {
        used = 0;
    }
    line[used] = '\0';
}
