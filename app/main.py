"""The address the specification promises: ``uvicorn app.main:app``. Holds nothing of its own."""

import sys

from reflection.api.app import create_app
from reflection.api.logging import own_process
from reflection.errors import ConfigurationError

own_process()
try:
    app = create_app()
except ConfigurationError as error:  # one clear line instead of a traceback
    sys.exit(f"error: {error.message}. {error.hint}".rstrip())
