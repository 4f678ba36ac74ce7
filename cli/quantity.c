#include "cli/quantity.h"

#include <string.h>

#include "base/num.h"

struct unit {
    const char *name;
    uint64_t factor;
};

static bool quantity_take(uint64_t *out, const char *text, const struct unit *units, size_t count)
{
    uint64_t n = 0, product;
    const char *at = text;

    for (; *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(n, 10u, &n) ||
            __builtin_add_overflow(n, (uint64_t)(*at - '0'), &n))
            return false;
    if (at == text)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(at, units[i].name) != 0)
            continue;
        if (__builtin_mul_overflow(n, units[i].factor, &product))
            return false;
        *out = product;
        return true;
    }
    return false;
}

bool quantity_count(uint64_t *out, const char *text)
{
    static const struct unit units[] = {
        { "", 1 },
        { "k", 1000 },
        { "M", 1000000 },
        { "G", 1000000000 },
    };

    return quantity_take(out, text, units, COUNT_OF(units));
}

bool quantity_size(uint64_t *out, const char *text)
{
    static const struct unit units[] = {
        { "", 1 },           { "B", 1 },
        { "K", 1ull << 10 }, { "KiB", 1ull << 10 },
        { "M", 1ull << 20 }, { "MiB", 1ull << 20 },
        { "G", 1ull << 30 }, { "GiB", 1ull << 30 },
        { "T", 1ull << 40 }, { "TiB", 1ull << 40 },
    };

    return quantity_take(out, text, units, COUNT_OF(units));
}

bool quantity_time(uint64_t *out_ms, const char *text)
{
    static const struct unit units[] = {
        { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "min", 60000 }, { "h", 3600000 },
    };

    return quantity_take(out_ms, text, units, COUNT_OF(units));
}
