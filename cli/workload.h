/* workload.h: what is to run, and with what: the manifest and the options of
 * `broch run` put together.
 *
 * Whatever is added later under the same name replaces what was there: the
 * manifest comes first, then the command line. Nothing is opened here. Strings
 * are borrowed from the command line, or from the arena. */
#ifndef BROCH_CLI_WORKLOAD_H
#define BROCH_CLI_WORKLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "codec/launch.h"
#include "host/note.h"

struct workload_directory {
    const char *host;
    const char *guest;
    bool read_only;
};

struct workload_socket {
    const char *name;
    const char *address;
    bool listens;
};

struct workload_tree {
    const char *guest;
    uint64_t size_max;
};

/* A folder that lives encrypted in a file. */
struct workload_volume {
    const char *file;
    const char *guest;
    const char *key; /* a file; NULL: volume_key of the workload */
    uint64_t size_max;
    bool read_only;
};

struct workload {
    struct arena *arena;
    const char *module; /* path, or NULL */
    const char *name;   /* or NULL: the last part of the path */
    const char **args;  /* without the program's own name */
    uint32_t args_count;
    const char **environment; /* "K=V" */
    uint32_t environment_count;
    uint32_t environment_room;
    struct workload_directory directories[LAUNCH_DIRECTORIES_MAX];
    uint32_t directories_count;
    struct workload_socket sockets[LAUNCH_SOCKETS_MAX];
    uint32_t sockets_count;
    struct workload_tree trees[LAUNCH_TREES_MAX];
    uint32_t trees_count;
    struct workload_volume volumes[LAUNCH_VOLUMES_MAX];
    uint32_t volumes_count;
    const char *volume_key; /* or NULL */
    bool pack_directories;  /* the program works on copies; changes land when it ends */
    uint64_t memory_bytes;
    uint64_t table_elements;
    uint64_t stack_bytes;
    bool has_fuel;
    uint64_t fuel;
    bool has_time;
    uint64_t time_ms;
    const char *invoke;
    bool deterministic;
    uint64_t engine_config;
    const char *backend; /* the kind of keep */
    const char *program; /* what runs in it: a file beside broch */
    bool debug;
    const char *gdb;  /* or NULL */
    const char *pool; /* a socket, or NULL */
};

void workload_init(struct workload *w, struct arena *arena);

/* Each takes what stands after an option. On error the note says what was
 * expected; the caller adds where. */
enum err workload_directory_add(struct workload *w, const char *text, struct note *note);
/* The parts of it, for the manifest. */
enum err workload_directory_set(struct workload *w, struct workload_directory d, struct note *note);
enum err workload_environment_add(struct workload *w, const char *text, struct note *note);
enum err workload_environment_set(struct workload *w, const char *key, const char *value,
                                  struct note *note);
enum err workload_limits_add(struct workload *w, const char *text, struct note *note);
/* One limit; name is not terminated. */
enum err workload_limit_set(struct workload *w, struct bytes name, const char *value,
                            struct note *note);
enum err workload_config_add(struct workload *w, const char *text, struct note *note);
/* One of backend_all; the note names them. */
enum err workload_backend_set(struct workload *w, const char *text, struct note *note);
enum err workload_listen_add(struct workload *w, const char *text, struct note *note);
enum err workload_connect_add(struct workload *w, const char *text, struct note *note);
enum err workload_socket_set(struct workload *w, struct workload_socket s, struct note *note);
enum err workload_tree_add(struct workload *w, const char *text, struct note *note);
enum err workload_tree_set(struct workload *w, struct workload_tree t, struct note *note);
enum err workload_volume_add(struct workload *w, const char *text, struct note *note);
enum err workload_volume_set(struct workload *w, struct workload_volume v, struct note *note);

/* A size in bytes, with a note where it is none. */
enum err workload_size_take(uint64_t *out, const char *text, struct note *note);

/* A copy in the arena, terminated; NULL where the arena has no more. */
char *workload_text(struct workload *w, struct bytes text);

#endif
