#include "base/num.h"
#include "base/writer.h"
#include "codec/x509_form.h"

/* Name ::= SEQUENCE OF SET OF SEQUENCE { type OID, value ANY } (RFC 5280, 4.1.2.4). */
struct attribute {
    struct bytes oid;
    uint8_t tag; /* of the value */
    struct bytes text;
};

static struct attribute take_attribute(struct reader *set)
{
    struct reader pair = der_enter(set, DER_SEQUENCE);
    struct attribute a = { .oid = der_take_oid(&pair) };

    a.tag = der_peek(&pair);
    a.text = der_take(&pair, a.tag);
    if (!reader_done(&pair))
        reader_fail(set);
    return a;
}

struct bytes x509_name_take(struct reader *r)
{
    struct reader before = *r;
    struct reader name = der_enter(r, DER_SEQUENCE);

    while (name.left != 0) {
        struct reader set = der_enter(&name, DER_SET);

        do
            (void)take_attribute(&set);
        while (set.left != 0);
        if (!reader_ok(&set))
            reader_fail(&name);
    }
    if (!reader_done(&name))
        reader_fail(r);
    return reader_ok(r) ? der_take_raw(&before) : (struct bytes){ 0 };
}

static bool is_text(uint8_t tag)
{
    const uint8_t t61 = 0x14;

    return tag == DER_PRINTABLE_STRING || tag == DER_UTF8_STRING || tag == DER_IA5_STRING ||
           tag == t61;
}

struct bytes x509_name_attribute(struct bytes name, struct bytes oid)
{
    struct reader all = reader_of(name);
    struct reader r = der_enter(&all, DER_SEQUENCE);

    while (r.left != 0) {
        struct reader set = der_enter(&r, DER_SET);

        while (set.left != 0) {
            struct attribute a = take_attribute(&set);

            if (reader_ok(&set) && is_text(a.tag) && bytes_equal(a.oid, oid))
                return a.text;
        }
    }
    return (struct bytes){ 0 };
}

struct bytes x509_name_cn(struct bytes name)
{
    return x509_name_attribute(name, BYTES_TEXT("\x55\x04\x03"));
}

/* RFC 4514, section 3. */
static const struct {
    struct bytes oid, text;
} types[] = {
    { BYTES_TEXT("\x55\x04\x03"), BYTES_TEXT("CN") },
    { BYTES_TEXT("\x55\x04\x06"), BYTES_TEXT("C") },
    { BYTES_TEXT("\x55\x04\x07"), BYTES_TEXT("L") },
    { BYTES_TEXT("\x55\x04\x08"), BYTES_TEXT("ST") },
    { BYTES_TEXT("\x55\x04\x09"), BYTES_TEXT("STREET") },
    { BYTES_TEXT("\x55\x04\x0a"), BYTES_TEXT("O") },
    { BYTES_TEXT("\x55\x04\x0b"), BYTES_TEXT("OU") },
    { BYTES_TEXT("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01"), BYTES_TEXT("UID") },
    { BYTES_TEXT("\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19"), BYTES_TEXT("DC") },
};

static void put_type(struct writer *w, struct bytes oid)
{
    char text[64];

    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (bytes_equal(types[i].oid, oid)) {
            writer_put(w, types[i].text);
            return;
        }
    (void)der_oid_text(text, sizeof text, oid);
    writer_put(w, (struct bytes){ (const uint8_t *)text, bytes_text_size(text, sizeof text) });
}

static bool is_escaped(struct bytes text, size_t at)
{
    switch (text.data[at]) {
    case '"':
    case '+':
    case ',':
    case ';':
    case '<':
    case '>':
    case '\\': return true;
    case '#': return at == 0;
    case ' ': return at == 0 || at + 1 == text.size;
    default: return false;
    }
}

static void put_attribute(struct writer *w, const struct attribute *a)
{
    put_type(w, a->oid);
    writer_u8(w, '=');
    for (size_t i = 0; i < a->text.size && writer_ok(w); i++) {
        uint8_t c = a->text.data[i];

        if (is_escaped(a->text, i))
            writer_u8(w, '\\');
        writer_u8(w, c >= 0x20 && c < 0x7f ? c : '?');
    }
}

static void put_set(struct writer *w, struct reader set)
{
    for (bool first = true; set.left != 0 && writer_ok(w); first = false) {
        struct attribute a = take_attribute(&set);

        if (!first)
            writer_u8(w, '+');
        if (reader_ok(&set))
            put_attribute(w, &a);
    }
}

/* "starting with the last element of the sequence and moving backwards toward the first"
 * (RFC 4514, 2.1): one walk for each, as long as there is room. */
void x509_name_text(char *out, size_t room, struct bytes name)
{
    struct writer w = writer_of(out, room == 0 ? 0 : room - 1);
    struct reader all = reader_of(name);
    struct reader start = der_enter(&all, DER_SEQUENCE);
    struct reader r = start;
    size_t count = 0;

    if (room == 0)
        return;
    for (; r.left != 0; count++)
        (void)der_take_raw(&r);
    for (size_t i = count; i > 0 && reader_ok(&r) && writer_ok(&w); i--) {
        struct reader at = start;

        for (size_t skip = 1; skip < i; skip++)
            (void)der_take_raw(&at);
        if (i < count)
            writer_u8(&w, ',');
        put_set(&w, der_enter(&at, DER_SET));
    }
    out[writer_bytes(&w).size] = '\0';
}
