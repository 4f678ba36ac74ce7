#include "shim/core/report.h"

static void put(struct report *r, char c)
{
    if (r->size >= REPORT_SIZE - 1)
        return;
    r->text[r->size++] = c;
    r->text[r->size] = '\0';
}

void report_text(struct report *r, const char *text)
{
    while (*text != '\0')
        put(r, *text++);
}

static void put_number(struct report *r, uint64_t value, unsigned base)
{
    char digits[20];
    unsigned count = 0;

    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (count > 0)
        put(r, digits[--count]);
}

void report_decimal(struct report *r, uint64_t value) { put_number(r, value, 10); }

void report_hex(struct report *r, uint64_t value)
{
    report_text(r, "0x");
    put_number(r, value, 16);
}

void report_frame(struct report *r, const struct frame *f, uint64_t cr2)
{
    report_text(r, " (vector ");
    report_decimal(r, f->vector);
    report_text(r, ", error ");
    report_hex(r, f->error);
    report_text(r, ", address ");
    report_hex(r, f->vector == 14 ? cr2 : 0);
    report_text(r, ", rip ");
    report_hex(r, f->rip);
    report_text(r, ", rsp ");
    report_hex(r, f->rsp);
    report_text(r, ")");
}
