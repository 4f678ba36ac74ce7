/* protobuf.c: go-tpm-tools' Attestation message (proto/attest.proto), taken apart:
 *
 *   Attestation { ak_pub = 1, quotes = 2, event_log = 3, ak_cert = 6, intermediate_certs = 7 }
 *   tpm.Quote { quote = 1, raw_sig = 2, pcrs = 3 }
 *   tpm.PCRs { hash = 1, map<uint32, bytes> pcrs = 2 } with entries { key = 1, value = 2 }
 *
 * The encoding is that of Protocol Buffers: varint tags, length-delimited fields. */
#include "attest/tpm/event_log.h"
#include "attest/tpm/form.h"
#include "attest/verdict.h"
#include "base/writer.h"

#define WIRE_VARINT 0u
#define WIRE_FIXED64 1u
#define WIRE_BYTES 2u
#define WIRE_FIXED32 5u
#define ATTESTATION_AK 1u
#define ATTESTATION_QUOTE 2u
#define ATTESTATION_LOG 3u
#define ATTESTATION_CERTIFICATE 6u
#define ATTESTATION_INTERMEDIATE 7u

struct proto_field {
    uint64_t number;
    uint64_t varint;
    struct bytes bytes; /* empty in numbers */
};

/* false at the end, and where the bytes are no message: the reader is bad then. */
static bool proto_next(struct reader *r, struct proto_field *out)
{
    uint64_t tag, size;

    if (r->left == 0 || !reader_ok(r))
        return false;
    tag = reader_leb_u64(r);
    *out = (struct proto_field){ .number = tag >> 3 };
    switch (tag & 7) {
    case WIRE_VARINT: out->varint = reader_leb_u64(r); break;
    case WIRE_FIXED64: out->varint = reader_u64le(r); break;
    case WIRE_BYTES:
        size = reader_leb_u64(r);
        out->bytes = reader_take(r, size <= r->left ? (size_t)size : SIZE_MAX);
        break;
    case WIRE_FIXED32: out->varint = reader_u32le(r); break;
    default: reader_fail(r);
    }
    if (out->number == 0)
        reader_fail(r);
    return reader_ok(r);
}

/* The field of that number, which is there once. */
static struct bytes proto_field_of(struct bytes message, uint64_t number)
{
    struct reader r = reader_of(message);
    struct bytes found = { 0 };
    struct proto_field f;

    while (proto_next(&r, &f))
        if (f.number == number)
            found = f.bytes;
    return reader_ok(&r) ? found : (struct bytes){ 0 };
}

static bool quote_message_is(struct bytes message)
{
    return tpm_quote_is(proto_field_of(message, 1)) && tpm_signature_is(proto_field_of(message, 2));
}

bool tpm_protobuf_is(struct bytes raw)
{
    struct reader r = reader_of(raw);
    struct proto_field f;
    uint32_t quotes = 0;

    if (raw.size > EVENT_LOG_SIZE_MAX)
        return false;
    while (proto_next(&r, &f))
        if (f.number == ATTESTATION_QUOTE && !quote_message_is(f.bytes))
            return false;
        else if (f.number == ATTESTATION_QUOTE)
            quotes++;
    return reader_ok(&r) && quotes > 0;
}

/* The map's entries come in any order: sorted, and one after the other. Empty: malformed, or
 * no memory. */
static struct bytes values_sort(struct arena *arena, struct bytes message)
{
    struct bytes values[PCR_COUNT] = { 0 };
    uint8_t *room = arena_alloc(arena, (size_t)PCR_COUNT * HASH_SIZE_MAX);
    struct writer w = writer_of(room, room == NULL ? 0 : (size_t)PCR_COUNT * HASH_SIZE_MAX);
    struct reader r = reader_of(message);
    struct proto_field f, part;

    while (proto_next(&r, &f)) {
        struct reader entry = reader_of(f.bytes);
        struct bytes value = { 0 };
        uint64_t index = 0; /* proto3 leaves out zeros */

        if (f.number != 2)
            continue;
        while (proto_next(&entry, &part)) {
            if (part.number == 1)
                index = part.varint;
            else if (part.number == 2)
                value = part.bytes;
        }
        if (!reader_ok(&entry) || index >= PCR_COUNT || values[index].size != 0)
            return (struct bytes){ 0 };
        values[index] = value;
    }
    for (uint32_t i = 0; i < PCR_COUNT; i++)
        writer_put(&w, values[i]);
    return writer_ok(&w) && reader_ok(&r) ? writer_bytes(&w) : (struct bytes){ 0 };
}

struct adding {
    struct exhibits *x;
    enum exhibit_role role;
    uint32_t parent;
    const char *name;
    uint32_t count;
    bool is_full;
};

/* The piece's index + 1; 0: no room. */
static uint32_t piece_add(struct adding *a, enum exhibit_kind kind, const char *part,
                          uint32_t parent, struct bytes raw)
{
    struct exhibit *e;

    if (raw.size == 0)
        return 0;
    e = exhibit_put(a->x, a->role, kind, verdict_format(a->x->arena, "%s: %s", a->name, part), raw);
    if (e == NULL) {
        a->is_full = true;
        return 0;
    }
    e->parent = parent;
    a->count++;
    return a->x->count;
}

static void quote_add(struct adding *a, struct bytes message)
{
    uint32_t quote =
        piece_add(a, EXHIBIT_TPM_QUOTE, "quote", a->parent, proto_field_of(message, 1));

    piece_add(a, EXHIBIT_TPM_SIGNATURE, "raw_sig", quote, proto_field_of(message, 2));
    piece_add(a, EXHIBIT_TPM_PCRS, "pcrs", quote,
              values_sort(a->x->arena, proto_field_of(message, 3)));
}

uint32_t tpm_protobuf_add(struct exhibits *x, enum exhibit_role role, uint32_t parent,
                          const char *name, struct bytes raw)
{
    struct adding a = { x, role, parent, name, 0, false };
    struct reader r = reader_of(raw);
    struct proto_field f;

    if (!tpm_protobuf_is(raw))
        return 0;
    while (proto_next(&r, &f) && !a.is_full) {
        if (f.number == ATTESTATION_AK && tpm_public_is(f.bytes))
            piece_add(&a, EXHIBIT_TPM_PUBLIC, "ak_pub", parent, f.bytes);
        else if (f.number == ATTESTATION_QUOTE)
            quote_add(&a, f.bytes);
        else if (f.number == ATTESTATION_LOG && event_log_is(f.bytes))
            piece_add(&a, EXHIBIT_EVENT_LOG, "event_log", parent, f.bytes);
        else if (f.number == ATTESTATION_CERTIFICATE || f.number == ATTESTATION_INTERMEDIATE)
            piece_add(&a, EXHIBIT_CERT, "ak_cert", parent, f.bytes);
    }
    return a.is_full ? 0 : a.count;
}
