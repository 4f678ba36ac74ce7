#include "host/note.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void note_set(struct note *n, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(n->text, sizeof n->text, format, args);
    va_end(args);
}

void note_set_errno(struct note *n, int error, const char *format, ...)
{
    va_list args;
    size_t size;

    va_start(args, format);
    vsnprintf(n->text, sizeof n->text, format, args);
    va_end(args);
    size = strlen(n->text);
    snprintf(n->text + size, sizeof n->text - size, ": %s", strerror(error));
    if (error == EMFILE)
        note_add(n, "cure: raise RLIMIT_NOFILE (ulimit -n)");
}

void note_add(struct note *n, const char *format, ...)
{
    size_t size = strlen(n->text);
    va_list args;

    if (size > 0) {
        snprintf(n->text + size, sizeof n->text - size, "; ");
        size = strlen(n->text);
    }
    va_start(args, format);
    vsnprintf(n->text + size, sizeof n->text - size, format, args);
    va_end(args);
}
