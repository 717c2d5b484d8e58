"""`python -m paige.device.cli`, for where the `paige` command is not on the path."""

import sys

from paige.device.cli import main

sys.exit(main())
