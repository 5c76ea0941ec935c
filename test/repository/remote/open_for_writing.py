"""Opens a repository for writing, which makes the tables of its datastore.

    python open_for_writing.py ROOT
"""

import sys

from lsst.daf.butler import Butler

Butler.from_config(sys.argv[1], writeable=True)
