"""`python -m paige.tools.vosk`."""

import sys

from paige.tools.vosk.build import main

sys.exit(main())
