/* archive_form.h: what the reader and the writer of archives agree on. Not for others. */
#ifndef BROCH_CODEC_ARCHIVE_FORM_H
#define BROCH_CODEC_ARCHIVE_FORM_H

#include "codec/archive.h"

#define ARCHIVE_RECORD_SIZE 48u
#define ARCHIVE_PAGE 4096u
#define ARCHIVE_UNIT 16u
#define ARCHIVE_FLAG_EXECUTABLE 1u
#define ARCHIVE_FLAG_UNCHANGED 2u
#define ARCHIVE_FLAGS (ARCHIVE_FLAG_EXECUTABLE | ARCHIVE_FLAG_UNCHANGED)

struct bytes archive_magic(void);
struct bytes archive_end(void);
/* Where contents of that size begin, after what ends at `at`. */
uint64_t archive_data_at(uint64_t at, uint64_t size);
bool archive_name_good(struct bytes name);
bool archive_target_good(struct bytes target);

#endif
