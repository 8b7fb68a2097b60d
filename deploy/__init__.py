"""The program, the embedded exchange and the demonstration."""

from deploy.names import require_own

require_own()
