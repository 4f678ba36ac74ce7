/* types.h: the numbers of WASI preview 1.
 *
 * Taken from the witx files of WebAssembly/WASI: phases/snapshot (module name
 * wasi_snapshot_preview1) and phases/old/snapshot_0 (wasi_unstable). Where the
 * two differ, the name says OLD. Values are part of the binary interface. */
#ifndef BROCH_EXEC_WASI_TYPES_H
#define BROCH_EXEC_WASI_TYPES_H

#include <stdint.h>

enum [[nodiscard]] wasi_errno{
    WASI_OK = 0,      WASI_2BIG,           WASI_ACCES,       WASI_ADDRINUSE,   WASI_ADDRNOTAVAIL,
    WASI_AFNOSUPPORT, WASI_AGAIN,          WASI_ALREADY,     WASI_BADF,        WASI_BADMSG,
    WASI_BUSY,        WASI_CANCELED,       WASI_CHILD,       WASI_CONNABORTED, WASI_CONNREFUSED,
    WASI_CONNRESET,   WASI_DEADLK,         WASI_DESTADDRREQ, WASI_DOM,         WASI_DQUOT,
    WASI_EXIST,       WASI_FAULT,          WASI_FBIG,        WASI_HOSTUNREACH, WASI_IDRM,
    WASI_ILSEQ,       WASI_INPROGRESS,     WASI_INTR,        WASI_INVAL,       WASI_IO,
    WASI_ISCONN,      WASI_ISDIR,          WASI_LOOP,        WASI_MFILE,       WASI_MLINK,
    WASI_MSGSIZE,     WASI_MULTIHOP,       WASI_NAMETOOLONG, WASI_NETDOWN,     WASI_NETRESET,
    WASI_NETUNREACH,  WASI_NFILE,          WASI_NOBUFS,      WASI_NODEV,       WASI_NOENT,
    WASI_NOEXEC,      WASI_NOLCK,          WASI_NOLINK,      WASI_NOMEM,       WASI_NOMSG,
    WASI_NOPROTOOPT,  WASI_NOSPC,          WASI_NOSYS,       WASI_NOTCONN,     WASI_NOTDIR,
    WASI_NOTEMPTY,    WASI_NOTRECOVERABLE, WASI_NOTSOCK,     WASI_NOTSUP,      WASI_NOTTY,
    WASI_NXIO,        WASI_OVERFLOW,       WASI_OWNERDEAD,   WASI_PERM,        WASI_PIPE,
    WASI_PROTO,       WASI_PROTONOSUPPORT, WASI_PROTOTYPE,   WASI_RANGE,       WASI_ROFS,
    WASI_SPIPE,       WASI_SRCH,           WASI_STALE,       WASI_TIMEDOUT,    WASI_TXTBSY,
    WASI_XDEV,        WASI_NOTCAPABLE,
};
_Static_assert(WASI_NOTCAPABLE == 76, "an errno is missing or twice there");

/* As base/err.h's TRY, for calls that give an errno of WASI. */
#define WASI_TRY(e)                      \
    do {                                 \
        enum wasi_errno wasi_try_ = (e); \
        if (wasi_try_ != WASI_OK)        \
            return wasi_try_;            \
    } while (0)

enum wasi_filetype {
    WASI_TYPE_UNKNOWN = 0,
    WASI_TYPE_BLOCK_DEVICE,
    WASI_TYPE_CHARACTER_DEVICE,
    WASI_TYPE_DIRECTORY,
    WASI_TYPE_FILE,
    WASI_TYPE_SOCKET_DGRAM,
    WASI_TYPE_SOCKET_STREAM,
    WASI_TYPE_SYMLINK,
};

#define WASI_RIGHT_FD_DATASYNC (1ull << 0)
#define WASI_RIGHT_FD_READ (1ull << 1)
#define WASI_RIGHT_FD_SEEK (1ull << 2)
#define WASI_RIGHT_FD_FDSTAT_SET_FLAGS (1ull << 3)
#define WASI_RIGHT_FD_SYNC (1ull << 4)
#define WASI_RIGHT_FD_TELL (1ull << 5)
#define WASI_RIGHT_FD_WRITE (1ull << 6)
#define WASI_RIGHT_FD_ADVISE (1ull << 7)
#define WASI_RIGHT_FD_ALLOCATE (1ull << 8)
#define WASI_RIGHT_PATH_CREATE_DIRECTORY (1ull << 9)
#define WASI_RIGHT_PATH_CREATE_FILE (1ull << 10)
#define WASI_RIGHT_PATH_LINK_SOURCE (1ull << 11)
#define WASI_RIGHT_PATH_LINK_TARGET (1ull << 12)
#define WASI_RIGHT_PATH_OPEN (1ull << 13)
#define WASI_RIGHT_FD_READDIR (1ull << 14)
#define WASI_RIGHT_PATH_READLINK (1ull << 15)
#define WASI_RIGHT_PATH_RENAME_SOURCE (1ull << 16)
#define WASI_RIGHT_PATH_RENAME_TARGET (1ull << 17)
#define WASI_RIGHT_PATH_FILESTAT_GET (1ull << 18)
#define WASI_RIGHT_PATH_FILESTAT_SET_SIZE (1ull << 19)
#define WASI_RIGHT_PATH_FILESTAT_SET_TIMES (1ull << 20)
#define WASI_RIGHT_FD_FILESTAT_GET (1ull << 21)
#define WASI_RIGHT_FD_FILESTAT_SET_SIZE (1ull << 22)
#define WASI_RIGHT_FD_FILESTAT_SET_TIMES (1ull << 23)
#define WASI_RIGHT_PATH_SYMLINK (1ull << 24)
#define WASI_RIGHT_PATH_REMOVE_DIRECTORY (1ull << 25)
#define WASI_RIGHT_PATH_UNLINK_FILE (1ull << 26)
#define WASI_RIGHT_POLL_FD_READWRITE (1ull << 27)
#define WASI_RIGHT_SOCK_SHUTDOWN (1ull << 28)
#define WASI_RIGHT_SOCK_ACCEPT (1ull << 29)
/* Every right there is: other bits of a rights_t mean nothing and are dropped. */
#define WASI_RIGHTS_ALL ((1ull << 30) - 1)

#define WASI_FDFLAG_APPEND 1u
#define WASI_FDFLAG_DSYNC 2u
#define WASI_FDFLAG_NONBLOCK 4u
#define WASI_FDFLAG_RSYNC 8u
#define WASI_FDFLAG_SYNC 16u
#define WASI_FDFLAGS_ALL 31u

#define WASI_LOOKUP_FOLLOW 1u

#define WASI_OPEN_CREAT 1u
#define WASI_OPEN_DIRECTORY 2u
#define WASI_OPEN_EXCL 4u
#define WASI_OPEN_TRUNC 8u
#define WASI_OPEN_ALL 15u

#define WASI_TIME_ATIM 1u
#define WASI_TIME_ATIM_NOW 2u
#define WASI_TIME_MTIM 4u
#define WASI_TIME_MTIM_NOW 8u
#define WASI_TIME_ALL 15u

enum wasi_clock {
    WASI_CLOCK_REALTIME = 0,
    WASI_CLOCK_MONOTONIC,
    WASI_CLOCK_PROCESS,
    WASI_CLOCK_THREAD,
};

enum wasi_whence { WASI_SEEK_SET = 0, WASI_SEEK_CUR, WASI_SEEK_END };
enum wasi_old_whence { WASI_OLD_SEEK_CUR = 0, WASI_OLD_SEEK_END, WASI_OLD_SEEK_SET };

enum wasi_advice {
    WASI_ADVICE_NORMAL = 0,
    WASI_ADVICE_SEQUENTIAL,
    WASI_ADVICE_RANDOM,
    WASI_ADVICE_WILLNEED,
    WASI_ADVICE_DONTNEED,
    WASI_ADVICE_NOREUSE,
};

enum wasi_event { WASI_EVENT_CLOCK = 0, WASI_EVENT_READ, WASI_EVENT_WRITE };
#define WASI_EVENT_HANGUP 1u
#define WASI_CLOCK_ABSTIME 1u

#define WASI_RECV_PEEK 1u
#define WASI_RECV_WAITALL 2u
#define WASI_RECV_TRUNCATED 1u
#define WASI_SHUT_RD 1u
#define WASI_SHUT_WR 2u

#endif
