"""PlatformIO starts its build tool by this name."""

import sys

from SCons.Script import main

sys.exit(main())
