/* packet.h: packets of gdb's remote serial protocol, as bytes.
 *
 * "Debugging with GDB", appendix E.1: $data#checksum, with } before a byte that was
 * XORed with 0x20. packet_feed takes a stream byte by byte; whatever comes, it is
 * bounded by PACKET_MAX and never gives a packet whose checksum is wrong. Run-length
 * encoding is for answers only, and we make none.
 * The second half reads and writes what is in a packet: hexadecimal numbers and
 * bytes. Nothing here knows a command. */
#ifndef BROCH_HOST_GDB_PACKET_H
#define BROCH_HOST_GDB_PACKET_H

#include "base/bytes.h"
#include "base/reader.h"

#define PACKET_MAX 16384u /* bytes of data; what qSupported promises */

enum packet_event {
    PACKET_NOTHING = 0, /* more is needed */
    PACKET_WHOLE,       /* in->data, in->size; valid until the next feed */
    PACKET_BROKEN,      /* wrong checksum, or more than PACKET_MAX: to be sent again */
    PACKET_ACK,         /* '+' */
    PACKET_NACK,        /* '-' */
    PACKET_INTERRUPT,   /* 0x03 */
};

enum packet_state {
    PACKET_BETWEEN = 0,
    PACKET_DATA,
    PACKET_ESCAPE,
    PACKET_SUM_HIGH,
    PACKET_SUM_LOW
};

struct packet_in {
    enum packet_state state;
    uint8_t sum;
    uint8_t said; /* the checksum that was sent */
    bool bad;
    size_t size;
    uint8_t data[PACKET_MAX];
};

enum packet_event packet_feed(struct packet_in *in, uint8_t byte);
static inline struct bytes packet_bytes(const struct packet_in *in)
{
    return (struct bytes){ in->data, in->size };
}

/* An answer. A put that does not fit marks it full and writes nothing. */
struct packet_out {
    size_t size;
    bool full;
    /* '$', data (each byte may take two), '#', two digits. */
    uint8_t raw[2 * PACKET_MAX + 4];
};

void packet_start(struct packet_out *out);
void packet_text(struct packet_out *out, const char *text);
void packet_number(struct packet_out *out, uint64_t n);     /* shortest hexadecimal */
void packet_hex(struct packet_out *out, struct bytes b);    /* two digits a byte */
void packet_binary(struct packet_out *out, struct bytes b); /* escaped */
/* All of it, framed; borrowed. Where it did not fit: an error answer instead. */
struct bytes packet_finish(struct packet_out *out);

/* Each marks the reader bad where the text is another one. */
uint64_t packet_take_number(struct reader *r); /* 1..16 hexadecimal digits */
void packet_take(struct reader *r, const char *text);
void packet_take_hex(struct reader *r, uint8_t *out, size_t size);
/* Whether that text is next; taken if so. The reader stays good. */
bool packet_try(struct reader *r, const char *text);

#endif
