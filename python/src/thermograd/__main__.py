"""`python -m thermograd` is the command `thermograd`."""

import sys

from .cli import main

sys.exit(main())
