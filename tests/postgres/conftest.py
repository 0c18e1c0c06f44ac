"""What only a server does, and what both databases do alike; collected by `make test-postgres`."""

import os

collect_ignore_glob = [] if os.environ.get("REFLECTION_TEST_POSTGRES") else ["test_*.py"]
