/* cbor_diagnostic.c: what codec/cbor_walk.h reads in a line of hex, as JSON, for
 * tests/evidence/kind_cbor.py. One line of output for each line of input:
 *
 *   {"refused": true}
 *   {"item": ITEM, "again": "HEX" | null}
 *
 * ITEM is ["uint", "5"], ["negative", "n of -1-n"], ["bytes", "hex"], ["text", "hex"],
 * ["chunks", type, [ITEM…]], ["array", [ITEM…]], ["map", [[ITEM, ITEM]…]], ["tag", "n", ITEM],
 * ["simple", n] or ["float", width, "bits"]. `again` is the item written by codec/cbor.h, null
 * for what that does not write. */
#include <stdio.h>
#include <string.h>

#include "codec/cbor_walk.h"

#define ROOM 65536u

static struct writer again;
static bool can_write;

static void hex_put(struct bytes b)
{
    putchar('"');
    for (size_t i = 0; i < b.size; i++)
        printf("%02x", b.data[i]);
    putchar('"');
}

static void item_put(struct reader *r); /* nests as deep as cbor_item_check let it: 16 */

static void list_put(struct reader *r, struct cbor_list l, bool is_map)
{
    putchar('[');
    for (bool first = true; cbor_walk_next(&l); first = false) {
        printf("%s%s", first ? "" : ",", is_map ? "[" : "");
        item_put(r);
        if (is_map) {
            putchar(',');
            item_put(r);
            putchar(']');
        }
    }
    putchar(']');
}

static void chunks_put(struct reader *r, enum cbor_type type)
{
    (void)cbor_walk_head(r);
    can_write = false;
    printf("[\"chunks\",\"%s\",[", type == CBOR_TEXT ? "text" : "bytes");
    for (bool first = true; !r->bad && !cbor_walk_break(r); first = false) {
        if (!first)
            putchar(',');
        item_put(r);
    }
    printf("]]");
}

static void string_put(struct reader *r, enum cbor_type type)
{
    struct bytes b = type == CBOR_TEXT ? cbor_walk_text(r) : cbor_walk_bytes(r);

    printf("[\"%s\",", type == CBOR_TEXT ? "text" : "bytes");
    hex_put(b);
    putchar(']');
    if (type == CBOR_TEXT)
        cbor_put_text(&again, b);
    else
        cbor_put_bytes(&again, b);
}

static void simple_put(struct reader *r)
{
    struct cbor_head h = cbor_walk_head(r);

    if (h.is_float)
        printf("[\"float\",%u,\"%016llx\"]", h.width, (unsigned long long)h.number);
    else
        printf("[\"simple\",%u]", (unsigned)h.number);
    if (!h.is_float && (h.number == 20 || h.number == 21))
        cbor_put_bool(&again, h.number == 21);
    else if (!h.is_float && h.number == 22)
        cbor_put_null(&again);
    else
        can_write = false;
}

static void item_put(struct reader *r)
{
    struct reader ahead = *r;
    struct cbor_head h = cbor_walk_head(&ahead);

    switch (h.type) {
    case CBOR_UINT:
    case CBOR_NEGATIVE:
        (void)cbor_walk_head(r);
        printf("[\"%s\",\"%llu\"]", h.type == CBOR_UINT ? "uint" : "negative",
               (unsigned long long)h.number);
        if (h.type == CBOR_UINT)
            cbor_put_uint(&again, h.number);
        else if (h.number <= INT64_MAX)
            cbor_put_int(&again, -1 - (int64_t)h.number);
        else
            can_write = false;
        break;
    case CBOR_BYTES:
    case CBOR_TEXT:
        if (h.is_indefinite)
            chunks_put(r, h.type);
        else
            string_put(r, h.type);
        break;
    case CBOR_ARRAY:
    case CBOR_MAP:
        can_write = can_write && !h.is_indefinite;
        if (h.type == CBOR_MAP)
            cbor_put_map(&again, h.number);
        else
            cbor_put_array(&again, h.number);
        printf("[\"%s\",", h.type == CBOR_MAP ? "map" : "array");
        list_put(r, h.type == CBOR_MAP ? cbor_walk_map(r) : cbor_walk_array(r), h.type == CBOR_MAP);
        putchar(']');
        break;
    case CBOR_TAG:
        (void)cbor_walk_head(r);
        cbor_put_tag(&again, h.number);
        printf("[\"tag\",\"%llu\",", (unsigned long long)h.number);
        item_put(r);
        putchar(']');
        break;
    default: simple_put(r);
    }
}

int main(void)
{
    static char line[ROOM];
    static uint8_t raw[ROOM / 2], room[ROOM];

    while (fgets(line, sizeof line, stdin) != NULL) {
        size_t size = 0;
        struct bytes item;
        struct reader r;
        unsigned byte;

        for (; sscanf(line + 2 * size, "%2x", &byte) == 1; size++)
            raw[size] = (uint8_t)byte;
        item = (struct bytes){ raw, size };
        if (cbor_item_check(item, CBOR_DEPTH_MAX) != ERR_OK) {
            printf("{\"refused\": true}\n");
            continue;
        }
        r = reader_of(item);
        again = writer_of(room, sizeof room);
        can_write = true;
        printf("{\"item\":");
        item_put(&r);
        printf(",\"again\":");
        if (can_write && writer_ok(&again))
            hex_put(writer_bytes(&again));
        else
            printf("null");
        printf("}\n");
        if (!reader_done(&r)) /* what was checked is read to its end */
            return 1;
    }
    return 0;
}
