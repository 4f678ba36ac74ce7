/* Covers: launch_parse launch_write launch_report_parse */
#include "codec/launch.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A record that is accepted writes back to itself. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct launch l;
    struct launch_report report;
    struct bytes raw = { data, size };
    struct writer w;
    uint8_t *room;

    if (launch_report_parse(&report, raw) == ERR_OK && size > LAUNCH_REPORT_SIZE_MAX)
        abort();
    if (launch_parse(&l, raw) != ERR_OK)
        return 0;
    room = malloc(size);
    if (room == NULL)
        return 0;
    w = writer_of(room, size);
    launch_write(&w, &l);
    if (!writer_ok(&w) || !bytes_equal(writer_bytes(&w), raw))
        abort();
    free(room);
    return 0;
}
