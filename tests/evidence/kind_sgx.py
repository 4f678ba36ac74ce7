"""SGX quotes of version 3, with as much collateral as the case has."""
from dcap import (also_verify, arguments, fields, matrix, negative_reasons,  # noqa: F401
                  run, verdict)
