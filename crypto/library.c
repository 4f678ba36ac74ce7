#include "crypto/library.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

void library_start(void)
{
    /* Once it was asked not to, the library never reads its configuration. */
    (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

enum err library_failure(enum err otherwise)
{
    enum err e = otherwise;

    for (unsigned long code; (code = ERR_get_error()) != 0;)
        if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
            e = ERR_NOMEM;
    return e;
}

#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
/* The sanitizer looks at what the library gives to strlen and its like, and takes all that
 * the library itself wrote for uninitialized: it is told to look at our own code alone. */
const char *__msan_default_options(void);
const char *__msan_default_options(void)
{
    return "intercept_strlen=0:intercept_strcmp=0:intercept_memcmp=0:"
           "intercept_strchr=0:intercept_strstr=0:intercept_strspn=0:intercept_strndup=0";
}
#endif
#endif
