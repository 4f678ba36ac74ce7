/* refuse.c: the words of a refusal. Only ever run once per module. */
#include "wasm/validate/body.h"

#include <string.h>

/* A sentence in a fixed room; what does not fit is cut. */
struct sentence {
    char text[sizeof((struct wasm_note *)0)->detail];
    size_t size;
};

static void say(struct sentence *s, const char *text)
{
    size_t size = bytes_text_size(text, sizeof s->text - 1 - s->size);

    memcpy(&s->text[s->size], text, size);
    s->size += size;
    s->text[s->size] = 0;
}

static void say_number(struct sentence *s, uint32_t n)
{
    char digits[11];
    size_t at = sizeof digits - 1;

    digits[at] = 0;
    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n != 0);
    say(s, &digits[at]);
}

enum err body_refuse(struct body *b, const char *rule, const char *detail)
{
    struct sentence s = { 0 };

    say(&s, wasm_op_name(b->i.op));
    if (detail != NULL) {
        say(&s, ": ");
        say(&s, detail);
    }
    return note_at(b->note, ERR_INVALID, b->i.offset, rule, s.text);
}

enum err body_mismatch(struct body *b, enum wasm_type wanted, enum wasm_type found)
{
    struct sentence s = { 0 };

    say(&s, "expected ");
    say(&s, wanted == TYPE_UNKNOWN ? "an operand" : wasm_type_name(wanted));
    say(&s, ", found ");
    say(&s, wasm_type_name(found));
    return body_refuse(b, "type mismatch", s.text);
}

enum err body_unknown(struct body *b, const char *rule, uint32_t index, uint32_t count)
{
    struct sentence s = { 0 };

    say(&s, "index ");
    say_number(&s, index);
    say(&s, ", there are ");
    say_number(&s, count);
    return body_refuse(b, rule, s.text);
}
