/* core_file.h: an ELF core file of a stopped target, as gdb and readelf know it.
 *
 * Registers of every thread (NT_PRSTATUS, NT_FPREGSET), and every area that can be
 * read. Only for debug keeps: it goes through the debugger's target, which no other
 * keep has. Areas that cannot be read have no bytes in the file; runs of zeroes are
 * holes in it. */
#ifndef BROCH_HOST_CORE_FILE_H
#define BROCH_HOST_CORE_FILE_H

#include "host/gdb/target.h"

#define CORE_AREAS_MAX 4096u
#define CORE_SIZE_MAX (64ull << 30) /* of all areas: what a keep can have, and then some */

/* Writes from offset 0 on, the file being empty and seekable. ERR_IO with errno. */
enum err core_file_write(int fd, const struct gdb_target *t, const struct gdb_stop *why);

#endif
