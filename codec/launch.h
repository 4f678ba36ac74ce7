/* launch.h: what the loader tells exec when a keep starts.
 *
 * One deterministic CBOR map (keys below, in launch.c), read from a descriptor
 * (LAUNCH_FD in a process keep). The record is data from the host: exec checks
 * every field before it uses one, and its limits are the keep's, not a wish.
 * launch_parse borrows every string from the bytes it is given, allocates
 * nothing, and fills fixed tables: struct launch is some 200 KiB, so it lives
 * in static storage or on the heap, not on a stack.
 * It knows nothing of how descriptors are opened, nor what the engine's
 * configuration word means.
 *
 * What comes back: exec ends with the guest's exit code as its status; a trap
 * ends with LAUNCH_EXIT_TRAP after its text went to descriptor 2; a module that
 * is refused ends with LAUNCH_EXIT_DATA. Where report_fd is set, exec writes a
 * struct launch_report to it before it ends, whatever the end. What became of the folders
 * of images goes to their outputs before that. */
#ifndef BROCH_CODEC_LAUNCH_H
#define BROCH_CODEC_LAUNCH_H

#include "base/err.h"
#include "base/writer.h"

#define LAUNCH_VERSION 1
/* Where a process keep finds its record: a sealed memfd, read from offset 0 to
 * its end. */
#define LAUNCH_FD 3

#define LAUNCH_EXIT_USAGE 64
#define LAUNCH_EXIT_DATA 65
#define LAUNCH_EXIT_SOFTWARE 70 /* our own failure, or the machine's: no memory, a gate error */
#define LAUNCH_EXIT_TRAP 134

/* Ceilings: a table of fixed size for each, so that exec needs no allocation
 * before its limits are known. */
#define LAUNCH_SIZE_MAX (4u << 20) /* bytes of a record; Linux itself stops at 2 MiB of argv */
#define LAUNCH_ARGS_MAX 4096u      /* shell globs over a big folder still fit */
#define LAUNCH_ENVIRONMENT_MAX 4096u
#define LAUNCH_DIRECTORIES_MAX 256u
#define LAUNCH_SOCKETS_MAX 256u
#define LAUNCH_TREES_MAX 64u
#define LAUNCH_IMAGES_MAX 256u /* as many as directories: each may become one */
#define LAUNCH_VOLUMES_MAX 16u /* each is all in memory */
#define LAUNCH_FD_MAX 4095u    /* the loader numbers densely from 4 up */
#define LAUNCH_SEED_SIZE 32u
#define LAUNCH_DIGEST_SIZE 32u
#define LAUNCH_KEY_SIZE 32u

/* What holds where nobody said otherwise. */
#define LAUNCH_MEMORY_DEFAULT (4ull << 30) /* all that a 32-bit memory can be */
#define LAUNCH_TABLE_DEFAULT 10000000ull   /* as other engines have it */
#define LAUNCH_STACK_DEFAULT (8ull << 20)  /* CPython's own recursion limit fits */

struct launch_directory {
    struct bytes guest; /* the path that the guest sees */
    uint32_t fd;
    bool read_only;
};

enum launch_socket_kind {
    LAUNCH_LISTEN, /* bound and listening: sock_accept */
    LAUNCH_STREAM, /* connected: sock_recv, sock_send, fd_read, fd_write */
};

struct launch_socket {
    uint32_t fd;
    enum launch_socket_kind kind;
    struct bytes name;
};

/* A folder that lives in exec's memory and goes with it. */
struct launch_tree {
    struct bytes guest;
    uint64_t size_max; /* bytes of contents and names */
};

/* A folder that exec makes from an archive (codec/archive.h). What the program changed in
 * it goes back, whatever the end, as an archive whose unchanged files are marked so. */
struct launch_image {
    struct bytes guest;
    uint32_t fd;                        /* whole archive, from offset 0, to its end */
    uint8_t digest[LAUNCH_DIGEST_SIZE]; /* SHA-256 of it */
    uint64_t size_max; /* bytes of contents and names, at most LIMIT_ARCHIVE_CONTENTS */
    bool read_only;
    bool has_output; /* never where it is read-only */
    uint32_t output_fd;
};

/* A folder that lives encrypted in one file (exec/volume.h). In a keep whose host can look
 * inside, the key is no secret from the host; it is from whoever gets the file alone. */
struct launch_volume {
    struct bytes guest;
    uint32_t fd;
    uint8_t key[LAUNCH_KEY_SIZE];
    uint64_t size_max; /* as that of an image */
    bool read_only;
};

struct launch {
    uint32_t module_fd; /* sealed memfd, whole module, from offset 0 */
    struct bytes name;  /* of the module, for messages; args[0] is what the guest sees */
    uint32_t args_count;
    uint32_t environment_count;
    uint32_t directories_count;
    uint32_t sockets_count;
    uint32_t trees_count;
    uint32_t images_count;
    uint32_t volumes_count;
    struct bytes args[LAUNCH_ARGS_MAX];               /* no zero byte inside */
    struct bytes environment[LAUNCH_ENVIRONMENT_MAX]; /* "K=V", K not empty */
    struct launch_directory directories[LAUNCH_DIRECTORIES_MAX];
    struct launch_socket sockets[LAUNCH_SOCKETS_MAX];
    struct launch_tree trees[LAUNCH_TREES_MAX];
    struct launch_image images[LAUNCH_IMAGES_MAX];
    struct launch_volume volumes[LAUNCH_VOLUMES_MAX];
    bool tty[3]; /* descriptor 0, 1, 2 is a terminal */

    uint64_t memory_bytes; /* linear memories together, compile included */
    uint64_t table_elements;
    uint64_t stack_bytes;
    bool has_fuel; /* false: unmetered */
    uint64_t fuel;
    bool has_time; /* false: none */
    uint64_t time_ms;

    bool has_invoke;     /* false: _start, or the module's start function alone */
    struct bytes invoke; /* an export; args[1…] are its arguments */
    bool deterministic;
    bool has_seed; /* set by the caller in deterministic mode if at all */
    uint8_t seed[LAUNCH_SEED_SIZE];
    uint64_t engine_config; /* opaque here: include/broch/wasm.h */
    bool has_report;
    uint32_t report_fd;
};

/* Fills in what holds by default; everything else is zero. */
void launch_init(struct launch *out);
/* The caller keeps the rules that launch_parse checks; writer_ok() says whether
 * it fitted. */
void launch_write(struct writer *w, const struct launch *launch);
/* ERR_MALFORMED, ERR_UNSUPPORTED (another version), ERR_LIMIT (a table too
 * small). On error *out holds nothing of use. */
enum err launch_parse(struct launch *out, struct bytes raw);

/* What exec measured of itself; a field that it did not measure is 0. */
struct launch_report {
    uint64_t compile_us;
    uint64_t run_us;
    uint64_t code_bytes;
    uint64_t memory_peak_bytes; /* linear memories */
    uint64_t fuel_used;
};
#define LAUNCH_REPORT_SIZE_MAX 64u

void launch_report_write(struct writer *w, const struct launch_report *report);
enum err launch_report_parse(struct launch_report *out, struct bytes raw);

#endif
