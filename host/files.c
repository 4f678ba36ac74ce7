#define _GNU_SOURCE

#include "host/files.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum err files_stdio_hold(void)
{
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) != fd)
            return ERR_IO;
    return ERR_OK;
}

static int write_all(int fd, struct bytes b)
{
    while (b.size > 0) {
        ssize_t done = write(fd, b.data, b.size);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return errno;
        b.data += done;
        b.size -= (size_t)done;
    }
    return 0;
}

enum err files_sealed(int *fd, const char *name, struct bytes contents, struct note *note)
{
    int made = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int error;

    if (made < 0) {
        note_set_errno(note, errno, "cannot make a memory file");
        return ERR_IO;
    }
    error = write_all(made, contents);
    if (error == 0 &&
        (lseek(made, 0, SEEK_SET) != 0 ||
         fcntl(made, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0))
        error = errno;
    if (error != 0) {
        note_set_errno(note, error, "cannot fill a memory file");
        close(made);
        return ERR_IO;
    }
    *fd = made;
    return ERR_OK;
}

/* The size is the one at opening; a file that shrinks meanwhile is an error,
 * and of one that grows we take what was there. */
static enum err read_open(struct bytes *out, int fd, const char *path, size_t size_max,
                          struct note *note)
{
    struct stat st;
    uint8_t *room;
    size_t size = 0;

    if (fstat(fd, &st) != 0) {
        note_set_errno(note, errno, "%s", path);
        return ERR_IO;
    }
    if (!S_ISREG(st.st_mode)) {
        note_set(note, "%s: not a regular file", path);
        return ERR_IO;
    }
    if ((uint64_t)st.st_size > size_max) {
        note_set(note, "%s: larger than %zu bytes", path, size_max);
        return ERR_LIMIT;
    }
    room = malloc((size_t)st.st_size + 1);
    if (room == NULL) {
        note_set(note, "%s: out of memory", path);
        return ERR_NOMEM;
    }
    while (size < (size_t)st.st_size) {
        ssize_t got = read(fd, room + size, (size_t)st.st_size - size);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            note_set_errno(note, got < 0 ? errno : EIO, "%s", path);
            free(room);
            return ERR_IO;
        }
        size += (size_t)got;
    }
    *out = (struct bytes){ room, size };
    return ERR_OK;
}

enum err files_read(struct bytes *out, const char *path, size_t size_max, struct note *note)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    enum err e;

    if (fd < 0) {
        note_set_errno(note, errno, "%s", path);
        return ERR_IO;
    }
    e = read_open(out, fd, path, size_max, note);
    close(fd);
    return e;
}

enum err files_directory(int *fd, const char *path, struct note *note)
{
    int made = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (made < 0 && errno == EACCES) /* one may pass through without reading the list */
        made = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (made < 0) {
        note_set_errno(note, errno, "%s", path);
        return ERR_IO;
    }
    *fd = made;
    return ERR_OK;
}

enum err files_program(int *fd, const char *name, struct note *note)
{
    static const char *const places[] = { "", "../libexec/broch/" };
    char own[4096], path[4200];
    ssize_t size = readlink("/proc/self/exe", own, sizeof own - 1);
    char *slash;

    if (size < 0) {
        note_set_errno(note, errno, "/proc/self/exe");
        return ERR_IO;
    }
    own[size] = '\0';
    slash = strrchr(own, '/');
    if (slash != NULL)
        slash[1] = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        int made;

        snprintf(path, sizeof path, "%s%s%s", own, places[i], name);
        made = open(path, O_RDONLY | O_CLOEXEC);
        if (made >= 0) {
            *fd = made;
            return ERR_OK;
        }
    }
    note_set_errno(note, errno, "%s%s", own, name);
    return ERR_IO;
}

/* Splits "HOST:PORT" at its last colon; brackets around an IPv6 address go. */
static bool address_split(const char *address, char host[256], const char **port)
{
    const char *colon = strrchr(address, ':');
    size_t size;

    if (colon == NULL || colon[1] == '\0')
        return false;
    size = (size_t)(colon - address);
    if (size >= 2 && address[0] == '[' && address[size - 1] == ']') {
        address++;
        size -= 2;
    } else if (memchr(address, ':', size) != NULL) {
        return false; /* an IPv6 address without its brackets says not where it ends */
    }
    if (size > 255)
        return false;
    memcpy(host, address, size);
    host[size] = '\0';
    *port = colon + 1;
    return true;
}

static int listen_on(const struct addrinfo *a)
{
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
    int one = 1;

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
        bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, 128) == 0)
        return fd;
    one = errno;
    close(fd);
    errno = one;
    return -1;
}

static int connect_to(const struct addrinfo *a)
{
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
    int error;

    if (fd < 0 || connect(fd, a->ai_addr, a->ai_addrlen) == 0)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

static enum err socket_open(int *fd, const char *address, bool listens, struct note *note)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = listens ? AI_PASSIVE : 0 };
    struct addrinfo *all = NULL;
    const char *port;
    char host[256];
    int made = -1, code;

    if (!address_split(address, host, &port)) {
        note_set(note, "%s: expected ADDRESS:PORT", address);
        return ERR_USAGE;
    }
    code = getaddrinfo(host[0] == '\0' ? NULL : host, port, &hints, &all);
    if (code != 0) {
        note_set(note, "%s: %s", address, gai_strerror(code));
        return ERR_IO;
    }
    for (const struct addrinfo *a = all; a != NULL && made < 0; a = a->ai_next)
        made = listens ? listen_on(a) : connect_to(a);
    code = errno;
    freeaddrinfo(all);
    if (made < 0) {
        note_set_errno(note, code, "cannot %s %s", listens ? "listen on" : "connect to", address);
        return ERR_IO;
    }
    *fd = made;
    return ERR_OK;
}

enum err files_listen(int *fd, const char *address, struct note *note)
{
    return socket_open(fd, address, true, note);
}

enum err files_connect(int *fd, const char *address, struct note *note)
{
    return socket_open(fd, address, false, note);
}
