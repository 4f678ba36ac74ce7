/* Covers: gdb_server_handle gdb_server_stopped breakpoint_insert breakpoint_write register_set */
#include "host/gdb/server.h"

#include "host/gdb/fake_target.h"

#include <signal.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Packets, one a line, without frame and checksum. */
static struct gdb_server server;

/* What we send, the other side's own reader takes: the same data comes out. */
static void answer_check(void)
{
    static struct packet_in back;
    struct bytes raw = packet_finish(&server.out);
    enum packet_event e = PACKET_NOTHING;

    memset(&back, 0, sizeof back);
    for (size_t i = 0; i < raw.size; i++) {
        if (e != PACKET_NOTHING)
            abort();
        e = packet_feed(&back, raw.data[i]);
    }
    if (e != PACKET_WHOLE && back.size != PACKET_MAX)
        abort();
}

/* A target that stops at once, as the next byte says. */
static void stop_now(uint8_t how)
{
    struct gdb_stop stop = {
        .kind = how & 1 ? GDB_STOP_BREAK : GDB_STOP_SIGNAL,
        .thread = 1 + (how >> 1 & 1),
        .number = SIGTRAP,
    };

    fake.regs[stop.thread - 1].rip = FAKE_AT + how;
    if (gdb_server_stopped(&server, stop))
        answer_check();
}

/* Without breakpoints, memory is as nothing had ever been there but writes. */
static void end_check(void)
{
    breakpoint_remove_all(&server.breakpoints, &fake_target);
    if (server.breakpoints.count != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gdb_server_init(&server, &fake_target,
                    (struct gdb_stop){ .kind = GDB_STOP_SIGNAL, .thread = 1, .number = SIGTRAP });
    memset(&fake, 0, sizeof fake);
    for (size_t i = 0; i < size && server.state <= GDB_RUNNING; i++) {
        const uint8_t *end = memchr(data + i, '\n', size - i);
        size_t length = end == NULL ? size - i : (size_t)(end - (data + i));

        if (server.state == GDB_RUNNING) {
            stop_now(data[i]);
            continue;
        }
        if (length <= PACKET_MAX && gdb_server_handle(&server, (struct bytes){ data + i, length }))
            answer_check();
        i += length;
    }
    end_check();
    return 0;
}
