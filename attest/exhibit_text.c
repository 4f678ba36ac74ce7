/* Pieces in text: PEM, JSON, and hex or base64 of any other form. */
#include "attest/exhibit_form.h"
#include "base/reader.h"
#include "codec/pem.h"

/* Shorter text is a word, not a piece. */
#define TEXT_LEAST 32u

/* A block's label only says what to expect: the contents decide. Private keys are nobody's
 * evidence, and are not looked at. */
static bool label_skips(struct bytes label)
{
    static const struct bytes private_labels[] = {
        BYTES_TEXT("PRIVATE KEY"),     BYTES_TEXT("EC PRIVATE KEY"),
        BYTES_TEXT("RSA PRIVATE KEY"), BYTES_TEXT("ENCRYPTED PRIVATE KEY"),
        BYTES_TEXT("EC PARAMETERS"),
    };

    for (size_t i = 0; i < sizeof private_labels / sizeof *private_labels; i++)
        if (bytes_equal(label, private_labels[i]))
            return true;
    return false;
}

static enum err pem_unwrap(struct exhibit_form *f, struct bytes text, uint32_t depth)
{
    struct reader r = reader_of(text);
    struct pem_block block;
    bool found = false;
    enum err e;

    for (;;) {
        TRY(pem_next(&block, &r, f->x->arena));
        if (block.label.size == 0)
            return found ? ERR_OK : ERR_MALFORMED;
        if (label_skips(block.label))
            continue;
        e = exhibit_unwrap(f, block.body, depth + 1);
        if (e != ERR_OK)
            return e;
        found = true;
    }
}

/* The text without what surrounds it: white space, and the NUL that C programs leave. */
static struct bytes text_trim(struct bytes text)
{
    struct reader r = reader_of(text);

    while (r.left > 0 && (reader_peek(&r) == ' ' || reader_peek(&r) == '\n' ||
                          reader_peek(&r) == '\r' || reader_peek(&r) == '\t'))
        reader_skip(&r, 1);
    text = reader_take(&r, r.left);
    while (text.size > 0) {
        uint8_t last = text.data[text.size - 1];

        if (last != ' ' && last != '\n' && last != '\r' && last != '\t' && last != '\0')
            break;
        text.size--;
    }
    return text;
}

static enum err encoded_unwrap(struct exhibit_form *f, struct bytes text, uint32_t depth)
{
    uint8_t *room;
    size_t size = 0;
    enum err e = ERR_MALFORMED;

    if (text.size < TEXT_LEAST)
        return ERR_MALFORMED;
    room = arena_alloc(f->x->arena, base64_room(text.size));
    if (room == NULL)
        return ERR_NOMEM;
    if (hex_decode(room, base64_room(text.size), &size, text, true) == ERR_OK)
        e = exhibit_unwrap(f, (struct bytes){ room, size }, depth + 1);
    if (e == ERR_MALFORMED &&
        (base64_decode(room, base64_room(text.size), &size, text, BASE64, true) == ERR_OK ||
         base64_decode(room, base64_room(text.size), &size, text, BASE64URL, true) == ERR_OK))
        e = exhibit_unwrap(f, (struct bytes){ room, size }, depth + 1);
    return e;
}

/* What Intel serves, byte for byte: whoever judges it parses it, and a damaged one is that. */
static const struct {
    struct bytes head;
    enum exhibit_kind kind;
} served[] = {
    { BYTES_TEXT("{\"tcbInfo\":{"), EXHIBIT_TCB_INFO },
    { BYTES_TEXT("{\"enclaveIdentity\":{"), EXHIBIT_QE_IDENTITY },
};

enum err exhibit_unwrap_text(struct exhibit_form *f, struct bytes text, uint32_t depth)
{
    struct bytes trimmed = text_trim(text);

    if (trimmed.size == 0)
        return ERR_MALFORMED;
    if (pem_is(trimmed))
        return pem_unwrap(f, trimmed, depth);
    for (size_t i = 0; i < sizeof served / sizeof *served; i++)
        if (trimmed.size > served[i].head.size &&
            bytes_equal(served[i].head, (struct bytes){ trimmed.data, served[i].head.size }))
            return exhibit_found(f, served[i].kind, trimmed);
    if (trimmed.data[0] == '{' || trimmed.data[0] == '[')
        return exhibit_unwrap_json(f, trimmed, depth);
    return encoded_unwrap(f, trimmed, depth);
}
