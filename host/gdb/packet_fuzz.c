/* Covers: packet_feed packet_start packet_binary packet_finish */
#include "host/gdb/packet.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What one side takes and the other frames again is taken as the same data. */
static void round_trip(struct bytes data)
{
    static struct packet_in back;
    static struct packet_out out;
    enum packet_event e = PACKET_NOTHING;
    struct bytes raw;

    memset(&back, 0, sizeof back);
    packet_start(&out);
    packet_binary(&out, data);
    raw = packet_finish(&out);
    for (size_t i = 0; i < raw.size; i++) {
        if (e != PACKET_NOTHING)
            abort();
        e = packet_feed(&back, raw.data[i]);
    }
    if (e != PACKET_WHOLE || !bytes_equal(packet_bytes(&back), data))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct packet_in in;
    struct reader r;
    uint8_t byte;

    memset(&in, 0, sizeof in);
    for (size_t i = 0; i < size; i++)
        if (packet_feed(&in, data[i]) == PACKET_WHOLE)
            round_trip(packet_bytes(&in));
    if (size <= PACKET_MAX)
        round_trip((struct bytes){ data, size });
    for (r = reader_of((struct bytes){ data, size }); reader_ok(&r) && r.left > 0;) {
        (void)packet_take_number(&r);
        if (!packet_try(&r, ","))
            packet_take_hex(&r, &byte, 1);
    }
    return 0;
}
