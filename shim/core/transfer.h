/* transfer.h: one movement of bytes between a file and exec's buffers. */
#ifndef BROCH_SHIM_CORE_TRANSFER_H
#define BROCH_SHIM_CORE_TRANSFER_H

#include "shim/core/open.h"

struct transfer {
    uint64_t at;   /* a buffer, or a list of iovec */
    uint64_t size; /* its bytes, or its entries */
    const uint64_t *offset;
    uint32_t flags; /* MSG_… for sockets, RWF_… for others */
    bool is_list;
    bool is_write;
};

/* Bytes moved, or minus an errno. The caller has asked whether the file may be. */
int64_t transfer(struct file *f, const struct transfer *t);

#endif
