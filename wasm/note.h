/* note.h: where and why bytes were refused, beside the enum err that says what
 * class of refusal it is. Plain text in a fixed room: no allocation, no locale. */
#ifndef BROCH_WASM_NOTE_H
#define BROCH_WASM_NOTE_H

#include "base/err.h"
#include "include/broch/wasm.h"

/* Fills the note (which may be NULL) unless it is filled already, and returns
 * error. `rule` is the specification's word for what was broken, e.g. "type
 * mismatch"; `detail` says what was expected and found, or is NULL. */
enum err note_at(struct wasm_note *note, enum err error, uint64_t offset, const char *rule,
                 const char *detail);

#endif
