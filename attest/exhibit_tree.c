/* Pieces in JSON and CBOR documents: Trustee's, Veraison's, Azure's and other services' shapes.
 * The documents are walked whole and what is in their strings is told by its contents; only
 * where contents do not tell (a bare signature, PCR values) does a name of a member. */
#include "attest/exhibit_form.h"
#include "attest/snp/form.h"
#include "base/writer.h"
#include "codec/cbor_walk.h"
#include "codec/json.h"
#include "codec/pem.h"

/* Fewer bytes are no piece. */
#define PIECE_LEAST 32u

static enum err node_walk(struct exhibit_form *f, const struct json *node, uint32_t depth,
                          uint32_t level);

/* What a string of hex or base64, or an array of numbers, stands for: in the arena. Empty
 * where it is none of these. */
static enum err node_bytes(struct bytes *out, struct exhibit_form *f, const struct json *node)
{
    size_t room = node->type == JSON_STRING ? base64_room(node->text.size) : node->count;
    uint8_t *at = arena_alloc(f->x->arena, room + 1);
    size_t size = 0;
    int64_t n;

    *out = (struct bytes){ 0 };
    if (at == NULL)
        return ERR_NOMEM;
    if (node->type == JSON_STRING) {
        if (hex_decode(at, room, &size, node->text, false) != ERR_OK &&
            base64_decode(at, room, &size, node->text, BASE64, true) != ERR_OK &&
            base64_decode(at, room, &size, node->text, BASE64URL, true) != ERR_OK)
            return ERR_OK;
    } else if (node->type == JSON_ARRAY) {
        for (const struct json *i = node->first; i != NULL; i = i->next) {
            if (!json_integer_between(&n, i, 0, 255))
                return ERR_OK;
            at[size++] = (uint8_t)n;
        }
    }
    *out = (struct bytes){ at, size };
    return ERR_OK;
}

/* A quote as Azure's tools and Trustee give it: message, signature, and the values of all
 * PCRs in ascending order. */
static enum err tpm_walk(struct exhibit_form *f, const struct json *node)
{
    const struct json *pcrs = json_get_type(node, "pcrs", JSON_ARRAY);
    struct bytes message, signature, value;
    struct writer all;

    TRY(node_bytes(&message, f, json_get(node, "message")));
    TRY(node_bytes(&signature, f, json_get(node, "signature")));
    TRY(exhibit_found(f, EXHIBIT_TPM_QUOTE, message));
    TRY(exhibit_found(f, EXHIBIT_TPM_SIGNATURE, signature));
    if (pcrs == NULL)
        return ERR_OK;
    all = writer_of(arena_alloc(f->x->arena, (size_t)64 * 64), (size_t)64 * 64);
    if (all.start == NULL)
        return ERR_NOMEM;
    for (const struct json *i = pcrs->first; i != NULL; i = i->next) {
        TRY(node_bytes(&value, f, i));
        writer_put(&all, value);
    }
    return writer_ok(&all) ? exhibit_found(f, EXHIBIT_TPM_PCRS, writer_bytes(&all)) : ERR_LIMIT;
}

/* Collateral as quote libraries keep it: {"tcb_info": "<text>", "tcb_info_signature": hex}. It
 * is put back into the form that Intel serves. */
static enum err split_walk(struct exhibit_form *f, const struct json *text,
                           const struct json *signature, struct bytes key, enum exhibit_kind kind)
{
    size_t room = text->text.size + signature->text.size + 64;
    struct writer w = writer_of(arena_alloc(f->x->arena, room), room);

    if (w.start == NULL)
        return ERR_NOMEM;
    writer_put(&w, BYTES_TEXT("{\""));
    writer_put(&w, key);
    writer_put(&w, BYTES_TEXT("\":"));
    writer_put(&w, text->text);
    writer_put(&w, BYTES_TEXT(",\"signature\":\""));
    writer_put(&w, signature->text);
    writer_put(&w, BYTES_TEXT("\"}"));
    return writer_ok(&w) ? exhibit_found(f, kind, writer_bytes(&w)) : ERR_LIMIT;
}

/* An entry of Veraison's store of trust anchors: a key, and whose it is. */
static enum err anchor_walk(struct exhibit_form *f, const struct json *node)
{
    const struct json *parts[] = { json_get(node, "implementation-id"),
                                   json_get(node, "instance-id") };
    struct exhibit *key = exhibit_put(f->x, f->role, EXHIBIT_KEY, f->name, node->raw);
    struct writer owner = writer_of(arena_alloc(f->x->arena, 256), 256);
    struct bytes part;

    if (key == NULL)
        return ERR_LIMIT;
    if (owner.start == NULL)
        return ERR_NOMEM;
    if (parts[0] == NULL && parts[1] == NULL)
        return ERR_OK;
    for (size_t i = 0; i < 2; i++) {
        part = (struct bytes){ 0 };
        if (parts[i] != NULL)
            TRY(node_bytes(&part, f, parts[i]));
        writer_put(&owner, part);
    }
    /* An owner that is named and cannot be read is nobody: not everybody. */
    if (owner.size == 0)
        writer_u8(&owner, 0);
    key->owner = writer_bytes(&owner);
    return ERR_OK;
}

/* Objects that are a piece themselves. ERR_MALFORMED: this is none. */
static enum err object_known(struct exhibit_form *f, const struct json *node)
{
    const struct json *tcb = json_get_type(node, "tcb_info", JSON_STRING);
    const struct json *tcb_signature = json_get_type(node, "tcb_info_signature", JSON_STRING);
    const struct json *qe = json_get_type(node, "qe_identity", JSON_STRING);
    const struct json *qe_signature = json_get_type(node, "qe_identity_signature", JSON_STRING);

    if (json_get_type(node, "tcbInfo", JSON_OBJECT) != NULL)
        return exhibit_found(f, EXHIBIT_TCB_INFO, node->raw);
    if (json_get_type(node, "enclaveIdentity", JSON_OBJECT) != NULL)
        return exhibit_found(f, EXHIBIT_QE_IDENTITY, node->raw);
    if (json_get_type(node, "kty", JSON_STRING) != NULL)
        return exhibit_found(f, EXHIBIT_KEY, node->raw);
    if (json_get_type(node, "pkey", JSON_OBJECT) != NULL)
        return anchor_walk(f, node);
    if (json_get(node, "message") != NULL && json_get(node, "signature") != NULL)
        return tpm_walk(f, node);
    if (tcb != NULL && tcb_signature != NULL)
        TRY(split_walk(f, tcb, tcb_signature, BYTES_TEXT("tcbInfo"), EXHIBIT_TCB_INFO));
    if (qe != NULL && qe_signature != NULL)
        TRY(split_walk(f, qe, qe_signature, BYTES_TEXT("enclaveIdentity"), EXHIBIT_QE_IDENTITY));
    return ERR_MALFORMED;
}

/* Endorsements that lie beside evidence in one object belong to it. */
static void object_group(struct exhibit_form *f, uint32_t from)
{
    uint32_t evidence = 0;

    for (uint32_t i = from; i < f->x->count; i++)
        if (exhibit_is_evidence(f->x->items[i].kind) && evidence == 0)
            evidence = i + 1;
    for (uint32_t i = from; i < f->x->count && evidence != 0; i++)
        if (!exhibit_is_evidence(f->x->items[i].kind) && f->x->items[i].parent == 0)
            f->x->items[i].parent = evidence;
}

static enum err object_walk(struct exhibit_form *f, const struct json *node, uint32_t depth,
                            uint32_t level)
{
    const struct json *report = json_get_type(node, "attestation_report", JSON_OBJECT);
    enum err e = object_known(f, node);
    uint32_t from = f->x->count;
    struct bytes raw;

    if (e != ERR_MALFORMED)
        return e;
    if (report != NULL && snp_report_from_json(&raw, f->x->arena, report) == ERR_OK)
        TRY(exhibit_found(f, EXHIBIT_SNP_REPORT, raw));
    for (const struct json *i = node->first; i != NULL; i = i->next) {
        uint32_t before = f->x->count;

        TRY(node_walk(f, i, depth, level + 1));
        /* One of many devices' that nobody can read is not passed over: the verdict names it. */
        if (f->x->count == before && f->role == EXHIBIT_EVIDENCE && i->type == JSON_STRING &&
            bytes_equal(i->key, BYTES_TEXT("evidence")) && i->text.size >= PIECE_LEAST &&
            exhibit_put(f->x, f->role, EXHIBIT_UNKNOWN, f->name, i->text) == NULL)
            return ERR_LIMIT;
    }
    object_group(f, from);
    return ERR_OK;
}

static enum err array_walk(struct exhibit_form *f, const struct json *node, uint32_t depth,
                           uint32_t level)
{
    struct bytes raw;
    enum err e;

    if (json_get(node->first, "imr") != NULL && json_get(node->first, "digest") != NULL)
        return exhibit_found(f, EXHIBIT_EVENT_LOG, node->raw);
    if (node->count >= PIECE_LEAST && node->first->type == JSON_NUMBER) {
        TRY(node_bytes(&raw, f, node));
        e = raw.size >= PIECE_LEAST ? exhibit_unwrap(f, raw, depth + 1) : ERR_OK;
        return e == ERR_MALFORMED ? ERR_OK : e;
    }
    for (const struct json *i = node->first; i != NULL; i = i->next)
        TRY(node_walk(f, i, depth, level + 1));
    return ERR_OK;
}

/* The parser has bounded the depth of the tree (JSON_DEPTH_MAX). */
static enum err node_walk(struct exhibit_form *f, const struct json *node, uint32_t depth,
                          uint32_t level)
{
    enum err e;

    if (level > JSON_DEPTH_MAX)
        return ERR_LIMIT;
    switch (node->type) {
    case JSON_OBJECT: return object_walk(f, node, depth, level);
    case JSON_ARRAY: return array_walk(f, node, depth, level);
    case JSON_STRING:
        if (node->text.size < PIECE_LEAST)
            return ERR_OK;
        e = exhibit_unwrap_text(f, node->text, depth + 1);
        return e == ERR_MALFORMED ? ERR_OK : e;
    default: return ERR_OK;
    }
}

enum err exhibit_unwrap_json(struct exhibit_form *f, struct bytes text, uint32_t depth)
{
    uint32_t before = f->x->count;
    struct json_error where;
    struct json *tree;

    if (depth > EXHIBIT_NESTING_MAX)
        return ERR_LIMIT;
    TRY(json_parse(&tree, f->x->arena, text, &where));
    TRY(node_walk(f, tree, depth, 0));
    return f->x->count > before ? ERR_OK : ERR_MALFORMED;
}

enum err exhibit_unwrap_cbor(struct exhibit_form *f, struct bytes raw, uint32_t depth)
{
    uint32_t before = f->x->count;
    struct reader r = reader_of(raw);
    struct cbor_head head;
    struct bytes piece;
    enum err e;

    if (cbor_item_check(raw, CBOR_DEPTH_MAX) != ERR_OK)
        return ERR_MALFORMED;
    while (r.left > 0 && reader_ok(&r)) {
        if (cbor_walk_break(&r))
            continue;
        head = cbor_walk_head(&r);
        /* What an array, a map or a tag holds follows; only strings have contents to take. */
        if (!reader_ok(&r) || (head.type != CBOR_BYTES && head.type != CBOR_TEXT) ||
            head.is_indefinite)
            continue;
        piece = reader_take(&r, head.number);
        if (!reader_ok(&r) || piece.size < PIECE_LEAST)
            continue;
        e = exhibit_unwrap(f, piece, depth + 1);
        if (e != ERR_OK && e != ERR_MALFORMED)
            return e;
    }
    return reader_ok(&r) && f->x->count > before ? ERR_OK : ERR_MALFORMED;
}
