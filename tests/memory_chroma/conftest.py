"""Tests of Chroma beyond the common contract; collected only where the extra is installed (`make test-chroma`)."""

from reflection.memory.chroma import installed

collect_ignore_glob = [] if installed() else ["test_*.py"]
