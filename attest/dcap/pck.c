#include "attest/dcap/pck.h"

/* 1.2.840.113741.1.13.1, and below it one number more. */
static const uint8_t sgx_oid[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01 };
#define TCB_PCESVN 17u
#define TCB_CPUSVN 18u

bool pck_is(const struct x509 *c) { return x509_extension(c, BYTES_OF(sgx_oid)) != NULL; }

/* The last numbers of an OID below `sgx_oid`, `depth` of them; marks r bad for others. */
static void oid_take(uint8_t out[2], uint32_t depth, struct reader *r)
{
    struct reader oid = reader_of(der_take_oid(r));

    if (!bytes_equal(reader_take(&oid, sizeof sgx_oid), BYTES_OF(sgx_oid)))
        reader_fail(r);
    for (uint32_t i = 0; i < depth; i++)
        out[i] = reader_u8(&oid);
    if (!reader_done(&oid))
        reader_fail(r);
}

/* Each part stands once. */
static void seen(uint32_t *mask, uint32_t bit, struct reader *r)
{
    if (*mask & 1u << bit)
        reader_fail(r);
    *mask |= 1u << bit;
}

static struct bytes octets_take(struct reader *r, size_t size)
{
    struct bytes b = der_take(r, DER_OCTET_STRING);

    if (b.size != size)
        reader_fail(r);
    return b;
}

static void tcb_take(struct pck *p, struct reader *r)
{
    uint32_t mask = 0;

    while (reader_ok(r) && r->left > 0) {
        struct reader pair = der_enter(r, DER_SEQUENCE);
        uint8_t at[2] = { 0 };

        oid_take(at, 2, &pair);
        if (at[0] != 2 || at[1] < 1 || at[1] > TCB_CPUSVN) {
            reader_fail(r);
            return;
        }
        seen(&mask, at[1], r);
        if (at[1] == TCB_CPUSVN) {
            p->cpu_svn = octets_take(&pair, 16);
        } else {
            uint64_t n = der_take_uint(&pair, DER_INTEGER);

            if (n > (at[1] == TCB_PCESVN ? 0xffffu : 0xffu))
                reader_fail(r);
            if (at[1] == TCB_PCESVN)
                p->pce_svn = (uint16_t)n;
            else
                p->comp[at[1] - 1u] = (uint8_t)n;
        }
        if (!reader_done(&pair))
            reader_fail(r);
    }
    if (mask != 0x7fffeu) /* all of 1 to 18 */
        reader_fail(r);
}

static void configuration_take(struct pck *p, struct reader *r)
{
    uint32_t mask = 0;

    while (reader_ok(r) && r->left > 0) {
        struct reader pair = der_enter(r, DER_SEQUENCE);
        uint8_t at[2] = { 0 };

        oid_take(at, 2, &pair);

        bool truth = der_take_bool(&pair);

        if (!reader_done(&pair) || at[0] != 7 || at[1] < 1 || at[1] > 3) {
            reader_fail(r);
            return;
        }
        seen(&mask, at[1], r);
        *(at[1] == 1   ? &p->dynamic_platform
          : at[1] == 2 ? &p->cached_keys
                       : &p->smt_enabled) = truth;
    }
    p->has_configuration = true;
    p->has_dynamic_platform = (mask & 2u) != 0;
    p->has_cached_keys = (mask & 4u) != 0;
    p->has_smt_enabled = (mask & 8u) != 0;
}

static void part_take(struct pck *p, uint8_t number, struct reader *pair)
{
    struct reader in;

    switch (number) {
    case 1: p->ppid = octets_take(pair, 16); return;
    case 2:
    case 7:
        in = der_enter(pair, DER_SEQUENCE);
        if (number == 2)
            tcb_take(p, &in);
        else
            configuration_take(p, &in);
        if (!reader_done(&in))
            reader_fail(pair);
        return;
    case 3: p->pce_id = octets_take(pair, 2); return;
    case 4: p->fmspc = octets_take(pair, 6); return;
    case 5: {
        uint64_t type = der_take_uint(pair, DER_ENUMERATED);

        if (type > 2)
            reader_fail(pair);
        p->sgx_type = (uint8_t)type;
        return;
    }
    case 6: p->platform_instance_id = octets_take(pair, 16); return;
    default: reader_fail(pair);
    }
}

enum err pck_parse(struct pck *out, const struct x509 *c)
{
    const struct x509_extension *x = x509_extension(c, BYTES_OF(sgx_oid));
    struct pck p = { 0 };
    uint32_t mask = 0;

    if (x == NULL)
        return ERR_MALFORMED;

    struct reader whole = reader_of(x->value);
    struct reader r = der_enter(&whole, DER_SEQUENCE);

    while (reader_ok(&r) && r.left > 0) {
        struct reader pair = der_enter(&r, DER_SEQUENCE);
        uint8_t at[2] = { 0 };

        oid_take(at, 1, &pair);
        if (!reader_ok(&pair) || at[0] > 7)
            return ERR_MALFORMED;
        seen(&mask, at[0], &r);
        part_take(&p, at[0], &pair);
        if (!reader_done(&pair))
            return ERR_MALFORMED;
    }
    if (!reader_done(&r) || !reader_done(&whole) || (mask & 0x3eu) != 0x3eu) /* 1 to 5 */
        return ERR_MALFORMED;
    *out = p;
    return ERR_OK;
}

void pck_describe(struct fields *f, const char *group, const struct pck *p, const struct x509 *c)
{
    char *issuer = arena_alloc(f->arena, 256);

    fields_group(f, group);
    fields_bytes(f, "serial", c->serial);
    if (issuer != NULL) {
        x509_name_text(issuer, 256, c->issuer);
        fields_string(f, "issuer", issuer);
    }
    fields_bytes(f, "ppid", p->ppid);
    fields_list(f, "sgx_tcb_comp_svn");
    for (uint32_t i = 0; i < TCB_COMPONENT_COUNT; i++)
        fields_uint(f, NULL, p->comp[i]);
    fields_end(f);
    fields_uint(f, "pcesvn", p->pce_svn);
    fields_bytes(f, "cpusvn", p->cpu_svn);
    fields_bytes(f, "pceid", p->pce_id);
    fields_bytes(f, "fmspc", p->fmspc);
    fields_uint(f, "sgx_type", p->sgx_type);
    if (p->platform_instance_id.size != 0)
        fields_bytes(f, "platform_instance_id", p->platform_instance_id);
    if (p->has_configuration) {
        fields_group(f, "configuration");
        if (p->has_dynamic_platform)
            fields_bool(f, "dynamic_platform", p->dynamic_platform);
        if (p->has_cached_keys)
            fields_bool(f, "cached_keys", p->cached_keys);
        if (p->has_smt_enabled)
            fields_bool(f, "smt_enabled", p->smt_enabled);
        fields_end(f);
    }
    fields_end(f);
}
