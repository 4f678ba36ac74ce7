/* library.h: OpenSSL's libcrypto, started the way we want it. For crypto/.
 *
 * No file of this machine has a say in what is computed: left alone, the library reads
 * openssl.cnf, which may load code. Any thread may call, any number of times. Whoever starts
 * another library that uses this one (collateral/fetch.c) calls it first. */
#ifndef BROCH_CRYPTO_LIBRARY_H
#define BROCH_CRYPTO_LIBRARY_H

#include "base/err.h"

void library_start(void);
/* Why the library said no: ERR_NOMEM where its queue of errors says so, else `otherwise`.
 * Empties the queue. */
enum err library_failure(enum err otherwise);

/* MemorySanitizer does not see what the library writes: every output is told to it. */
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
void __msan_unpoison(const volatile void *at, __SIZE_TYPE__ size);
#define library_wrote(at, size) __msan_unpoison((at), (size))
/* Around what hands the library's own memory to the C library, where it is looked at. */
void __msan_scoped_disable_interceptor_checks(void);
void __msan_scoped_enable_interceptor_checks(void);
#define library_enter() __msan_scoped_disable_interceptor_checks()
#define library_leave() __msan_scoped_enable_interceptor_checks()
#endif
#endif
#ifndef library_wrote
#define library_wrote(at, size) ((void)(at), (void)(size))
#define library_enter() ((void)0)
#define library_leave() ((void)0)
#endif

#endif
