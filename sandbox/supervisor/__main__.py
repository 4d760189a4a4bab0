"""`python -m sandbox.supervisor`: what script/server runs."""

import sys

from sandbox.supervisor.command import main

sys.exit(main())
