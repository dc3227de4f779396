#include "output/descriptor.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

static void wait_for_room(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLOUT};

    (void)poll(&wanted, 1, -1);
}

int descriptor_write(int fd, struct slice bytes, size_t *written_out)
{
    *written_out = 0;
    while (bytes.len > 0) {
        ssize_t count = write(fd, bytes.data, bytes.len);

        if (count >= 0) {
            *written_out += (size_t)count;
            bytes = slice_skip(bytes, (size_t)count);
        } else if (errno == EAGAIN) {
            wait_for_room(fd);
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}
