/* json_write.h: writes JSON into a struct writer: members separated, strings escaped
 * (what is not UTF-8 becomes U+FFFD), two spaces of indent, or none. The caller opens and
 * closes in order; key is NULL inside an array and for the outermost value. */
#ifndef BROCH_CODEC_JSON_WRITE_H
#define BROCH_CODEC_JSON_WRITE_H

#include "base/writer.h"

struct json_write {
    struct writer *w;
    bool pretty;
    bool started; /* something stands before, on this level */
    uint32_t depth;
};

struct json_write json_write_to(struct writer *w, bool pretty);
void json_write_open(struct json_write *j, const char *key, char bracket); /* '{' or '[' */
void json_write_close(struct json_write *j, char bracket);                 /* '}' or ']' */
void json_write_text(struct json_write *j, const char *key, struct bytes text);
void json_write_string(struct json_write *j, const char *key, const char *text);
void json_write_hex(struct json_write *j, const char *key, struct bytes data);
void json_write_base64url(struct json_write *j, const char *key, struct bytes data);
void json_write_int(struct json_write *j, const char *key, int64_t n);
void json_write_uint(struct json_write *j, const char *key, uint64_t n);
void json_write_bool(struct json_write *j, const char *key, bool truth);
void json_write_null(struct json_write *j, const char *key);

#endif
