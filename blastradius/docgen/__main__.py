"""``python -m blastradius.docgen``."""

import sys

from blastradius.docgen.pages import main

sys.exit(main(sys.argv[1:]))
