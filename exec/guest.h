/* guest.h: the world of one guest, made from the launch record. */
#ifndef BROCH_EXEC_GUEST_H
#define BROCH_EXEC_GUEST_H

#include "codec/launch.h"
#include "exec/wasi/wasi.h"

/* Streams 0 to 2, then directories, images, trees, volumes and sockets in the record's order.
 * Where there are sockets, the environment gets FD_COUNT and FD_NAMES (names
 * joined by ':', in the order of their numbers) unless it has them. Says what is
 * wrong, and gives the exit code; 0 is success. The launch record must live as
 * long as the guest. */
int guest_new(struct wasi **out, const struct launch *l);
/* At the end, whatever it was and however far guest_new came: hands back what became of
 * images, and stores volumes. From here on no time limit ends the process. Says what
 * could not be kept, and then gives false. */
bool guest_end(const struct launch *l);

#endif
