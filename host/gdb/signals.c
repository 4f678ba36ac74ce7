#include "host/gdb/signals.h"

#include "base/num.h"

#include <signal.h>

static const struct {
    uint8_t linux_number;
    uint8_t gdb_number;
} pairs[] = {
    { SIGHUP, 1 },   { SIGINT, 2 },    { SIGQUIT, 3 },  { SIGILL, 4 },   { SIGTRAP, 5 },
    { SIGABRT, 6 },  { SIGFPE, 8 },    { SIGKILL, 9 },  { SIGBUS, 10 },  { SIGSEGV, 11 },
    { SIGSYS, 12 },  { SIGPIPE, 13 },  { SIGALRM, 14 }, { SIGTERM, 15 }, { SIGURG, 16 },
    { SIGSTOP, 17 }, { SIGTSTP, 18 },  { SIGCONT, 19 }, { SIGCHLD, 20 }, { SIGTTIN, 21 },
    { SIGTTOU, 22 }, { SIGIO, 23 },    { SIGXCPU, 24 }, { SIGXFSZ, 25 }, { SIGVTALRM, 26 },
    { SIGPROF, 27 }, { SIGWINCH, 28 }, { SIGUSR1, 30 }, { SIGUSR2, 31 }, { SIGPWR, 32 },
};

uint32_t signal_to_gdb(uint32_t number)
{
    for (uint32_t i = 0; i < COUNT_OF(pairs); i++)
        if (pairs[i].linux_number == number)
            return pairs[i].gdb_number;
    return 143;
}

uint32_t signal_from_gdb(uint32_t number)
{
    for (uint32_t i = 0; i < COUNT_OF(pairs); i++)
        if (pairs[i].gdb_number == number)
            return pairs[i].linux_number;
    return 0;
}
