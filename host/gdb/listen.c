#include "host/gdb/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

union place {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_un un;
};

static bool port_parse(uint16_t *out, const char *text)
{
    unsigned long n = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        n = n * 10 + (unsigned long)(*text - '0');
        if (n > UINT16_MAX)
            return false;
    }
    *out = htons((uint16_t)n);
    return true;
}

/* 0: an address that is none of ours. */
static socklen_t tcp_parse(union place *out, const char *address)
{
    const char *colon = strrchr(address, ':');
    const char *port = colon == NULL ? address : colon + 1;
    size_t size = colon == NULL ? 0 : (size_t)(colon - address);
    char host[32];

    if (size >= sizeof host)
        return 0;
    memcpy(host, address, size);
    host[size] = '\0';
    if (strcmp(host, "[::1]") == 0) {
        out->in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback };
        return port_parse(&out->in6.sin6_port, port) ? sizeof out->in6 : 0;
    }
    out->in = (struct sockaddr_in){ .sin_family = AF_INET };
    if (size == 0 || strcmp(host, "localhost") == 0)
        out->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else if (inet_pton(AF_INET, host, &out->in.sin_addr) != 1 ||
             ntohl(out->in.sin_addr.s_addr) >> 24 != IN_LOOPBACKNET)
        return 0;
    return port_parse(&out->in.sin_port, port) ? sizeof out->in : 0;
}

static socklen_t place_parse(union place *out, const char *address)
{
    size_t size = strlen(address);

    if (strchr(address, '/') == NULL)
        return tcp_parse(out, address);
    if (size >= sizeof out->un.sun_path)
        return 0;
    out->un = (struct sockaddr_un){ .sun_family = AF_UNIX };
    memcpy(out->un.sun_path, address, size + 1);
    return sizeof out->un;
}

/* Where it really listens: the port may have been 0. */
static void place_tell(int fd, const char *address, struct note *note)
{
    union place p = { 0 };
    socklen_t size = sizeof p;

    if (getsockname(fd, &p.any, &size) != 0 || p.any.sa_family == AF_UNIX)
        note_set(note, "target remote %s", address);
    else if (p.any.sa_family == AF_INET6)
        note_set(note, "target remote [::1]:%u", ntohs(p.in6.sin6_port));
    else
        note_set(note, "target remote 127.0.0.1:%u", ntohs(p.in.sin_port));
}

enum err gdb_listen(int *out, const char *address, struct note *note)
{
    union place p = { 0 };
    socklen_t size = place_parse(&p, address);
    mode_t mask;
    int fd, one = 1, failed;

    if (size == 0) {
        note_set(note,
                 "gdb's address is %s: a loopback one (127.0.0.1:1234) or the path of a socket",
                 address);
        return ERR_USAGE;
    }
    fd = socket(p.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        note_set_errno(note, errno, "a socket for gdb");
        return ERR_IO;
    }
    if (p.any.sa_family != AF_UNIX)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    mask = umask(0177); /* a path is for this user alone */
    failed = bind(fd, &p.any, size) != 0 || listen(fd, 1) != 0 ? errno : 0;
    umask(mask);
    if (failed != 0) {
        note_set_errno(note, failed, "listening for gdb at %s", address);
        close(fd);
        return ERR_IO;
    }
    place_tell(fd, address, note);
    *out = fd;
    return ERR_OK;
}
