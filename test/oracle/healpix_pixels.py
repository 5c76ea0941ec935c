"""Write test/data/healpix-pixels.json.gz: regions that sphgeom gives to HEALPix pixels, with their encodings.

Run with the Python that has lsst-sphgeom and hpgeom installed:  python test/oracle/healpix_pixels.py
"""

import gzip
import json
import random
from pathlib import Path

from lsst.sphgeom import HealpixPixelization

random.seed(20261130)

LEVELS = range(18)
PIXELS_OF_A_LEVEL = 12

rows = []
for level in LEVELS:
    pixelization = HealpixPixelization(level)
    count = 12 * 4**level
    # corners of base pixels, the poles among them, and any
    indices = {base * 4**level + within for base in range(12) for within in (0, 4**level - 1)}
    indices |= {random.randrange(count) for _ in range(PIXELS_OF_A_LEVEL)}
    rows += [[level, index, pixelization.pixel(index).encode().hex()] for index in sorted(indices)]

path = Path(__file__).parent.parent / "data" / "healpix-pixels.json.gz"
path.write_bytes(gzip.compress(json.dumps(rows, separators=(",", ":")).encode(), mtime=0))
