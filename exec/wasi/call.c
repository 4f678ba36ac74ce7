/* call.c: what every call takes from guest memory, and puts there. */
#include "exec/wasi/call.h"

#include "base/num.h"
#include "codec/utf8.h"

enum wasi_errno call_spans(const struct wasi_call *c, uint32_t address, uint32_t count,
                           struct iovec out[CALL_SPANS_MAX], size_t *out_count)
{
    size_t taken = num_min(count, CALL_SPANS_MAX);
    const uint8_t *list = call_at(c, address, (uint64_t)count * 8);

    if (list == NULL)
        return WASI_FAULT;
    for (size_t i = 0; i < taken; i++) {
        uint32_t span[2];

        memcpy(span, list + 8 * i, sizeof span);
        out[i].iov_base = call_at(c, span[0], span[1]);
        out[i].iov_len = span[1];
        if (out[i].iov_base == NULL)
            return WASI_FAULT;
    }
    *out_count = taken;
    return WASI_OK;
}

enum wasi_errno call_path(const struct wasi_call *c, uint32_t address, uint32_t size,
                          char out[WORLD_PATH_MAX])
{
    const char *from = call_at(c, address, size);

    if (from == NULL)
        return WASI_FAULT;
    if (size >= WORLD_PATH_MAX)
        return WASI_NAMETOOLONG;
    memcpy(out, from, size);
    out[size] = '\0';
    if (size == 0)
        return WASI_NOENT;
    if (memchr(out, '\0', size) != NULL)
        return WASI_INVAL;
    /* A path is a witx `string`: Unicode, and in UTF-8. */
    if (!utf8_valid((struct bytes){ (const uint8_t *)out, size }))
        return WASI_ILSEQ;
    if (out[0] == '/')
        return WASI_NOTCAPABLE;
    return WASI_OK;
}

enum wasi_errno call_put_filestat(const struct wasi_call *c, uint32_t address,
                                  const struct world_stat *s)
{
    uint8_t raw[64] = { 0 };
    uint64_t tail[4] = { s->size, s->atim, s->mtim, s->ctim };

    memcpy(raw, &s->dev, 8);
    memcpy(raw + 8, &s->ino, 8);
    raw[16] = (uint8_t)s->type;
    if (c->old) { /* linkcount was 32 bits, which fit beside the type */
        uint32_t links = s->nlink > UINT32_MAX ? UINT32_MAX : (uint32_t)s->nlink;

        memcpy(raw + 20, &links, 4);
        memcpy(raw + 24, tail, sizeof tail);
        return call_put(c, address, raw, 56);
    }
    memcpy(raw + 24, &s->nlink, 8);
    memcpy(raw + 32, tail, sizeof tail);
    return call_put(c, address, raw, 64);
}

enum wasi_errno call_times(uint64_t atim, uint64_t mtim, uint32_t flags, struct world_times *out)
{
    const uint32_t a = WASI_TIME_ATIM | WASI_TIME_ATIM_NOW;
    const uint32_t m = WASI_TIME_MTIM | WASI_TIME_MTIM_NOW;

    if ((flags & ~WASI_TIME_ALL) != 0 || (flags & a) == a || (flags & m) == m)
        return WASI_INVAL;
    *out = (struct world_times){ .atim = atim, .mtim = mtim, .flags = flags };
    return WASI_OK;
}
