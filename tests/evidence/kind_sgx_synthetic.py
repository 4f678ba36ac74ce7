"""SGX quotes and collateral of a test PKI, for verdicts that no public sample shows."""
from dcap import (also_verify, arguments, fields, matrix, negative_reasons,  # noqa: F401
                  run, verdict)
