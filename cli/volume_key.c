#define _GNU_SOURCE

#include "cli/volume_key.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_SIZE (2 * LAUNCH_KEY_SIZE)
#define READ_SIZE (TEXT_SIZE + 3) /* a line end, and one byte too many */

static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool text_parse(uint8_t out[LAUNCH_KEY_SIZE], const uint8_t *text)
{
    for (size_t i = 0; i < LAUNCH_KEY_SIZE; i++) {
        int high = digit_of(text[2 * i]), low = digit_of(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool key_parse(uint8_t out[LAUNCH_KEY_SIZE], const uint8_t *raw, size_t size)
{
    if (size == LAUNCH_KEY_SIZE) {
        memcpy(out, raw, LAUNCH_KEY_SIZE);
        return true;
    }
    if (size > TEXT_SIZE && raw[size - 1] == '\n')
        size--;
    if (size > TEXT_SIZE && raw[size - 1] == '\r')
        size--;
    return size == TEXT_SIZE && text_parse(out, raw);
}

static enum err file_check(int fd, const char *path, struct note *note)
{
    struct stat st;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        note_set(note, "%s: not a regular file", path);
        return ERR_IO;
    }
    if ((st.st_mode & 077) != 0) {
        note_set(note, "%s: others may use this key: chmod 600 it", path);
        return ERR_USAGE;
    }
    return ERR_OK;
}

static enum err key_read(uint8_t out[LAUNCH_KEY_SIZE], int fd, const char *path, struct note *note)
{
    uint8_t raw[READ_SIZE];
    ssize_t size;
    bool good;

    TRY(file_check(fd, path, note));
    do {
        size = read(fd, raw, sizeof raw);
    } while (size < 0 && errno == EINTR);
    good = size >= 0 && key_parse(out, raw, (size_t)size);
    explicit_bzero(raw, sizeof raw);
    if (good)
        return ERR_OK;
    note_set(note, "%s: expected a key of %u bytes, or %u hexadecimal digits", path,
             LAUNCH_KEY_SIZE, TEXT_SIZE);
    return ERR_USAGE;
}

enum err volume_key_read(uint8_t out[LAUNCH_KEY_SIZE], const char *path, struct note *note)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    enum err e;

    if (fd < 0) {
        note_set_errno(note, errno, "%s", path);
        return ERR_IO;
    }
    e = key_read(out, fd, path, note);
    close(fd);
    return e;
}
