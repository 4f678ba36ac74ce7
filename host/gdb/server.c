#include "host/gdb/server.h"

#include "host/gdb/command.h"
#include "host/gdb/signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

void gdb_server_init(struct gdb_server *s, const struct gdb_target *t, struct gdb_stop first)
{
    *s = (struct gdb_server){ .target = t, .last = first, .thread = first.thread };
}

void gdb_server_reason(struct gdb_server *s)
{
    struct packet_out *out = &s->out;
    uint8_t number = (uint8_t)signal_to_gdb(s->last.number);

    if (s->last.kind == GDB_STOP_EXITED)
        number = (uint8_t)s->last.number;
    else if (s->last.kind == GDB_STOP_BREAK)
        number = (uint8_t)signal_to_gdb(SIGTRAP);
    packet_text(out, s->last.kind == GDB_STOP_EXITED   ? "W"
                     : s->last.kind == GDB_STOP_KILLED ? "X"
                                                       : "T");
    packet_hex(out, (struct bytes){ &number, 1 });
    if (s->last.kind == GDB_STOP_EXITED || s->last.kind == GDB_STOP_KILLED)
        return;
    packet_text(out, "thread:");
    packet_number(out, s->last.thread);
    packet_text(out, s->last.kind == GDB_STOP_BREAK && s->knows_swbreak ? ";swbreak:;" : ";");
}

enum err gdb_server_resume(struct gdb_server *s, const struct gdb_resume *each, uint32_t count)
{
    TRY(s->target->resume(s->target->context, each, count));
    s->state = GDB_RUNNING;
    for (uint32_t i = 0; i < count; i++) {
        s->resumed[i] = each[i];
        s->resumed[i].signal = 0; /* once is enough */
    }
    s->resumed_count = count;
    return ERR_OK;
}

enum breaking { OURS, REMOVED, THEIRS };

/* Whose int3 it was; one of ours is undone in the instruction pointer. */
static enum breaking break_judge(struct gdb_server *s, uint32_t thread)
{
    const struct gdb_target *t = s->target;
    struct debug_registers regs;
    enum breaking whose = OURS;
    uint8_t there = 0;

    if (t->registers_get(t->context, thread, &regs) != ERR_OK)
        return THEIRS;
    if (!breakpoint_is_at(&s->breakpoints, regs.rip - 1)) {
        if (t->read(t->context, regs.rip - 1, &there, 1) != 1 || there == 0xcc)
            return THEIRS;
        whose = REMOVED;
    }
    /* Without swbreak gdb takes one off rip by itself, if there was a breakpoint. */
    if (whose == REMOVED || s->knows_swbreak) {
        regs.rip--;
        if (t->registers_set(t->context, thread, &regs) != ERR_OK)
            return THEIRS;
    }
    return whose;
}

bool gdb_server_stopped(struct gdb_server *s, struct gdb_stop stop)
{
    if (stop.kind == GDB_STOP_BREAK) {
        enum breaking whose = break_judge(s, stop.thread);

        /* A breakpoint that was taken out before it was told that somebody met it. */
        if (whose == REMOVED && gdb_server_resume(s, s->resumed, s->resumed_count) == ERR_OK)
            return false;
        if (whose == THEIRS) {
            stop.kind = GDB_STOP_SIGNAL;
            stop.number = SIGTRAP;
        }
    }
    s->last = stop;
    s->state =
        stop.kind == GDB_STOP_EXITED || stop.kind == GDB_STOP_KILLED ? GDB_ENDED : GDB_STOPPED;
    if (s->state == GDB_STOPPED)
        s->thread = stop.thread;
    packet_start(&s->out);
    gdb_server_reason(s);
    return true;
}

static bool send_all(int fd, struct bytes b)
{
    while (b.size > 0) {
        ssize_t n = send(fd, b.data, b.size, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        b.data += n;
        b.size -= (size_t)n;
    }
    return true;
}

static bool send_answer(struct gdb_server *s, int fd)
{
    return send_all(fd, packet_finish(&s->out));
}

static bool send_sign(const struct gdb_server *s, int fd, const char *sign)
{
    return s->no_ack || send_all(fd, (struct bytes){ (const uint8_t *)sign, 1 });
}

static bool take_packet(struct gdb_server *s, int fd)
{
    bool answered;

    if (!send_sign(s, fd, "+"))
        return false;
    /* In all-stop gdb asks nothing of what runs; whoever does gets no answer. */
    if (s->state != GDB_STOPPED)
        return true;
    answered = gdb_server_handle(s, packet_bytes(&s->in));
    s->no_ack = s->no_ack_next;
    return !answered || send_answer(s, fd);
}

/* False: the connection is no good any more. */
static bool take_byte(struct gdb_server *s, int fd, uint8_t byte)
{
    switch (packet_feed(&s->in, byte)) {
    case PACKET_WHOLE: return take_packet(s, fd);
    case PACKET_BROKEN: return send_sign(s, fd, "-");
    case PACKET_NACK: return s->no_ack || send_all(fd, (struct bytes){ s->out.raw, s->out.size });
    case PACKET_INTERRUPT:
        if (s->state == GDB_RUNNING)
            s->target->interrupt(s->target->context);
        return true;
    case PACKET_ACK:
    case PACKET_NOTHING: break;
    }
    return true;
}

static bool take_input(struct gdb_server *s, int fd)
{
    uint8_t bytes[4096];
    ssize_t n = recv(fd, bytes, sizeof bytes, 0);

    if (n < 0 && errno == EINTR)
        return true;
    if (n <= 0)
        return false;
    for (ssize_t i = 0; i < n && s->state <= GDB_RUNNING; i++)
        if (!take_byte(s, fd, bytes[i]))
            return false;
    return true;
}

static bool take_stop(struct gdb_server *s, int fd)
{
    struct gdb_stop stop;

    if (!s->target->stop_take(s->target->context, &stop))
        return true;
    return !gdb_server_stopped(s, stop) || send_answer(s, fd);
}

enum gdb_state gdb_serve(struct gdb_server *s, int fd)
{
    bool good = true;

    while (good && s->state <= GDB_RUNNING) {
        struct pollfd wait[2] = { { .fd = fd, .events = POLLIN },
                                  { .fd = s->target->stop_fd, .events = POLLIN } };

        if (poll(wait, s->state == GDB_RUNNING ? 2 : 1, -1) < 0) {
            good = errno == EINTR;
            continue;
        }
        if (s->state == GDB_RUNNING && wait[1].revents != 0)
            good = take_stop(s, fd);
        if (good && s->state <= GDB_RUNNING && wait[0].revents != 0)
            good = take_input(s, fd);
    }
    if (s->state <= GDB_RUNNING) { /* gdb left without a word */
        gdb_server_detach(s);
        s->state = GDB_DETACHED;
    } else if (s->state == GDB_KILLED) { /* and gdb was told before */
        s->target->kill(s->target->context);
    }
    return s->state;
}
