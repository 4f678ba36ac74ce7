#include "host/gdb/command.h"

#include "base/num.h"
#include "host/gdb/registers.h"
#include "host/gdb/signals.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#define ANY_THREAD UINT32_MAX
#define DETACH_WAIT_MS 1000

/* The codes mean nothing to gdb; to whoever reads a log they do. */
#define E_MALFORMED "E16" /* EINVAL */
#define E_TARGET "E0e"    /* EFAULT */
#define E_NO_THREAD "E03" /* ESRCH */

static void say(struct gdb_server *s, const char *text) { packet_text(&s->out, text); }

static void say_result(struct gdb_server *s, const struct reader *r, enum err result)
{
    say(s, !reader_done(r) ? E_MALFORMED : result == ERR_OK ? "OK" : E_TARGET);
}

static bool thread_there(const struct gdb_server *s, uint32_t thread)
{
    uint32_t ids[GDB_THREADS_MAX];
    uint32_t count = s->target->threads(s->target->context, ids);

    for (uint32_t i = 0; i < count; i++)
        if (ids[i] == thread)
            return true;
    return false;
}

/* A thread-id: a number, -1 for all, 0 for any; no processes. */
static uint32_t take_thread(struct reader *r)
{
    uint64_t n;

    if (packet_try(r, "-1"))
        return ANY_THREAD;
    n = packet_take_number(r);
    if (n >= ANY_THREAD)
        reader_fail(r);
    return reader_ok(r) ? (uint32_t)n : 0;
}

/* --- Registers. */

static enum err registers_now(struct gdb_server *s, struct debug_registers *regs)
{
    return s->target->registers_get(s->target->context, s->thread, regs);
}

static bool has_avx(const struct debug_registers *regs)
{
    return (regs->flags & DEBUG_HAS_AVX) != 0;
}

static void registers_read(struct gdb_server *s)
{
    struct debug_registers regs;
    uint8_t value[REGISTER_SIZE_MAX];

    if (registers_now(s, &regs) != ERR_OK) {
        say(s, E_TARGET);
        return;
    }
    for (uint32_t i = 0; i < registers_count(has_avx(&regs)); i++) {
        size_t size = register_get(&regs, i, value);

        packet_hex(&s->out, (struct bytes){ value, size });
    }
}

static void register_read(struct gdb_server *s, struct reader *r)
{
    uint64_t n = packet_take_number(r);
    struct debug_registers regs;
    uint8_t value[REGISTER_SIZE_MAX];

    if (!reader_done(r) || registers_now(s, &regs) != ERR_OK ||
        n >= registers_count(has_avx(&regs))) {
        say(s, E_MALFORMED);
        return;
    }
    packet_hex(&s->out, (struct bytes){ value, register_get(&regs, (uint32_t)n, value) });
}

static void register_take(struct debug_registers *regs, uint32_t n, struct reader *r)
{
    uint8_t value[REGISTER_SIZE_MAX];
    size_t size = register_size(n);

    if (size == 0) {
        reader_fail(r);
        return;
    }
    packet_take_hex(r, value, size);
    if (reader_ok(r) && !register_set(regs, n, (struct bytes){ value, size }))
        reader_fail(r);
}

static void registers_write(struct gdb_server *s, struct reader *r, bool all)
{
    struct debug_registers regs;

    if (registers_now(s, &regs) != ERR_OK) {
        say(s, E_TARGET);
        return;
    }
    if (all) {
        for (uint32_t i = 0; i < registers_count(has_avx(&regs)); i++)
            register_take(&regs, i, r);
    } else {
        uint64_t n = packet_take_number(r);

        packet_take(r, "=");
        register_take(&regs, n < UINT32_MAX ? (uint32_t)n : UINT32_MAX, r);
    }
    say_result(s, r,
               !reader_done(r) ? ERR_MALFORMED
                               : s->target->registers_set(s->target->context, s->thread, &regs));
}

/* --- Memory. */

static void memory_read(struct gdb_server *s, struct reader *r)
{
    uint8_t bytes[PACKET_MAX / 2];
    uint64_t at = packet_take_number(r);
    uint64_t size;
    size_t got;

    packet_take(r, ",");
    size = packet_take_number(r);
    if (!reader_done(r)) {
        say(s, E_MALFORMED);
        return;
    }
    got = breakpoint_read(&s->breakpoints, s->target, at, bytes, num_min(size, sizeof bytes));
    if (got == 0 && size != 0)
        say(s, E_TARGET);
    packet_hex(&s->out, (struct bytes){ bytes, got });
}

static void memory_write(struct gdb_server *s, struct reader *r, bool binary)
{
    uint8_t bytes[PACKET_MAX];
    uint64_t at = packet_take_number(r);
    uint64_t size;
    enum err result = ERR_OK;

    packet_take(r, ",");
    size = packet_take_number(r);
    packet_take(r, ":");
    if (reader_ok(r) && size > sizeof bytes)
        reader_fail(r);
    if (reader_ok(r) && binary)
        reader_copy(r, bytes, size);
    else if (reader_ok(r))
        packet_take_hex(r, bytes, size);
    if (reader_done(r) && size > 0)
        result = breakpoint_write(&s->breakpoints, s->target, at, bytes, size);
    say_result(s, r, result);
}

/* Z0,address,kind and z0: those in software; of others the empty answer says no. */
static void breakpoint_change(struct gdb_server *s, struct reader *r, bool insert)
{
    uint64_t at;
    enum err result = ERR_MALFORMED;

    if (!packet_try(r, "0,"))
        return;
    at = packet_take_number(r);
    packet_take(r, ",");
    (void)packet_take_number(r);
    if (reader_done(r))
        result = insert ? breakpoint_insert(&s->breakpoints, s->target, at)
                        : breakpoint_remove(&s->breakpoints, s->target, at);
    say_result(s, r, result);
}

/* --- Running. */

/* No answer until the next stop, but where it cannot go. */
static bool run(struct gdb_server *s, const struct gdb_resume *each, uint32_t count)
{
    enum err result = gdb_server_resume(s, each, count);

    if (result != ERR_OK)
        say(s, E_TARGET);
    return result != ERR_OK;
}

static bool signal_take(struct reader *r, uint32_t *out)
{
    uint8_t number;

    packet_take_hex(r, &number, 1);
    *out = signal_from_gdb(number);
    return reader_ok(r);
}

/* c, s, Csig, Ssig; an address to go on from is not for us to guess about. */
static bool run_old(struct gdb_server *s, struct reader *r, char how)
{
    bool step = how == 's' || how == 'S';
    uint32_t ids[GDB_THREADS_MAX];
    struct gdb_resume each[GDB_THREADS_MAX];
    uint32_t count = s->target->threads(s->target->context, ids);
    uint32_t first = s->thread_run != 0 && s->thread_run != ANY_THREAD ? s->thread_run : s->thread;
    uint32_t signal = 0;

    if (((how == 'C' || how == 'S') && !signal_take(r, &signal)) || !reader_done(r)) {
        say(s, E_MALFORMED);
        return true;
    }
    for (uint32_t i = 0; i < count; i++) {
        each[i] = (struct gdb_resume){ .thread = ids[i] };
        if (ids[i] == first) {
            each[i].step = step;
            each[i].signal = signal;
        }
    }
    return run(s, each, count);
}

struct action {
    uint32_t thread;
    struct gdb_resume how;
};

static void action_take(struct action *a, struct reader *r)
{
    char kind;

    packet_take(r, ";");
    kind = (char)reader_u8(r);
    *a = (struct action){ .thread = ANY_THREAD, .how.step = kind == 's' || kind == 'S' };
    if (kind == 'C' || kind == 'S')
        (void)signal_take(r, &a->how.signal);
    else if (kind != 'c' && kind != 's')
        reader_fail(r);
    if (packet_try(r, ":"))
        a->thread = take_thread(r);
}

/* vCont: for each thread the first action that names it, or all. */
static bool run_new(struct gdb_server *s, struct reader *r)
{
    struct action actions[GDB_THREADS_MAX];
    struct gdb_resume each[GDB_THREADS_MAX];
    uint32_t ids[GDB_THREADS_MAX];
    uint32_t threads = s->target->threads(s->target->context, ids);
    uint32_t count = 0, chosen = 0;

    while (reader_ok(r) && r->left > 0) {
        if (count == GDB_THREADS_MAX)
            reader_fail(r);
        else
            action_take(&actions[count++], r);
    }
    if (!reader_ok(r)) {
        say(s, E_MALFORMED);
        return true;
    }
    for (uint32_t i = 0; i < threads; i++)
        for (uint32_t j = 0; j < count; j++)
            if (actions[j].thread == ids[i] || actions[j].thread == ANY_THREAD) {
                each[chosen] = actions[j].how;
                each[chosen++].thread = ids[i];
                break;
            }
    if (chosen == 0) {
        say(s, E_NO_THREAD);
        return true;
    }
    return run(s, each, chosen);
}

void gdb_server_detach(struct gdb_server *s)
{
    const struct gdb_target *t = s->target;
    struct gdb_stop stop;
    struct pollfd wait = { .fd = t->stop_fd, .events = POLLIN };

    if (s->state == GDB_RUNNING) {
        t->interrupt(t->context);
        if (poll(&wait, 1, DETACH_WAIT_MS) == 1 && t->stop_take(t->context, &stop))
            (void)gdb_server_stopped(s, stop);
    }
    breakpoint_remove_all(&s->breakpoints, t);
    t->detach(t->context);
}

/* --- Questions. */

/* A part of a document, as qXfer wants it: "l" before the last, "m" before others. */
static void document_part(struct gdb_server *s, struct reader *r, struct bytes document)
{
    uint64_t at = packet_take_number(r);
    uint64_t size;

    packet_take(r, ",");
    size = packet_take_number(r);
    if (!reader_done(r) || at > document.size) {
        say(s, E_MALFORMED);
        return;
    }
    size = num_min(size, PACKET_MAX / 2);
    document.data += at;
    document.size -= at;
    say(s, document.size <= size ? "l" : "m");
    document.size = num_min(document.size, size);
    packet_binary(&s->out, document);
}

static void describe_registers(struct gdb_server *s, struct reader *r)
{
    uint8_t text[PACKET_MAX];
    struct writer w = writer_of(text, sizeof text);
    struct debug_registers regs = { 0 };

    (void)!registers_now(s, &regs);
    registers_describe(&w, has_avx(&regs));
    document_part(s, r, writer_bytes(&w));
}

static void describe_threads(struct gdb_server *s, struct reader *r)
{
    char text[64 * (GDB_THREADS_MAX + 1)] = "<threads>";
    uint32_t ids[GDB_THREADS_MAX];
    uint32_t count = s->target->threads(s->target->context, ids);
    size_t size = strlen(text);

    for (uint32_t i = 0; i < count; i++)
        size += (size_t)snprintf(text + size, sizeof text - size,
                                 "<thread id=\"%x\" core=\"%u\" name=\"vCPU %u\"/>", ids[i],
                                 ids[i] - 1, ids[i] - 1);
    size += (size_t)snprintf(text + size, sizeof text - size, "</threads>");
    document_part(s, r, (struct bytes){ (const uint8_t *)text, size });
}

static void list_threads(struct gdb_server *s)
{
    uint32_t ids[GDB_THREADS_MAX];
    uint32_t count = s->target->threads(s->target->context, ids);

    say(s, count == 0 ? "l" : "m");
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            say(s, ",");
        packet_number(&s->out, ids[i]);
    }
}

static void say_supported(struct gdb_server *s, struct reader *r)
{
    while (r->left > 0)
        if (packet_try(r, "swbreak+"))
            s->knows_swbreak = true;
        else
            reader_skip(r, 1);
    say(s, "PacketSize=");
    packet_number(&s->out, PACKET_MAX);
    say(s, ";QStartNoAckMode+;swbreak+;vContSupported+;qXfer:features:read+;qXfer:threads:read+");
}

static void question(struct gdb_server *s, struct reader *r)
{
    if (packet_try(r, "Supported")) {
        say_supported(s, r);
    } else if (packet_try(r, "Xfer:features:read:target.xml:")) {
        describe_registers(s, r);
    } else if (packet_try(r, "Xfer:threads:read::")) {
        describe_threads(s, r);
    } else if (packet_try(r, "fThreadInfo")) {
        list_threads(s);
    } else if (packet_try(r, "sThreadInfo")) {
        say(s, "l");
    } else if (packet_try(r, "Offsets") && s->target->text_offset != 0) {
        say(s, "TextSeg=");
        packet_number(&s->out, s->target->text_offset);
    } else if (packet_try(r, "Attached")) {
        say(s, "0"); /* leaving without detaching ends the keep */
    } else if (packet_try(r, "C") && r->left == 0) {
        say(s, "QC");
        packet_number(&s->out, s->thread);
    } else if (packet_try(r, "Symbol::")) {
        say(s, "OK");
    }
}

static void choose_thread(struct gdb_server *s, struct reader *r)
{
    uint8_t what = reader_u8(r);
    uint32_t thread = take_thread(r);

    if (!reader_done(r) || (what != 'g' && what != 'c'))
        say(s, E_MALFORMED);
    else if (thread != 0 && thread != ANY_THREAD && !thread_there(s, thread))
        say(s, E_NO_THREAD);
    else {
        if (what == 'c')
            s->thread_run = thread;
        else if (thread != 0 && thread != ANY_THREAD)
            s->thread = thread;
        say(s, "OK");
    }
}

static void is_alive(struct gdb_server *s, struct reader *r)
{
    uint32_t thread = take_thread(r);

    say(s, reader_done(r) && thread_there(s, thread) ? "OK" : E_NO_THREAD);
}

/* True where there is an answer. */
static bool packet_v(struct gdb_server *s, struct reader *r)
{
    if (packet_try(r, "Cont?"))
        say(s, "vCont;c;C;s;S");
    else if (packet_try(r, "Cont"))
        return run_new(s, r);
    else if (packet_try(r, "Kill")) {
        s->state = GDB_KILLED;
        say(s, "OK");
    }
    return true; /* of the others the empty answer says that we know them not */
}

bool gdb_server_handle(struct gdb_server *s, struct bytes packet)
{
    struct reader r = reader_of(packet);
    uint8_t command = reader_u8(&r);

    packet_start(&s->out);
    switch (command) {
    case '?': gdb_server_reason(s); break;
    case 'g': registers_read(s); break;
    case 'G': registers_write(s, &r, true); break;
    case 'p': register_read(s, &r); break;
    case 'P': registers_write(s, &r, false); break;
    case 'm': memory_read(s, &r); break;
    case 'M': memory_write(s, &r, false); break;
    case 'X': memory_write(s, &r, true); break;
    case 'Z': breakpoint_change(s, &r, true); break;
    case 'z': breakpoint_change(s, &r, false); break;
    case 'H': choose_thread(s, &r); break;
    case 'T': is_alive(s, &r); break;
    case 'q': question(s, &r); break;
    case 'Q':
        if (packet_try(&r, "StartNoAckMode")) {
            s->no_ack_next = true;
            say(s, "OK");
        }
        break;
    case 'c':
    case 's':
    case 'C':
    case 'S': return run_old(s, &r, (char)command);
    case 'v': return packet_v(s, &r);
    case 'D':
        gdb_server_detach(s);
        s->state = GDB_DETACHED;
        say(s, "OK");
        break;
    case 'k': s->state = GDB_KILLED; return false;
    default: break;
    }
    return true;
}
