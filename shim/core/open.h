/* open.h: what the kinds of descriptors share. For file.c and its kinds alone.
 *
 * A struct file is Linux's open file description: descriptors that dup made share
 * one. It is taken with file_take and given back with file_give; the last one to
 * give it back closes it. Files are never freed, only used again. */
#ifndef BROCH_SHIM_CORE_OPEN_H
#define BROCH_SHIM_CORE_OPEN_H

#include <stdbool.h>
#include <stdint.h>

#include "gate/abi.h"
#include "shim/core/file.h"
#include "shim/core/lock.h"
#include "shim/core/span.h"
#include "shim/linux.h"

#define FILE_FDS_MAX 4096u /* LAUNCH_FD_MAX + 1; what prlimit says of RLIMIT_NOFILE */

struct file {
    uint32_t references; /* atomic; 0: free */
    uint32_t flags;      /* LINUX_O_…: atomic, fcntl changes it */
    uint16_t kind;       /* enum gate_handle_kind */
    uint16_t type;       /* enum gate_handle_type */
    uint32_t handle;
    uint64_t gpa;
    struct lock lock; /* of position and size, as Linux locks f_pos */
    uint64_t position;
    uint64_t size;
    /* Streams (stream.c). */
    int32_t late;      /* atomic: the error of a posted write, not yet told */
    uint32_t quick;    /* writes that followed each other fast */
    uint64_t wrote_at; /* the counter, at the last write */
    bool interrupted;  /* a signal ended the last write */
};

/* How a kind moves bytes. offset: NULL for the file's own position. flags: a
 * MSG_… or RWF_… of the call. Results are a number of bytes or minus an errno. */
struct file_ops {
    int64_t (*read)(struct file *f, struct span *s, const uint64_t *offset, uint32_t flags);
    int64_t (*write)(struct file *f, struct span *s, const uint64_t *offset, uint32_t flags);
};

extern const struct file_ops stream_ops;
extern const struct file_ops input_ops;
extern const struct file_ops block_ops;
extern const struct file_ops platform_ops;

/* The file of a descriptor, or NULL: EBADF. */
struct file *file_take(uint64_t fd);
void file_give(struct file *f);
/* A descriptor for a new file, at `least` or above. Takes the file over; -EMFILE. */
int64_t file_install(struct file *f, uint32_t least, bool close_on_exec);
/* 0, or -EBADF. */
int64_t file_close_on_exec(uint32_t fd, bool on);
/* A free file with one reference and everything else zero, or NULL: ENOMEM. */
struct file *file_new(void);

static inline uint32_t file_flags(const struct file *f)
{
    return __atomic_load_n(&f->flags, __ATOMIC_RELAXED);
}

static inline bool file_can_read(const struct file *f)
{
    return (file_flags(f) & LINUX_O_ACCMODE) != LINUX_O_WRONLY;
}

static inline bool file_can_write(const struct file *f)
{
    return (file_flags(f) & LINUX_O_ACCMODE) != LINUX_O_RDONLY;
}

static inline bool file_is_socket(const struct file *f) { return f->type == GATE_TYPE_SOCKET; }

/* Streams and listeners: the last reference is gone. */
void stream_close(struct file *f);
/* Waits a while for what was posted; false: nobody reads it. */
bool stream_flush(void);
/* An error of a posted write that was not yet told; 0: none. */
int stream_late(struct file *f);
/* SO_ERROR and its like: what POLL says is there to be read; 0: nothing. */
uint64_t stream_readable(struct file *f);
/* The handles that are in use: ACCEPT may not give one of them. */
bool handle_take(uint32_t handle);

int64_t block_resize(struct file *f, uint64_t size);
int64_t block_flush(struct file *f);

#endif
