/* judge.c: NVIDIA GPUs and NVSwitches: each report of a machine, its device's certificates,
 * and the reference manifests of its driver and VBIOS (NVIDIA/nvtrust, local_gpu_verifier). */
#include "attest/judge.h"

#include "attest/nvidia/chain.h"
#include "attest/nvidia/report.h"
#include "attest/nvidia/rim.h"
#include "attest/roots.h"
#include "base/ct.h"
#include "base/num.h"
#include "codec/pem.h"
#include "crypto/hash.h"

#define DEVICES_MAX 64u

static const uint8_t oid_composite_id[] = { 0x67, 0x81, 0x05, 0x05, 0x04, 0x01 };
static const uint8_t oid_tcb_info[] = { 0x67, 0x81, 0x05, 0x05, 0x04, 0x01, 0x01 };

struct device {
    const struct exhibit *evidence;
    struct nvidia_report report;
    struct chain chain;
    struct bytes family, model; /* "GH100", "GH100-A01" */
    uint32_t rims_used;
};

/* --- the device's certificate */

/* The certificates that came with this report; else those that came beside it. The device's
 * own is the one that is no authority. */
static const struct exhibit *leaf_find(const struct judge_context *x, const struct exhibit *e)
{
    uint32_t parent = (uint32_t)(e - x->exhibits->items) + 1;
    const struct exhibit *first = NULL;

    for (int pass = 0; pass < 2 && first == NULL; pass++) {
        const struct exhibit *cert = NULL;

        while (first == NULL && (cert = exhibit_next(x->exhibits, EXHIBIT_CERT, cert)) != NULL) {
            struct x509 parsed;

            if (cert->role == EXHIBIT_ROOT || cert->parent != (pass == 0 ? parent : 0))
                continue;
            if (x509_parse(&parsed, cert->raw) == ERR_OK && !parsed.is_ca)
                first = cert;
        }
    }
    return first;
}

/* FWID ::= SEQUENCE { hashAlg OBJECT IDENTIFIER, digest OCTET STRING } (TCG DICE Attestation
 * Architecture 1.1, 6.1.1), in a composite device id or in the list of a TcbInfo. */
static bool fwid_is_in(struct reader r, struct bytes fwid)
{
    while (reader_ok(&r) && r.left > 0) {
        struct reader id;

        if (der_peek(&r) != DER_SEQUENCE) {
            (void)der_take_raw(&r);
            continue;
        }
        id = der_enter(&r, DER_SEQUENCE);
        if (der_peek(&id) != DER_OID)
            continue;
        (void)der_take_oid(&id);
        if (der_peek(&id) == DER_OCTET_STRING && ct_equal(der_take(&id, DER_OCTET_STRING), fwid) &&
            reader_done(&id))
            return true;
    }
    return false;
}

static bool certificate_has_fwid(const struct x509 *leaf, struct bytes fwid)
{
    const struct x509_extension *e = x509_extension(leaf, BYTES_OF(oid_composite_id));
    struct reader outer, r;

    if (e != NULL) {
        outer = reader_of(e->value);
        return fwid_is_in(der_enter(&outer, DER_SEQUENCE), fwid);
    }
    e = x509_extension(leaf, BYTES_OF(oid_tcb_info));
    if (e == NULL)
        return false;
    outer = reader_of(e->value);
    for (r = der_enter(&outer, DER_SEQUENCE); reader_ok(&r) && r.left > 0;) {
        if (der_peek(&r) == DER_CONTEXT_CONSTRUCTED(6)) /* fwids [6] IMPLICIT FWIDLIST */
            return fwid_is_in(der_enter(&r, DER_CONTEXT_CONSTRUCTED(6)), fwid);
        (void)der_take_raw(&r);
    }
    return false;
}

static bool check_fwid(struct verdict *v, const struct device *d)
{
    struct bytes fwid = nvidia_opaque(&d->report, NVIDIA_FWID);

    if (fwid.size == 0) { /* switches, and GPUs with drivers before 550 */
        verdict_pass(v, REASON_fwid_mismatch, "%s: the report names no FWID", d->evidence->name);
        return true;
    }
    return verdict_check(v, !ct_zero(fwid) && certificate_has_fwid(&d->chain.certs[0], fwid),
                         REASON_fwid_mismatch, "%s: FWID of the device certificate",
                         d->evidence->name);
}

/* --- one report */

static bool check_form(struct verdict *v, const struct judge_context *x, struct device *d)
{
    const struct exhibit *e = d->evidence;
    struct bytes trailing;

    switch (nvidia_report_parse(&d->report, e->raw)) {
    case ERR_OK: break;
    case ERR_UNSUPPORTED:
        return verdict_fail_at(v, REASON_unsupported_version, e->name, 0, "SPDM version %02x",
                               d->report.version);
    default:
        return verdict_fail_at(v, REASON_malformed, e->name, VERDICT_NO_OFFSET,
                               "SPDM measurements");
    }
    trailing = d->report.trailing;
    if (trailing.size == 0)
        return true;
    /* Some tools leave a buffer's zeros, or the end of a line. */
    if (!x->rules.trailing_bytes_allowed ||
        !(ct_zero(trailing) || bytes_equal(trailing, BYTES_TEXT("\n")) ||
          bytes_equal(trailing, BYTES_TEXT("\r\n"))))
        return verdict_fail_at(v, REASON_trailing_bytes, e->name, e->raw.size - trailing.size,
                               "%zu bytes", trailing.size);
    verdict_waive(v, REASON_trailing_bytes, "%zu bytes", trailing.size);
    return true;
}

static bool check_chain(struct verdict *v, struct claims *c, const struct judge_context *x,
                        struct device *d)
{
    struct nvidia_chain_profile profile = {
        .chain = { .what = "NVIDIA device certificate" },
    };
    const struct exhibit *leaf = leaf_find(x, d->evidence);

    if (leaf == NULL)
        return verdict_fail_at(v, REASON_certificate_missing, d->evidence->name, VERDICT_NO_OFFSET,
                               "the device's certificate chain");
    profile.roots = roots_nvidia_device(&profile.root_count);
    return nvidia_chain_check(&d->chain, v, c, x, leaf->raw, NULL, 0, &profile);
}

static bool check_signature(struct verdict *v, const struct device *d)
{
    const struct public_key *key = &d->chain.certs[0].key;

    if (key->kind != KEY_P384)
        return verdict_fail(v, REASON_unsupported_algorithm, "the device's key is not P-384");
    return signature_report(v,
                            signature_check(key, SIGNATURE_ECDSA_SHA384, d->report.signed_part,
                                            d->report.signature, NULL),
                            REASON_bad_spdm_signature, d->evidence->name);
}

/* Both names begin with the same `size` bytes. The leaf is the device's own word about itself: what
 * NVIDIA has certified is the authority that it was issued by. */
static bool names_agree(const struct chain *chain, size_t size)
{
    struct reader leaf = reader_of(x509_name_cn(chain->certs[0].subject));
    struct reader device = reader_of(x509_name_cn(chain->certs[1].subject));

    return bytes_equal(reader_take(&leaf, size), reader_take(&device, size));
}

/* "GH100 A01 GSP FMC LF": the chip, its stepping, the rest; switches say "LS_10". */
static bool read_chip(struct verdict *v, const struct judge_context *x, struct device *d)
{
    struct bytes cn = x509_name_cn(d->chain.certs[0].subject);
    char *text = arena_alloc(x->arena, cn.size + 1);
    size_t words = 0, family = 0, model = 0, i;

    if (text == NULL)
        return verdict_fail(v, REASON_out_of_memory, "name of the chip");
    for (i = 0; i < cn.size; i++) {
        if (cn.data[i] == ' ' && ++words == 2)
            break;
        if (cn.data[i] == '_')
            continue;
        text[model++] = cn.data[i] == ' ' ? '-' : (char)cn.data[i];
        if (words == 0)
            family = model;
    }
    if (d->chain.count > 2 && !names_agree(&d->chain, i))
        return verdict_fail_at(v, REASON_certificate_chain_invalid, d->evidence->name,
                               VERDICT_NO_OFFSET, "the device was certified as another chip");
    d->family = (struct bytes){ (const uint8_t *)text, family };
    d->model = (struct bytes){ (const uint8_t *)text, model };
    return true;
}

static bool check_device(struct verdict *v, struct claims *c, const struct judge_context *x,
                         struct device *d)
{
    return check_form(v, x, d) && check_chain(v, c, x, d) && check_signature(v, d) &&
           check_fwid(v, d) && judge_report_data(v, c, x, d->report.request_nonce) &&
           read_chip(v, x, d) && rims_compare(v, c, x, &d->report, d->family, &d->rims_used);
}

/* --- claims */

/* The serial number of the subject is in hex. */
static void chip_claims(struct claims *c, const struct judge_context *x, const struct device *d)
{
    static const uint8_t oid_serial[] = { 0x55, 0x04, 0x05 };
    struct bytes serial = x509_name_attribute(d->chain.certs[0].subject, BYTES_OF(oid_serial));
    uint8_t *id = arena_alloc(x->arena, serial.size / 2 + 1);
    size_t size = 0;

    c->chip_family = d->family;
    c->chip_model = d->model;
    if (id != NULL && hex_decode(id, serial.size / 2 + 1, &size, serial, false) == ERR_OK)
        c->chip_id = (struct bytes){ id, size };
    else
        c->chip_id = serial;
}

/* "550.90.07" as 550090007: a number that grows with the version. */
static uint64_t version_number(struct bytes text)
{
    uint64_t parts[3] = { 0 };
    size_t part = 0;

    for (size_t i = 0; i < text.size && part < COUNT_OF(parts); i++)
        if (text.data[i] == '.')
            part++;
        else if (text.data[i] >= '0' && text.data[i] <= '9' && parts[part] < 1000000)
            parts[part] = parts[part] * 10 + (uint64_t)(text.data[i] - '0');
    return (parts[0] * 1000 + parts[1] % 1000) * 1000 + parts[2] % 1000;
}

static void device_fields(struct fields *f, const struct device *d)
{
    char name[256];

    x509_name_text(name, sizeof name, d->chain.certs[0].subject);
    fields_string(f, "leaf_subject", verdict_format(f->arena, "%s", name));
    nvidia_report_fields(f, &d->report);
    fields_uint(f, "reference_manifests", d->rims_used);
}

static bool device_claims(struct verdict *v, struct claims *c, const struct judge_context *x,
                          const struct device *d)
{
    uint8_t *summary = arena_alloc(x->arena, NVIDIA_DIGEST_SIZE);
    struct bytes driver = nvidia_text(nvidia_opaque(&d->report, NVIDIA_DRIVER_VERSION));
    struct bytes vbios = nvidia_opaque(&d->report, NVIDIA_VBIOS_VERSION);
    struct reader r = reader_of(vbios);

    if (summary == NULL)
        return verdict_fail(v, REASON_out_of_memory, "claims");
    /* What SPDM calls a measurement summary: the hash of all blocks (10.11.1). */
    if (hash_bytes(HASH_SHA384, summary, d->report.record) != ERR_OK)
        return verdict_fail(v, REASON_crypto_failed, "hash of the measurements");
    c->vendor = "NVIDIA";
    c->is_hardware = d->chain.root != NULL;
    chip_claims(c, x, d);
    c->measurement = (struct bytes){ summary, NVIDIA_DIGEST_SIZE };
    c->report_data = d->report.request_nonce;
    if (driver.size > 0)
        claims_part(c, "driver", version_number(driver));
    if (vbios.size == 8) {
        uint64_t four = reader_u32le(&r);

        claims_part(c, "vbios", four << 8 | reader_u8(&r));
    }
    for (uint32_t i = 0; i < 256; i++)
        if (d->report.measurements[i].size > 0)
            claims_register(c, fields_name(&c->own, "measurement", i), d->report.measurements[i]);
    device_fields(&c->own, d);
    return true;
}

/* The same bytes again: nothing that has not been judged. */
static bool is_again(struct device *const *devices, uint32_t count, const struct exhibit *e)
{
    for (uint32_t i = 0; i < count; i++)
        if (bytes_equal(devices[i]->evidence->raw, e->raw))
            return true;
    return false;
}

/* One device asked twice is one device: its key tells. */
static bool is_known(struct device *const *devices, uint32_t count, const struct device *d)
{
    for (uint32_t i = 0; i < count; i++)
        if (key_equal(&devices[i]->chain.certs[0].key, &d->chain.certs[0].key))
            return true;
    return false;
}

/* The claims of a further device, behind those of the first: a policy judges each. */
static struct claims *claims_behind(struct claims *first, const struct judge_context *x)
{
    struct claims *c = arena_alloc(x->arena, sizeof *c);

    if (c == NULL)
        return NULL;
    fields_init(&c->own, x->arena);
    c->platform = PLATFORM_NVIDIA;
    c->next = first->next;
    first->next = c;
    return c;
}

bool nvidia_judge(struct verdict *v, struct claims *c, const struct judge_context *x,
                  const struct exhibit *e)
{
    struct device *devices[DEVICES_MAX];
    const struct exhibit *next = NULL;
    uint32_t count = 0;

    (void)e; /* a machine is judged whole: every report that was given */
    c->platform = PLATFORM_NVIDIA;
    while ((next = exhibit_next(x->exhibits, EXHIBIT_NVIDIA_REPORT, next)) != NULL) {
        if (is_again(devices, count, next))
            continue;

        struct device *d = arena_alloc(x->arena, sizeof *d);
        struct claims *its = count == 0 ? c : claims_behind(c, x);

        if (d == NULL || its == NULL || count == DEVICES_MAX)
            return verdict_fail(v, REASON_out_of_memory, "%u devices", count + 1);
        d->evidence = next;
        if (!check_device(v, its, x, d) || !device_claims(v, its, x, d))
            return false;
        if (!is_known(devices, count, d))
            devices[count++] = d;
    }
    if (count == 0)
        return verdict_fail(v, REASON_evidence_missing, "an NVIDIA report");
    for (const struct claims *its = c->next; its != NULL; its = its->next) {
        c->is_hardware &= its->is_hardware;
        if (its->valid_until != 0)
            claims_until(c, its->valid_until);
    }
    fields_uint(&c->own, "count", count);
    fields_list(&c->own, "devices");
    for (uint32_t i = 0; i < count && count > 1; i++) {
        fields_group(&c->own, NULL);
        device_fields(&c->own, devices[i]);
        fields_end(&c->own);
    }
    fields_end(&c->own);
    return true;
}
