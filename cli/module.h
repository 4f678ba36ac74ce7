/* module.h: a module read from a file, decoded and validated, for verbs that look
 * at it and do not run it. */
#ifndef BROCH_CLI_MODULE_H
#define BROCH_CLI_MODULE_H

#include "base/arena.h"
#include "wasm/module.h"

struct module {
    struct bytes raw; /* from malloc */
    bool is_confined; /* the process has given up files, programs and sockets */
    struct wasm_decoded decoded;
    struct arena arena;   /* what decoded lies in */
    struct arena scratch; /* for whoever works on it */
};

/* The bytes of a module's file, from malloc; text (.wat) is converted. 0, or the
 * exit code; the message is out. Where the first bytes are those of another
 * format that people have at hand, the message says so. */
int module_read(struct bytes *out, const char *path);

/* Empty: its arenas may be used from here on. */
void module_init(struct module *m);
/* 0, or the exit code; the message is out. From then on the process opens nothing and
 * starts nothing (exec/confine.h). */
int module_open(struct module *m, const char *path);
/* Takes one that module_open refused, or never saw. */
void module_close(struct module *m);

/* "(i32, i64) -> (f64)", in a buffer of static life, good until the next call. */
const char *module_signature_text(struct wasm_signature s);
const char *module_type_text(enum wasm_type type);
/* The one for bit 1 << i of enum wasm_feature; NULL behind the last. */
const char *module_feature_text(unsigned i);

#endif
