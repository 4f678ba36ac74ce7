#include "crypto/library.h"

#include <openssl/crypto.h>

void library_start(void)
{
    /* Once it was asked not to, the library never reads its configuration. */
    (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}
