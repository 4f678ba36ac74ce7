#include "note.h"

#include <string.h>

static void text_copy(char *to, size_t room, const char *from)
{
    size_t size = bytes_text_size(from, room - 1);

    memcpy(to, from, size);
    to[size] = 0;
}

enum err note_at(struct wasm_note *note, enum err error, uint64_t offset, const char *rule,
                 const char *detail)
{
    if (note != NULL && note->rule[0] == 0) {
        note->offset = offset;
        text_copy(note->rule, sizeof note->rule, rule);
        text_copy(note->detail, sizeof note->detail, detail == NULL ? "" : detail);
    }
    return error;
}
