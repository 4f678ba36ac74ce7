#include "measure/tpm.h"

#include "base/num.h"
#include "base/reader.h"
#include "codec/json.h"
#include "codec/pem.h"

static const char *const bank_names[TPM_BANKS] = {
    [HASH_SHA256] = "sha256",
    [HASH_SHA384] = "sha384",
    [HASH_SHA512] = "sha512",
    [HASH_SHA1] = "sha1",
};

const char *tpm_bank_name(enum hash_kind kind) { return bank_names[kind]; }

static bool bank_named(enum hash_kind *out, struct bytes name)
{
    for (unsigned i = 0; i < TPM_BANKS; i++)
        if (bytes_equal(name, (struct bytes){ (const uint8_t *)bank_names[i],
                                              bytes_text_size(bank_names[i], 8) })) {
            *out = (enum hash_kind)i;
            return true;
        }
    return false;
}

static enum err extend(struct tpm_prediction *p, uint32_t pcr, struct bytes bank,
                       struct bytes digest_hex)
{
    uint8_t digest[HASH_SIZE_MAX];
    enum hash_kind kind;
    size_t size;

    if (!bank_named(&kind, bank) ||
        hex_decode(digest, sizeof digest, &size, digest_hex, false) != ERR_OK)
        return ERR_MALFORMED;
    p->is_used[kind] = true;
    return pcr_bank_extend(&p->banks[kind], pcr, (struct bytes){ digest, size }) == ERR_OK
               ? ERR_OK
               : ERR_MALFORMED;
}

/* The next word of a line; empty at its end or at a remark. */
static struct bytes word_take(struct reader *line)
{
    struct reader ahead;
    size_t size = 0;

    while (line->left > 0 && (reader_peek(line) == ' ' || reader_peek(line) == '\t'))
        reader_skip(line, 1);
    ahead = *line;
    while (ahead.left > 0 && reader_peek(&ahead) > ' ' && reader_peek(&ahead) != '#') {
        reader_skip(&ahead, 1);
        size++;
    }
    return reader_take(line, size);
}

/* Up to two digits. */
static bool number_read(uint32_t *out, struct bytes text)
{
    struct reader r = reader_of(text);

    *out = 0;
    while (r.left > 0) {
        uint8_t c = reader_u8(&r);

        if (c < '0' || c > '9')
            return false;
        *out = *out * 10 + (c - '0');
    }
    return text.size >= 1 && text.size <= 2;
}

static enum err line_do(struct tpm_prediction *p, struct reader line)
{
    struct bytes first = word_take(&line), second = word_take(&line), third = word_take(&line);
    struct bytes more = word_take(&line);
    uint32_t n;

    if (first.size == 0)
        return line.left == 0 || reader_peek(&line) == '#' ? ERR_OK : ERR_MALFORMED;
    if (more.size != 0)
        return ERR_MALFORMED;
    if (!bytes_equal(first, BYTES_TEXT("locality")))
        return number_read(&n, first) ? extend(p, n, second, third) : ERR_MALFORMED;
    if (!number_read(&n, second) || n > 4 || third.size != 0)
        return ERR_MALFORMED;
    for (unsigned i = 0; i < TPM_BANKS; i++)
        if (pcr_bank_locality(&p->banks[i], (uint8_t)n) != ERR_OK)
            return ERR_MALFORMED;
    return ERR_OK;
}

static enum err text_do(struct tpm_prediction *p, struct bytes list, size_t *line)
{
    struct reader r = reader_of(list);

    while (r.left > 0) {
        struct reader ahead = r, one;
        size_t size = 0;

        while (ahead.left > 0 && reader_peek(&ahead) != '\n') {
            reader_skip(&ahead, 1);
            size++;
        }
        one = reader_sub(&r, size);
        if (one.left > 0 && one.at[one.left - 1] == '\r')
            one.left--;
        reader_skip(&r, num_min(r.left, 1));
        *line += 1;
        TRY(line_do(p, one));
    }
    return ERR_OK;
}

static enum err json_do(struct tpm_prediction *p, struct arena *arena, struct bytes list,
                        size_t *line)
{
    struct json *all;

    TRY(json_parse(&all, arena, list, NULL));
    for (const struct json *e = all->first; e != NULL; e = e->next) {
        int64_t pcr;

        *line += 1;
        if (!json_integer_between(&pcr, json_get(e, "pcr"), 0, PCR_COUNT - 1))
            return ERR_MALFORMED;
        TRY(extend(p, (uint32_t)pcr, json_text(json_get(e, "alg")),
                   json_text(json_get(e, "digest"))));
    }
    return all->type == JSON_ARRAY ? ERR_OK : ERR_MALFORMED;
}

enum err tpm_predict(struct tpm_prediction *out, struct arena *arena, struct bytes list,
                     size_t *line)
{
    struct tpm_prediction t = { 0 };
    struct reader r = reader_of(list);

    *line = 0;
    for (unsigned i = 0; i < TPM_BANKS; i++)
        pcr_bank_init(&t.banks[i], (enum hash_kind)i);
    if (reader_peek(&r) == '[')
        TRY(json_do(&t, arena, list, line));
    else
        TRY(text_do(&t, list, line));
    *out = t;
    return ERR_OK;
}
