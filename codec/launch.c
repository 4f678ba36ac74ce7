#include "codec/launch.h"

#include <string.h>

#include "base/limits.h"
#include "base/reader.h"
#include "codec/cbor.h"

/* The record's map. A key once given keeps its meaning; a new field takes a new
 * key and, where an older exec must not ignore it, a new version. */
enum launch_key {
    KEY_VERSION = 0,
    KEY_MODULE = 1,
    KEY_NAME = 2,
    KEY_ARGS = 3,
    KEY_ENVIRONMENT = 4,
    KEY_DIRECTORIES = 5,
    KEY_SOCKETS = 6,
    KEY_TREES = 7,
    KEY_TTY = 8,
    KEY_MEMORY = 9,
    KEY_TABLE = 10,
    KEY_STACK = 11,
    KEY_DETERMINISTIC = 12,
    KEY_CONFIG = 13,
    KEY_FUEL = 14, /* from here on each may be absent */
    KEY_TIME = 15,
    KEY_INVOKE = 16,
    KEY_SEED = 17,
    KEY_REPORT = 18,
    KEY_IMAGES = 19,
    KEY_VOLUMES = 20,
};

#define KEYS_REQUIRED 14u
_Static_assert(KEYS_REQUIRED == KEY_FUEL, "the keys below it are all there");

void launch_init(struct launch *out)
{
    memset(out, 0, sizeof *out);
    out->memory_bytes = LAUNCH_MEMORY_DEFAULT;
    out->table_elements = LAUNCH_TABLE_DEFAULT;
    out->stack_bytes = LAUNCH_STACK_DEFAULT;
}

static void number_put(struct writer *w, enum launch_key key, uint64_t n)
{
    cbor_put_uint(w, key);
    cbor_put_uint(w, n);
}

static void bytes_put(struct writer *w, enum launch_key key, struct bytes b)
{
    cbor_put_uint(w, key);
    cbor_put_bytes(w, b);
}

static void strings_put(struct writer *w, enum launch_key key, const struct bytes *all,
                        uint32_t count)
{
    cbor_put_uint(w, key);
    cbor_put_array(w, count);
    for (uint32_t i = 0; i < count; i++)
        cbor_put_bytes(w, all[i]);
}

static void directories_put(struct writer *w, const struct launch *l)
{
    cbor_put_uint(w, KEY_DIRECTORIES);
    cbor_put_array(w, l->directories_count);
    for (uint32_t i = 0; i < l->directories_count; i++) {
        cbor_put_array(w, 3);
        cbor_put_bytes(w, l->directories[i].guest);
        cbor_put_uint(w, l->directories[i].fd);
        cbor_put_bool(w, l->directories[i].read_only);
    }
}

static void sockets_put(struct writer *w, const struct launch *l)
{
    cbor_put_uint(w, KEY_SOCKETS);
    cbor_put_array(w, l->sockets_count);
    for (uint32_t i = 0; i < l->sockets_count; i++) {
        cbor_put_array(w, 3);
        cbor_put_uint(w, l->sockets[i].fd);
        cbor_put_uint(w, l->sockets[i].kind);
        cbor_put_bytes(w, l->sockets[i].name);
    }
}

static void trees_put(struct writer *w, const struct launch *l)
{
    cbor_put_uint(w, KEY_TREES);
    cbor_put_array(w, l->trees_count);
    for (uint32_t i = 0; i < l->trees_count; i++) {
        cbor_put_array(w, 2);
        cbor_put_bytes(w, l->trees[i].guest);
        cbor_put_uint(w, l->trees[i].size_max);
    }
}

static void images_put(struct writer *w, const struct launch *l)
{
    cbor_put_uint(w, KEY_IMAGES);
    cbor_put_array(w, l->images_count);
    for (uint32_t i = 0; i < l->images_count; i++) {
        const struct launch_image *m = &l->images[i];

        cbor_put_array(w, 6);
        cbor_put_bytes(w, m->guest);
        cbor_put_uint(w, m->fd);
        cbor_put_bytes(w, BYTES_OF(m->digest));
        cbor_put_uint(w, m->size_max);
        cbor_put_bool(w, m->read_only);
        if (m->has_output)
            cbor_put_uint(w, m->output_fd);
        else
            cbor_put_null(w);
    }
}

static void volumes_put(struct writer *w, const struct launch *l)
{
    cbor_put_uint(w, KEY_VOLUMES);
    cbor_put_array(w, l->volumes_count);
    for (uint32_t i = 0; i < l->volumes_count; i++) {
        const struct launch_volume *v = &l->volumes[i];

        cbor_put_array(w, 5);
        cbor_put_bytes(w, v->guest);
        cbor_put_uint(w, v->fd);
        cbor_put_bytes(w, BYTES_OF(v->key));
        cbor_put_uint(w, v->size_max);
        cbor_put_bool(w, v->read_only);
    }
}

void launch_write(struct writer *w, const struct launch *l)
{
    unsigned count = KEYS_REQUIRED + l->has_fuel + l->has_time + l->has_invoke + l->has_seed +
                     l->has_report + (l->images_count > 0) + (l->volumes_count > 0);

    cbor_put_map(w, count);
    number_put(w, KEY_VERSION, LAUNCH_VERSION);
    number_put(w, KEY_MODULE, l->module_fd);
    bytes_put(w, KEY_NAME, l->name);
    strings_put(w, KEY_ARGS, l->args, l->args_count);
    strings_put(w, KEY_ENVIRONMENT, l->environment, l->environment_count);
    directories_put(w, l);
    sockets_put(w, l);
    trees_put(w, l);
    number_put(w, KEY_TTY, l->tty[0] | (uint64_t)l->tty[1] << 1 | (uint64_t)l->tty[2] << 2);
    number_put(w, KEY_MEMORY, l->memory_bytes);
    number_put(w, KEY_TABLE, l->table_elements);
    number_put(w, KEY_STACK, l->stack_bytes);
    cbor_put_uint(w, KEY_DETERMINISTIC);
    cbor_put_bool(w, l->deterministic);
    number_put(w, KEY_CONFIG, l->engine_config);
    if (l->has_fuel)
        number_put(w, KEY_FUEL, l->fuel);
    if (l->has_time)
        number_put(w, KEY_TIME, l->time_ms);
    if (l->has_invoke)
        bytes_put(w, KEY_INVOKE, l->invoke);
    if (l->has_seed)
        bytes_put(w, KEY_SEED, (struct bytes){ l->seed, sizeof l->seed });
    if (l->has_report)
        number_put(w, KEY_REPORT, l->report_fd);
    if (l->images_count > 0)
        images_put(w, l);
    if (l->volumes_count > 0)
        volumes_put(w, l);
}

/* A parse under way. The error says more than the reader's one bit can. */
struct parse {
    struct reader r;
    struct launch *l;
    enum err e;
};

static void refuse(struct parse *p, enum err e)
{
    if (p->e == ERR_OK && !p->r.bad)
        p->e = e;
    reader_fail(&p->r);
}

static struct bytes string_take(struct parse *p)
{
    struct bytes b = cbor_take_bytes(&p->r);

    if (b.size > 0 && memchr(b.data, 0, b.size) != NULL)
        refuse(p, ERR_MALFORMED); /* it would end early where it is copied as a C string */
    return b;
}

static uint32_t fd_take(struct parse *p)
{
    uint64_t fd = cbor_take_uint(&p->r);

    if (fd > LAUNCH_FD_MAX)
        refuse(p, ERR_LIMIT);
    else if (fd <= LAUNCH_FD)
        refuse(p, ERR_MALFORMED); /* stdio and the record itself are never handed out */
    return (uint32_t)fd;
}

static uint32_t count_take(struct parse *p, uint32_t max)
{
    uint64_t count = cbor_take_array(&p->r);

    if (count > max)
        refuse(p, ERR_LIMIT);
    return p->r.bad ? 0 : (uint32_t)count;
}

static void row_take(struct parse *p, uint64_t columns)
{
    if (cbor_take_array(&p->r) != columns)
        refuse(p, ERR_MALFORMED);
}

static void args_take(struct parse *p)
{
    uint32_t count = count_take(p, LAUNCH_ARGS_MAX);

    for (uint32_t i = 0; i < count && !p->r.bad; i++)
        p->l->args[i] = string_take(p);
    p->l->args_count = count;
}

static void environment_take(struct parse *p)
{
    uint32_t count = count_take(p, LAUNCH_ENVIRONMENT_MAX);

    for (uint32_t i = 0; i < count && !p->r.bad; i++) {
        struct bytes b = string_take(p);

        if (b.size < 2 || b.data[0] == '=' || memchr(b.data, '=', b.size) == NULL)
            refuse(p, ERR_MALFORMED);
        p->l->environment[i] = b;
    }
    p->l->environment_count = count;
}

static void directories_take(struct parse *p)
{
    uint32_t count = count_take(p, LAUNCH_DIRECTORIES_MAX);

    for (uint32_t i = 0; i < count && !p->r.bad; i++) {
        struct launch_directory *d = &p->l->directories[i];

        row_take(p, 3);
        d->guest = string_take(p);
        d->fd = fd_take(p);
        d->read_only = cbor_take_bool(&p->r);
        if (d->guest.size == 0)
            refuse(p, ERR_MALFORMED);
    }
    p->l->directories_count = count;
}

static void sockets_take(struct parse *p)
{
    uint32_t count = count_take(p, LAUNCH_SOCKETS_MAX);

    for (uint32_t i = 0; i < count && !p->r.bad; i++) {
        struct launch_socket *s = &p->l->sockets[i];
        uint64_t kind;

        row_take(p, 3);
        s->fd = fd_take(p);
        kind = cbor_take_uint(&p->r);
        if (kind > LAUNCH_STREAM)
            refuse(p, ERR_MALFORMED);
        s->kind = (enum launch_socket_kind)kind;
        s->name = string_take(p);
    }
    p->l->sockets_count = count;
}

static void trees_take(struct parse *p)
{
    uint32_t count = count_take(p, LAUNCH_TREES_MAX);

    for (uint32_t i = 0; i < count && !p->r.bad; i++) {
        struct launch_tree *t = &p->l->trees[i];

        row_take(p, 2);
        t->guest = string_take(p);
        t->size_max = cbor_take_uint(&p->r);
        if (t->guest.size == 0)
            refuse(p, ERR_MALFORMED);
    }
    p->l->trees_count = count;
}

/* A table that may be absent is not there with nothing in it. */
static uint32_t some_take(struct parse *p, uint32_t max)
{
    uint32_t count = count_take(p, max);

    if (count == 0)
        refuse(p, ERR_MALFORMED);
    return count;
}

static struct bytes guest_take(struct parse *p)
{
    struct bytes guest = string_take(p);

    if (guest.size == 0)
        refuse(p, ERR_MALFORMED);
    return guest;
}

static void exact_take(struct parse *p, uint8_t *out, size_t size)
{
    struct bytes b = cbor_take_bytes(&p->r);

    if (b.size != size)
        refuse(p, ERR_MALFORMED);
    else
        memcpy(out, b.data, size);
}

static uint64_t size_max_take(struct parse *p)
{
    uint64_t size = cbor_take_uint(&p->r);

    if (size > LIMIT_ARCHIVE_CONTENTS)
        refuse(p, ERR_LIMIT);
    return size;
}

static void images_take(struct parse *p)
{
    uint32_t count = some_take(p, LAUNCH_IMAGES_MAX);

    for (uint32_t i = 0; i < count && !p->r.bad; i++) {
        struct launch_image *m = &p->l->images[i];

        row_take(p, 6);
        m->guest = guest_take(p);
        m->fd = fd_take(p);
        exact_take(p, m->digest, sizeof m->digest);
        m->size_max = size_max_take(p);
        m->read_only = cbor_take_bool(&p->r);
        m->has_output = !cbor_take_if_null(&p->r);
        if (m->has_output)
            m->output_fd = fd_take(p);
        if (m->has_output && m->read_only)
            refuse(p, ERR_MALFORMED);
    }
    p->l->images_count = count;
}

static void volumes_take(struct parse *p)
{
    uint32_t count = some_take(p, LAUNCH_VOLUMES_MAX);

    for (uint32_t i = 0; i < count && !p->r.bad; i++) {
        struct launch_volume *v = &p->l->volumes[i];

        row_take(p, 5);
        v->guest = guest_take(p);
        v->fd = fd_take(p);
        exact_take(p, v->key, sizeof v->key);
        v->size_max = size_max_take(p);
        v->read_only = cbor_take_bool(&p->r);
    }
    p->l->volumes_count = count;
}

static void tty_take(struct parse *p)
{
    uint64_t bits = cbor_take_uint(&p->r);

    if (bits > 7)
        refuse(p, ERR_MALFORMED);
    for (unsigned i = 0; i < 3; i++)
        p->l->tty[i] = bits >> i & 1;
}

static void seed_take(struct parse *p)
{
    struct bytes b = cbor_take_bytes(&p->r);

    if (b.size != LAUNCH_SEED_SIZE)
        refuse(p, ERR_MALFORMED);
    else
        memcpy(p->l->seed, b.data, LAUNCH_SEED_SIZE);
    p->l->has_seed = true;
}

static void version_take(struct parse *p)
{
    if (cbor_take_uint(&p->r) != LAUNCH_VERSION)
        refuse(p, ERR_UNSUPPORTED);
}

static void limit_take(struct parse *p, enum launch_key key)
{
    uint64_t n = cbor_take_uint(&p->r);

    switch (key) {
    case KEY_MEMORY: p->l->memory_bytes = n; break;
    case KEY_TABLE: p->l->table_elements = n; break;
    case KEY_STACK: p->l->stack_bytes = n; break;
    case KEY_CONFIG: p->l->engine_config = n; break;
    case KEY_FUEL:
        p->l->fuel = n;
        p->l->has_fuel = true;
        break;
    default: /* KEY_TIME */ p->l->time_ms = n; p->l->has_time = true;
    }
}

static void field_take(struct parse *p, uint64_t key)
{
    switch (key) {
    case KEY_VERSION: version_take(p); break;
    case KEY_MODULE: p->l->module_fd = fd_take(p); break;
    case KEY_NAME: p->l->name = string_take(p); break;
    case KEY_ARGS: args_take(p); break;
    case KEY_ENVIRONMENT: environment_take(p); break;
    case KEY_DIRECTORIES: directories_take(p); break;
    case KEY_SOCKETS: sockets_take(p); break;
    case KEY_TREES: trees_take(p); break;
    case KEY_TTY: tty_take(p); break;
    case KEY_MEMORY:
    case KEY_TABLE:
    case KEY_STACK:
    case KEY_CONFIG:
    case KEY_FUEL:
    case KEY_TIME: limit_take(p, (enum launch_key)key); break;
    case KEY_DETERMINISTIC: p->l->deterministic = cbor_take_bool(&p->r); break;
    case KEY_INVOKE:
        p->l->invoke = string_take(p);
        p->l->has_invoke = true;
        break;
    case KEY_SEED: seed_take(p); break;
    case KEY_REPORT:
        p->l->report_fd = fd_take(p);
        p->l->has_report = true;
        break;
    case KEY_IMAGES: images_take(p); break;
    case KEY_VOLUMES: volumes_take(p); break;
    default: refuse(p, ERR_UNSUPPORTED); /* a field that we would otherwise ignore */
    }
}

enum err launch_parse(struct launch *out, struct bytes raw)
{
    struct parse p = { .r = reader_of(raw), .l = out };
    uint64_t key = 0, next = 0;

    launch_init(out);
    if (raw.size > LAUNCH_SIZE_MAX)
        return ERR_LIMIT;
    for (struct cbor_map m = cbor_map_open(&p.r); cbor_map_next_uint(&m, &key);) {
        if (next < KEYS_REQUIRED && key != next)
            refuse(&p, ERR_MALFORMED);
        next++;
        if (!p.r.bad)
            field_take(&p, key);
    }
    if (p.e != ERR_OK)
        return p.e;
    if (!reader_done(&p.r) || next < KEYS_REQUIRED)
        return ERR_MALFORMED;
    return ERR_OK;
}

void launch_report_write(struct writer *w, const struct launch_report *report)
{
    cbor_put_array(w, 5);
    cbor_put_uint(w, report->compile_us);
    cbor_put_uint(w, report->run_us);
    cbor_put_uint(w, report->code_bytes);
    cbor_put_uint(w, report->memory_peak_bytes);
    cbor_put_uint(w, report->fuel_used);
}

enum err launch_report_parse(struct launch_report *out, struct bytes raw)
{
    struct reader r = reader_of(raw);
    struct launch_report t = { 0 };

    if (cbor_take_array(&r) != 5)
        return ERR_MALFORMED;
    t.compile_us = cbor_take_uint(&r);
    t.run_us = cbor_take_uint(&r);
    t.code_bytes = cbor_take_uint(&r);
    t.memory_peak_bytes = cbor_take_uint(&r);
    t.fuel_used = cbor_take_uint(&r);
    if (!reader_done(&r))
        return ERR_MALFORMED;
    *out = t;
    return ERR_OK;
}
