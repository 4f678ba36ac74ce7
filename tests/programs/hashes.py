"""Digests, checksums, compression, random numbers from a seed."""
import base64
import binascii
import hashlib
import hmac
import random
import zlib

data = bytes(range(256)) * 4096
for name in ("md5", "sha1", "sha256", "sha3_256", "blake2b"):
    print(name, hashlib.new(name, data).hexdigest()[:16])
print(hmac.new(b"key", data, "sha256").hexdigest()[:16])
print("%08x %08x" % (zlib.crc32(data), zlib.adler32(data)))
print(zlib.decompress(zlib.compress(data, 9)) == data)
print(base64.b85encode(data[:10]).decode(), binascii.hexlify(data[-3:]).decode())
random.seed(7)
print([random.randrange(1000) for _ in range(5)])
#> md5 c35cc7d8d91728a0
#> sha1 ecfc8e86fdd83811
#> sha256 fbbab289f7f94b25
#> sha3_256 d968751128cfec87
#> blake2b 988b9f48e713f594
#> bbac01e55a27fd7f
#> 04d0e435 46a47789
#> True
#> 009C61O)~M2nh fdfeff
#> [331, 970, 154, 404, 666]
