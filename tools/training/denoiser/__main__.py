"""`python -m paige.tools.training.denoiser`."""

import sys

from paige.tools.training.denoiser.build import main

sys.exit(main())
