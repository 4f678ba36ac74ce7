/* refuse.c: the words of a refusal. Only ever run once per module. */
#include "wasm/text.h"
#include "wasm/validate/body.h"

enum err body_refuse(struct body *b, const char *rule, const char *detail)
{
    struct text s = { 0 };

    text_put(&s, wasm_op_name(b->i.op));
    if (detail != NULL) {
        text_put(&s, ": ");
        text_put(&s, detail);
    }
    return note_at(b->note, ERR_INVALID, b->i.offset, rule, s.at);
}

enum err body_mismatch(struct body *b, enum wasm_type wanted, enum wasm_type found)
{
    struct text s = { 0 };

    text_put(&s, "expected ");
    text_put(&s, wanted == TYPE_UNKNOWN ? "an operand" : wasm_type_name(wanted));
    text_put(&s, ", found ");
    text_put(&s, wasm_type_name(found));
    return body_refuse(b, "type mismatch", s.at);
}

enum err body_unknown(struct body *b, const char *rule, uint32_t index, uint32_t count)
{
    struct text s = { 0 };

    text_number(&s, "index ", index);
    text_number(&s, ", there are ", count);
    return body_refuse(b, rule, s.at);
}
