#include "attest/format.h"
#include "attest/policy_model.h"
#include "base/moment.h"
#include "base/num.h"
#include "base/reader.h"
#include "codec/pem.h"

static bool has_0x(struct bytes text)
{
    return text.size > 2 && text.data[0] == '0' && (text.data[1] | 0x20) == 'x';
}

static struct bytes without(struct bytes text, size_t size)
{
    struct reader r = reader_of(text);

    reader_skip(&r, size);
    return reader_take(&r, r.left);
}

bool policy_hex(struct bytes *out, struct arena *arena, struct bytes text)
{
    struct bytes digits = has_0x(text) ? without(text, 2) : text;
    uint8_t *raw = arena_alloc(arena, digits.size / 2 + 1);
    size_t size = 0;

    if (raw == NULL || hex_decode(raw, digits.size / 2, &size, digits, false) != ERR_OK ||
        size == 0)
        return false;
    *out = (struct bytes){ raw, size };
    return true;
}

/* "0x1f", up to 64 bits: registers whose highest bit is set do not fit TOML's integers. */
static bool number_of_hex(int64_t *out, struct bytes text)
{
    char digits[16] = "0000000000000000";
    uint8_t raw[8];
    size_t size = 0;
    struct reader r = reader_of(text);

    if (!has_0x(text) || text.size > 18)
        return false;
    reader_skip(&r, 2);
    reader_copy(&r, &digits[18 - text.size], text.size - 2);
    if (hex_decode(raw, sizeof raw, &size, BYTES_OF(digits), false) != ERR_OK)
        return false;
    r = reader_of(BYTES_OF(raw));
    *out = (int64_t)reader_u64be(&r);
    return true;
}

bool policy_duration(int64_t *out, struct bytes text)
{
    int64_t n = 0, unit;

    if (text.size < 2 || text.size > 10)
        return false;
    for (size_t i = 0; i + 1 < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        n = n * 10 + (text.data[i] - '0');
    }
    switch (text.data[text.size - 1]) {
    case 's': unit = 1; break;
    case 'm': unit = 60; break;
    case 'h': unit = 3600; break;
    case 'd': unit = 86400; break;
    default: return false;
    }
    *out = n * unit; /* nine digits times a day fit */
    return true;
}

static bool moment_read(int64_t *out, struct arena *arena, const struct toml_value *t)
{
    const char *text = verdict_format(arena, t->type == TOML_DATE_LOCAL ? "%.*sT00:00:00Z" : "%.*s",
                                      (int)num_min(t->text.size, 64), (const char *)t->text.data);

    return moment_parse(out, format_text(text)) == ERR_OK;
}

bool policy_value_read(struct policy_value *out, struct arena *arena, const struct toml_value *t)
{
    struct policy_value v = { .type = t->type, .text = t->text, .has_number = true };

    switch (t->type) {
    case TOML_STRING:
        v.has_number = number_of_hex(&v.number, t->text);
        (void)policy_hex(&v.hex, arena, t->text);
        break;
    case TOML_INTEGER:
        v.number = t->integer;
        v.text = format_text(verdict_format(arena, "%lld", (long long)t->integer));
        break;
    case TOML_BOOL:
        v.number = t->truth;
        v.text = format_text(t->truth ? "true" : "false");
        break;
    case TOML_DATETIME:
    case TOML_DATE_LOCAL:
        if (!moment_read(&v.number, arena, t))
            return false;
        break;
    default: return false;
    }
    *out = v;
    return true;
}

const struct field *policy_field_find(const struct fields *f, struct bytes path)
{
    const struct field *at = &f->root;

    while (path.size > 0) {
        size_t size = 0;
        struct bytes word;
        uint64_t index = 0, wanted = 0;
        bool is_list = at->type == FIELD_LIST;

        while (size < path.size && path.data[size] != '.')
            size++;
        word = (struct bytes){ path.data, size };
        path = without(path, num_min(path.size, size + 1));
        for (size_t i = 0; is_list && i < size; i++) {
            if (word.data[i] < '0' || word.data[i] > '9' || wanted > 1000000)
                return NULL;
            wanted = wanted * 10 + (uint64_t)(word.data[i] - '0');
        }
        for (at = at->first; at != NULL; at = at->next, index++)
            if (is_list ? index == wanted
                        : at->name != NULL && bytes_equal(word, format_text(at->name)))
                break;
        if (at == NULL)
            return NULL;
    }
    return at;
}

/* Dotted numbers ("1.55.21"), compared number by number: 1.9 is before 1.10, and a minor number
 * never outweighs a major one. false where one is none. */
static bool version_compare(int *out, struct bytes a, struct bytes b)
{
    struct reader ra = reader_of(a), rb = reader_of(b);

    while (ra.left > 0 || rb.left > 0) {
        uint64_t n[2] = { 0, 0 };
        struct reader *r[2] = { &ra, &rb };

        for (int side = 0; side < 2; side++) {
            unsigned digits = 0;

            while (r[side]->left > 0 && reader_peek(r[side]) != '.') {
                uint8_t c = reader_u8(r[side]);

                if (c < '0' || c > '9' || ++digits > 18)
                    return false;
                n[side] = n[side] * 10 + (uint64_t)(c - '0');
            }
            if (r[side]->left > 0)
                reader_skip(r[side], 1);
        }
        if (n[0] != n[1]) {
            *out = n[0] < n[1] ? -1 : 1;
            return true;
        }
    }
    *out = 0;
    return a.size > 0 && b.size > 0;
}

/* -1, 0 or 1 of field against value; false where they cannot be compared. */
static bool field_compare(int *out, const struct field *f, const struct policy_value *v)
{
    int64_t found = (int64_t)f->number;

    switch (f->type) {
    case FIELD_UINT:
    case FIELD_BITS:
        if (!v->has_number || v->type == TOML_BOOL || (v->type == TOML_INTEGER && v->number < 0))
            return false;
        *out = f->number < (uint64_t)v->number ? -1 : f->number > (uint64_t)v->number;
        return true;
    case FIELD_INT:
    case FIELD_MOMENT:
        if (!v->has_number || v->type == TOML_BOOL)
            return false;
        *out = found < v->number ? -1 : found > v->number;
        return true;
    case FIELD_TEXT: return v->type == TOML_STRING && version_compare(out, f->bytes, v->text);
    default: return false;
    }
}

/* false where they cannot be compared: such a rule never holds, "not" included. */
static bool field_equal(bool *out, const struct field *f, const struct policy_value *v)
{
    int order = 0;

    switch (f->type) {
    case FIELD_BOOL: *out = (f->number != 0) == (v->number != 0); return v->type == TOML_BOOL;
    case FIELD_TEXT: *out = bytes_equal(f->bytes, v->text); return v->type == TOML_STRING;
    case FIELD_BYTES: *out = bytes_equal(f->bytes, v->hex); return v->hex.size > 0;
    default:
        if (!field_compare(&order, f, v))
            return false;
        *out = order == 0;
        return true;
    }
}

static bool is_listed(const struct field *f, const struct policy_rule *rule, bool want)
{
    bool found = false;

    for (const struct policy_value *v = rule->values; v != NULL; v = v->next) {
        bool is_equal = false;

        if (!field_equal(&is_equal, f, v)) {
            if (!want)
                return false;
        } else if (is_equal) {
            found = true;
        }
    }
    return found == want;
}

/* Numbers by a number; bytes, as Intel's attributes are shown, by as many bytes. */
static bool has_bits(const struct field *f, const struct policy_value *v, bool are_set)
{
    if (f->type == FIELD_BYTES) {
        bool is_good = f->bytes.size > 0 && v->hex.size == f->bytes.size;

        for (size_t i = 0; is_good && i < v->hex.size; i++)
            is_good = (f->bytes.data[i] & v->hex.data[i]) == (are_set ? v->hex.data[i] : 0);
        return is_good;
    }
    if ((f->type != FIELD_UINT && f->type != FIELD_BITS) || !v->has_number)
        return false;
    return (f->number & (uint64_t)v->number) == (are_set ? (uint64_t)v->number : 0);
}

bool policy_field_match(const struct field *f, const struct policy_rule *rule)
{
    int order = 0;

    switch (rule->operator) {
    case OPERATOR_ONE_OF: return is_listed(f, rule, true);
    case OPERATOR_NONE_OF: return is_listed(f, rule, false);
    case OPERATOR_AT_LEAST: return field_compare(&order, f, rule->values) && order >= 0;
    case OPERATOR_AT_MOST: return field_compare(&order, f, rule->values) && order <= 0;
    case OPERATOR_BITS_SET: return has_bits(f, rule->values, true);
    case OPERATOR_BITS_CLEAR: return has_bits(f, rule->values, false);
    }
    return false;
}

/* Letters that have to be changed, added or taken away (Levenshtein), of short words. */
static unsigned distance(struct bytes a, struct bytes b)
{
    unsigned row[33];

    if (a.size > 32 || b.size > 32)
        return UINT32_MAX;
    for (unsigned j = 0; j <= b.size; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a.size; i++) {
        unsigned corner = row[0];

        row[0] = i;
        for (unsigned j = 1; j <= b.size; j++) {
            unsigned up = row[j];
            unsigned best = corner + (a.data[i - 1] != b.data[j - 1]);

            best = up + 1 < best ? up + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            corner = up;
            row[j] = best;
        }
    }
    return row[b.size];
}

const char *policy_suggest(struct bytes word, const char *const *known, size_t count)
{
    const char *best = NULL;
    unsigned least = 4; /* further away it is another word */

    for (size_t i = 0; i < count; i++) {
        unsigned d = distance(word, format_text(known[i]));

        if (d < least && d * 2 <= word.size) {
            least = d;
            best = known[i];
        }
    }
    return best;
}
