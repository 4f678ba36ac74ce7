/* library.h: OpenSSL's libcrypto, started the way we want it. Not for others than crypto/.
 *
 * No file of this machine has a say in what is computed: left alone, the library reads
 * openssl.cnf, which may load code. Any thread may call, any number of times. */
#ifndef BROCH_CRYPTO_LIBRARY_H
#define BROCH_CRYPTO_LIBRARY_H

void library_start(void);

#endif
