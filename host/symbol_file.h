/* symbol_file.h: names for addresses, as an ELF file that gdb takes.
 *
 * A keep says where its guest's functions are as lines of "START SIZE NAME" (gate/
 * debug.h). They come from inside of the keep, and a debugger parses much: so they are
 * judged here line by line, and what gdb reads is written by us. */
#ifndef BROCH_HOST_SYMBOL_FILE_H
#define BROCH_HOST_SYMBOL_FILE_H

#include "base/bytes.h"
#include "base/err.h"

#define SYMBOL_TEXT_MAX (64u << 20)
#define SYMBOL_NAME_MAX 1024u
#define SYMBOL_ADDRESS_MAX (1ull << 47)

/* An ELF file with a section of code and a symbol for each line, in memory of malloc;
 * the caller frees it. ERR_MALFORMED: lines that are none, or no line at all. */
enum err symbol_file_make(uint8_t **out, size_t *size, struct bytes text);

#endif
