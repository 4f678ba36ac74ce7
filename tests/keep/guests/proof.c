/* proof.c: asks its keep for evidence over known bytes, and for a key; both on stdout
 * as they came. The platform's descriptor is the last one: behind the module. */
#include <string.h>
#include <unistd.h>

#include "guest.h"

#define PLATFORM_FD 5

static unsigned char room[32768];

static void bytes_say(const char *name, const unsigned char *at, long size)
{
    for (long i = 0; i < size; i += 32) {
        char text[65] = "";

        for (long k = 0; k < 32 && i + k < size; k++) {
            text[2 * k] = "0123456789abcdef"[at[i + k] >> 4];
            text[2 * k + 1] = "0123456789abcdef"[at[i + k] & 15];
        }
        say("%s %s", name, text);
    }
}

int main(void)
{
    unsigned char report[64];
    long size;

    memset(report, 0x5a, sizeof report);
    if (write(PLATFORM_FD, report, sizeof report) != (long)sizeof report)
        return 1;
    size = read(PLATFORM_FD, room, sizeof room);
    if (size <= 0)
        return 2;
    bytes_say("evidence", room, size);
    if (write(PLATFORM_FD, "Ktest", 5) != 5)
        return 3;
    size = read(PLATFORM_FD, room, sizeof room);
    if (size != 32)
        return 4;
    bytes_say("key", room, size);
    return 0;
}
