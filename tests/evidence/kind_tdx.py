"""TDX quotes of versions 4 and 5, their collateral and event logs."""
from dcap import (also_verify, arguments, fields, matrix, negative_reasons,  # noqa: F401
                  run, verdict)
