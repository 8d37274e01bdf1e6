"""`python -m tests.exchange flood …`: the flood in a process of its own."""

import sys

from tests.exchange.flood import main

sys.exit(main(sys.argv[1:]))
