#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/measure.h"
#include "codec/json_write.h"
#include "codec/pem.h"

struct measure_io *measure_begin(void)
{
    static struct measure_io m;

    verify_input_init(&m.in);
    fields_init(&m.fields, &m.in.arena);
    return &m;
}

static void fields_show(struct writer *w, void *context)
{
    struct measure_io *m = context;
    struct json_write j = json_write_to(w, true);

    if (!m->json) {
        fields_print(w, &m->fields);
        return;
    }
    json_write_open(&j, NULL, '{');
    fields_json(&j, &m->fields);
    json_write_close(&j, '}');
    writer_u8(w, '\n');
}

int measure_end(struct measure_io *m, int code)
{
    int printed = m->fields.root.first != NULL ? verify_output(fields_show, m) : 0;

    verify_input_done(&m->in);
    return printed != 0 ? printed : code;
}

bool measure_hex(struct bytes *out, struct measure_io *m, const char *text, size_t size)
{
    size_t room = strlen(text) / 2, found;
    uint8_t *at = arena_alloc(&m->in.arena, room + 1);

    if (at == NULL || (size != 0 && room != size) ||
        hex_decode(at, room, &found, (struct bytes){ (const uint8_t *)text, strlen(text) },
                   false) != ERR_OK)
        return false;
    *out = (struct bytes){ at, found };
    return true;
}

bool measure_number(uint64_t *out, const char *text, uint64_t most)
{
    char *end;

    if (text[0] < '0' || text[0] > '9')
        return false; /* strtoull takes signs and blanks */
    errno = 0;
    *out = strtoull(text, &end, text[1] == 'x' ? 16 : 10);
    return errno == 0 && *end == '\0' && *out <= most;
}

void measure_field(struct measure_io *m, const char *name, const uint8_t *data, size_t size)
{
    uint8_t *copy = arena_alloc(&m->in.arena, size);

    if (copy == NULL) {
        m->fields.is_cut = true;
        return;
    }
    memcpy(copy, data, size);
    fields_bytes(&m->fields, name, (struct bytes){ copy, size });
}
