#include "attest/dcap/tcb_info.h"

#include "base/moment.h"
#include "base/num.h"
#include "base/reader.h"
#include "base/writer.h"
#include "codec/pem.h"

bool json_read_fail(struct json_read *r, enum err e, const char *what)
{
    if (r->e == ERR_OK) {
        r->e = e;
        r->fault = what;
    }
    return false;
}

static const struct json *member(struct json_read *r, const struct json *o, const char *name,
                                 enum json_type type)
{
    const struct json *m = r->e == ERR_OK ? json_get_type(o, name, type) : NULL;

    if (m == NULL)
        json_read_fail(r, ERR_MALFORMED, name);
    return m;
}

int64_t json_read_uint(struct json_read *r, const struct json *o, const char *name, int64_t most)
{
    int64_t n = 0;

    if (!json_integer_between(&n, member(r, o, name, JSON_NUMBER), 0, most))
        json_read_fail(r, ERR_MALFORMED, name);
    return n;
}

struct bytes json_read_text(struct json_read *r, const struct json *o, const char *name)
{
    const struct json *m = member(r, o, name, JSON_STRING);

    /* Vendors write these without escapes, and other parsers differ in what they make of one. */
    if (m != NULL && m->is_escaped)
        json_read_fail(r, ERR_MALFORMED, name);
    return r->e == ERR_OK ? json_text(m) : (struct bytes){ 0 };
}

void json_read_hex(struct json_read *r, uint8_t *out, size_t size, const struct json *o,
                   const char *name)
{
    struct bytes text = json_read_text(r, o, name);
    size_t got = 0;

    if (r->e == ERR_OK && (hex_decode(out, size, &got, text, false) != ERR_OK || got != size))
        json_read_fail(r, ERR_MALFORMED, name);
}

/* "2024-03-13T00:00:00Z" and nothing else of what RFC 3339 allows. */
static int64_t read_date(struct json_read *r, const struct json *o, const char *name)
{
    struct bytes text = json_read_text(r, o, name);
    int64_t at = 0;

    if (r->e == ERR_OK && (text.size != MOMENT_TEXT_SIZE - 1 || moment_parse(&at, text) != ERR_OK))
        json_read_fail(r, ERR_MALFORMED, name);
    return at;
}

static const struct json *read_advisories(struct json_read *r, const struct json *o)
{
    const struct json *list = r->e == ERR_OK ? json_get(o, "advisoryIDs") : NULL;

    if (list == NULL)
        return NULL;
    if (list->type != JSON_ARRAY) {
        json_read_fail(r, ERR_MALFORMED, "advisoryIDs");
        return NULL;
    }
    for (const struct json *a = list->first; a != NULL; a = a->next)
        if (a->type != JSON_STRING || a->is_escaped || a->text.size == 0)
            json_read_fail(r, ERR_MALFORMED, "advisoryIDs");
    return list;
}

/* TCB statuses of the specification; quoting enclaves and modules know three of them. */
static enum tcb_status read_status(struct json_read *r, const struct json *o, bool is_isv)
{
    enum tcb_status s = tcb_status_named(json_read_text(r, o, "tcbStatus"));
    bool good = is_isv ? s == TCB_UP_TO_DATE || s == TCB_OUT_OF_DATE || s == TCB_REVOKED
                       : s != TCB_STATUS_NONE && s != TCB_NOT_SUPPORTED &&
                             s != TCB_TD_RELAUNCH_ADVISED &&
                             s != TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED;

    if (!good)
        json_read_fail(r, ERR_MALFORMED, "tcbStatus");
    return s;
}

/* The elements of an array of at least one. */
static uint32_t read_list(struct json_read *r, const struct json **first, const struct json *o,
                          const char *name, uint32_t most)
{
    const struct json *list = member(r, o, name, JSON_ARRAY);

    if (list == NULL)
        return 0;
    if (list->count == 0)
        json_read_fail(r, ERR_MALFORMED, name);
    if (list->count > most)
        json_read_fail(r, ERR_LIMIT, name);
    *first = list->first;
    return r->e == ERR_OK ? list->count : 0;
}

static void *read_room(struct json_read *r, size_t count, size_t size)
{
    void *at = arena_array(r->arena, count, size);

    if (at == NULL)
        json_read_fail(r, ERR_NOMEM, "memory");
    return at;
}

struct isv_levels json_read_isv_levels(struct json_read *r, const struct json *o, int64_t svn_most)
{
    const struct json *j = NULL;
    uint32_t count = read_list(r, &j, o, "tcbLevels", TCB_LEVELS_MAX);
    struct isv_levels out = { read_room(r, count, sizeof *out.at), count };

    for (uint32_t i = 0; i < count && r->e == ERR_OK && out.at != NULL; i++, j = j->next) {
        struct isv_level *l = &out.at[i];

        l->isv_svn =
            (uint16_t)json_read_uint(r, member(r, j, "tcb", JSON_OBJECT), "isvsvn", svn_most);
        l->date = read_date(r, j, "tcbDate");
        l->status = read_status(r, j, true);
        l->advisories = read_advisories(r, j);
    }
    return out;
}

void signed_json_read(struct signed_json *out, struct json_read *r, const char *name)
{
    struct json *whole = NULL;
    struct json_error error = { 0, "" };

    r->e = json_parse(&whole, r->arena, r->text, &error);
    if (r->e != ERR_OK) {
        r->fault = error.expected != NULL ? error.expected : "JSON";
        r->offset = error.offset;
        return;
    }
    out->inner = member(r, whole, name, JSON_OBJECT);
    json_read_hex(r, out->signature, sizeof out->signature, whole, "signature");
    if (r->e == ERR_OK)
        out->text = out->inner->raw;
    out->issue_date = read_date(r, out->inner, "issueDate");
    out->next_update = read_date(r, out->inner, "nextUpdate");
    out->evaluation = (uint32_t)json_read_uint(r, out->inner, "tcbEvaluationDataNumber", INT32_MAX);
}

/* Version 2: sixteen members of their own names. */
static void read_comp_v2(struct json_read *r, uint8_t out[TCB_COMPONENT_COUNT],
                         const struct json *tcb)
{
    static const char *const names[] = TCB_COMPONENT_NAMES("sgxtcbcomp");

    for (uint32_t i = 0; i < TCB_COMPONENT_COUNT; i++)
        out[i] = (uint8_t)json_read_uint(r, tcb, names[i], 255);
}

/* Version 3: an array of sixteen {"svn": n}. */
static void read_comp_v3(struct json_read *r, uint8_t out[TCB_COMPONENT_COUNT],
                         const struct json *tcb, const char *name)
{
    const struct json *j = NULL;
    uint32_t count = read_list(r, &j, tcb, name, TCB_COMPONENT_COUNT);

    if (count != TCB_COMPONENT_COUNT) {
        json_read_fail(r, ERR_MALFORMED, name);
        return;
    }
    for (uint32_t i = 0; i < count; i++, j = j->next)
        out[i] = (uint8_t)json_read_uint(r, j, "svn", 255);
}

static void read_levels(struct json_read *r, struct tcb_info *t)
{
    const struct json *j = NULL;

    t->level_count = read_list(r, &j, t->is.inner, "tcbLevels", TCB_LEVELS_MAX);
    t->levels = read_room(r, t->level_count, sizeof *t->levels);
    for (uint32_t i = 0; i < t->level_count && r->e == ERR_OK; i++, j = j->next) {
        struct tcb_level *l = &t->levels[i];
        const struct json *tcb = member(r, j, "tcb", JSON_OBJECT);

        if (t->version == 2)
            read_comp_v2(r, l->sgx, tcb);
        else
            read_comp_v3(r, l->sgx, tcb, "sgxtcbcomponents");
        if (t->is_tdx)
            read_comp_v3(r, l->tdx, tcb, "tdxtcbcomponents");
        l->pce_svn = (uint16_t)json_read_uint(r, tcb, "pcesvn", 65535);
        l->date = read_date(r, j, "tcbDate");
        l->status = read_status(r, j, false);
        l->advisories = read_advisories(r, j);
    }
}

static void read_module(struct json_read *r, struct tdx_module *m, const struct json *o)
{
    json_read_hex(r, m->mr_signer, sizeof m->mr_signer, o, "mrsigner");
    json_read_hex(r, m->attributes, sizeof m->attributes, o, "attributes");
    json_read_hex(r, m->attributes_mask, sizeof m->attributes_mask, o, "attributesMask");
}

/* "TDX_01": one module's version in hex, in either case. */
static uint8_t read_module_version(struct json_read *r, const struct json *o)
{
    struct reader id = reader_of(json_read_text(r, o, "id"));
    uint8_t version = 0;
    size_t got = 0;

    if (!bytes_equal(reader_take(&id, 4), BYTES_TEXT("TDX_")) ||
        hex_decode(&version, 1, &got, reader_take(&id, 2), false) != ERR_OK || got != 1 ||
        !reader_done(&id))
        json_read_fail(r, ERR_MALFORMED, "id");
    return version;
}

static void read_modules(struct json_read *r, struct tcb_info *t)
{
    const struct json *j = NULL;

    t->has_module = true;
    read_module(r, &t->module, member(r, t->is.inner, "tdxModule", JSON_OBJECT));
    if (r->e != ERR_OK || json_get(t->is.inner, "tdxModuleIdentities") == NULL)
        return;
    t->module_count = read_list(r, &j, t->is.inner, "tdxModuleIdentities", TCB_MODULES_MAX);
    t->modules = read_room(r, t->module_count, sizeof *t->modules);
    for (uint32_t i = 0; i < t->module_count && r->e == ERR_OK; i++, j = j->next) {
        t->modules[i].version = read_module_version(r, j);
        read_module(r, &t->modules[i], j);
        t->modules[i].levels = json_read_isv_levels(r, j, 255);
    }
}

static void read_info(struct json_read *r, struct tcb_info *t)
{
    const struct json *o;

    signed_json_read(&t->is, r, "tcbInfo");
    o = t->is.inner;
    t->version = (uint32_t)json_read_uint(r, o, "version", INT32_MAX);
    if (r->e == ERR_OK && t->version != 2 && t->version != 3)
        json_read_fail(r, ERR_UNSUPPORTED, "version 2 or 3");
    if (t->version == 3) {
        struct bytes id = json_read_text(r, o, "id");

        t->is_tdx = bytes_equal(id, BYTES_TEXT("TDX"));
        if (!t->is_tdx && !bytes_equal(id, BYTES_TEXT("SGX")))
            json_read_fail(r, ERR_MALFORMED, "id");
    }
    json_read_hex(r, t->fmspc, sizeof t->fmspc, o, "fmspc");
    t->has_pce_id = t->version == 3 || json_get(o, "pceId") != NULL;
    if (t->has_pce_id)
        json_read_hex(r, t->pce_id, sizeof t->pce_id, o, "pceId");
    /* Type 0 is the way to compare levels that level.c knows. */
    if (json_read_uint(r, o, "tcbType", INT32_MAX) != 0)
        json_read_fail(r, ERR_UNSUPPORTED, "tcbType 0");
    if (t->is_tdx)
        read_modules(r, t);
    read_levels(r, t);
}

enum err tcb_info_parse(struct tcb_info *out, struct arena *arena, struct bytes text,
                        const char **fault, size_t *offset)
{
    struct json_read r = { .arena = arena, .text = text, .fault = "" };
    struct tcb_info t = { 0 };

    read_info(&r, &t);
    if (fault != NULL)
        *fault = r.fault;
    if (offset != NULL)
        *offset = r.offset;
    if (r.e == ERR_OK)
        *out = t;
    return r.e;
}

/* "tcbEvaluationDataNumber" as "tcb_evaluation_data_number", "advisoryIDs" as "advisory_ids". */
static const char *snake_case(struct arena *arena, struct bytes name)
{
    size_t room = 2 * name.size + 1;
    char *text = arena_alloc(arena, room);
    struct writer w = writer_of(text, text != NULL ? room : 0);
    bool was_small = false;

    for (size_t i = 0; i < name.size; i++) {
        bool is_large = name.data[i] >= 'A' && name.data[i] <= 'Z';

        if (is_large && was_small)
            writer_u8(&w, '_');
        writer_u8(&w, (uint8_t)(is_large ? name.data[i] | 0x20 : name.data[i]));
        was_small = !is_large;
    }
    return text != NULL ? text : "";
}

static void value_fields(struct fields *f, const char *name, const struct json *j)
{
    if (j->type == JSON_NUMBER && j->is_integer)
        fields_int(f, name, j->integer);
    else if (j->type == JSON_BOOL)
        fields_bool(f, name, j->truth);
    else if (j->type == JSON_NULL)
        fields_null(f, name);
    else
        fields_text(f, name, j->text);
}

/* Values may nest as deep as the parser takes them, so that the way back is a list. */
static void tree_fields(struct fields *f, const struct json *j)
{
    const struct json *back[JSON_DEPTH_MAX + 1];
    uint32_t depth = 0;

    while (j != NULL || depth > 0) {
        if (j == NULL) {
            fields_end(f);
            j = back[--depth];
            continue;
        }

        const char *name = j->key.size != 0 ? snake_case(f->arena, j->key) : NULL;
        bool is_list = j->type == JSON_ARRAY;

        if (!is_list && j->type != JSON_OBJECT) {
            value_fields(f, name, j);
            j = j->next;
            continue;
        }
        if (depth > JSON_DEPTH_MAX)
            return;
        (is_list ? fields_list : fields_group)(f, name);
        back[depth++] = j->next;
        j = j->first;
    }
}

void signed_json_fields(struct fields *f, const struct signed_json *s)
{
    tree_fields(f, s->inner->first);
    fields_bytes(f, "signature", BYTES_OF(s->signature));
}
