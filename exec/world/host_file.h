/* host_file.h: what the files of the host world share. Not for others. */
#ifndef BROCH_EXEC_WORLD_HOST_FILE_H
#define BROCH_EXEC_WORLD_HOST_FILE_H

#include "exec/world/host.h"

#define HOST_ENTRIES_SIZE 8192u

struct host_entries; /* names read ahead, in host_dir.c */

struct host_file {
    struct world_file base;
    int fd;
    bool handed_in;   /* its status flags are shared with others */
    bool os_append;   /* O_APPEND was there when it was handed in */
    uint32_t fdflags; /* as the guest set them */
    struct host_entries *entries;
};

static inline struct host_file *host_file_of(struct world_file *f) { return (struct host_file *)f; }

extern const struct world_file_ops host_file_ops;

/* For errno; never WASI_OK. */
enum wasi_errno host_errno(int number);
/* Whether a call that gave EINTR is to be made again. */
bool host_again(int number);
/* Fills in what fstat says, for a descriptor. */
enum wasi_errno host_stat_fd(int fd, struct world_stat *out);
enum wasi_errno host_set_times_fd(int fd, const struct world_times *times);
enum wasi_errno host_file_wrap(struct world_file **out, int fd, uint32_t fdflags, bool handed_in);
uint64_t host_readable_size(int fd);
/* Nonblocking, for a descriptor whose own flag is shared with whoever handed it in. */
bool host_would_block(struct host_file *h, short event);

/* host_dir.c */
enum wasi_errno host_entry(struct world_file *f, uint64_t cookie, struct world_entry *out,
                           bool *end);
/* host_path.c */
enum wasi_errno host_open(struct world_file *dir, const char *path, const struct world_open *how,
                          struct world_file **out);
enum wasi_errno host_stat_at(struct world_file *dir, const char *path, bool follow,
                             struct world_stat *out);
enum wasi_errno host_set_times_at(struct world_file *dir, const char *path, bool follow,
                                  const struct world_times *times);
enum wasi_errno host_make_directory(struct world_file *dir, const char *path);
enum wasi_errno host_remove_directory(struct world_file *dir, const char *path);
enum wasi_errno host_unlink(struct world_file *dir, const char *path);
enum wasi_errno host_rename(struct world_file *from, const char *old_path, struct world_file *to,
                            const char *new_path);
enum wasi_errno host_link(struct world_file *from, const char *old_path, struct world_file *to,
                          const char *new_path);
enum wasi_errno host_symlink(struct world_file *dir, const char *target, const char *path);
enum wasi_errno host_read_link(struct world_file *dir, const char *path, char *out, size_t room,
                               size_t *size);
/* host_socket.c */
enum wasi_errno host_accept(struct world_file *f, uint32_t fdflags, struct world_file **out);
enum wasi_errno host_receive(struct world_file *f, struct iovec *to, size_t count, uint32_t flags,
                             size_t *got, uint32_t *out_flags);
enum wasi_errno host_send(struct world_file *f, struct iovec *from, size_t count, size_t *put);
enum wasi_errno host_shutdown(struct world_file *f, uint32_t how);

#endif
