"""Write test/data/envelopes.json.gz: regions, HTM levels and the pixel ranges of sphgeom's envelope; points and their pixels.

Run with the Python that has lsst-sphgeom installed:  python test/oracle/envelopes.py
"""

import base64
import gzip
import json
import math
import random
from pathlib import Path

from lsst.sphgeom import (
    Angle, Box, Circle, ConvexPolygon, HtmPixelization, IntersectionRegion, LonLat, UnionRegion, UnitVector3d,
)

random.seed(20260104)


def center():
    return random.choice([[0.0, 0.0], [90.0, 0.0], [0.0, 90.0], [45.0, -90.0], [359.9, 30.0], [180.0, 0.0],
                          *[[random.uniform(0.0, 360.0), math.degrees(math.asin(random.uniform(-1.0, 1.0)))]] * 6])


def lon_lat(c, spread):
    return LonLat.fromDegrees(c[0] + random.uniform(-spread, spread),
                              max(-90.0, min(90.0, c[1] + random.uniform(-spread, spread))))


def vector(c, spread):
    return UnitVector3d(lon_lat(c, spread))


def polygon(c, spread):
    while True:
        try:
            return ConvexPolygon([vector(c, spread) for _ in range(random.choice([3, 4, 4, 6]))])
        except ValueError:
            pass


def on_trixel(c, spread):
    """A polygon with corners of trixels and midpoints of their edges: its edges lie on theirs."""
    level = HtmPixelization(random.randrange(1, 9))
    a, b, d = level.pixel(level.index(vector(c, spread))).getVertices()
    m, n = UnitVector3d(a + b), UnitVector3d(b + d)
    return ConvexPolygon(random.choice([[a, b, d], [a, m, d], [m, b, n], [a, n, d], [m, n, d]]))


def symmetric(c, spread):
    """A square on the meridian or equator of its centre, like a tract of a sky map."""
    lon, lat = random.choice([0.0, 45.0, 90.0, 180.0]), random.choice([0.0, 0.0, 35.0, -89.0])
    return ConvexPolygon([UnitVector3d(LonLat.fromDegrees(lon + x * spread, max(-90.0, min(90.0, lat + y * spread))))
                          for x, y in [(-1, -1), (1, -1), (1, 1), (-1, 1)]])


def circle(c, spread):
    return Circle(vector(c, spread), Angle.fromDegrees(random.choice([0.0, -1.0, spread, random.uniform(0.0, spread)])))


def box(c, spread):
    return Box(lon_lat(c, spread), *[Angle.fromDegrees(random.uniform(0.0, spread)) for _ in range(2)])


def compound(c, spread):
    kind = random.choice([UnionRegion, IntersectionRegion])
    return kind(*[random.choice([polygon, circle, box])(c, spread) for _ in range(random.randrange(0, 3))])


envelopes = []
for _ in range(1200):
    build = random.choice([polygon, polygon, on_trixel, on_trixel, symmetric, circle, box, compound])
    spread = random.choice([0.01, 0.1, 1.0, 5.0])
    level = random.choice([7, 7, 7, 4, 9] if spread <= 1.0 else [7, 3, 1])
    region = build(center(), spread)
    ranges = [list(r) for r in HtmPixelization(level).envelope(region)]
    envelopes.append([base64.b64encode(region.encode()).decode(), level, ranges])

pixels = []
for _ in range(300):
    v = vector(center(), random.choice([0.0, 1.0, 90.0]))
    if random.random() < 0.3:
        t = HtmPixelization(random.randrange(1, 8))
        v = t.pixel(t.index(v)).getVertices()[random.randrange(3)]
    level = random.choice([1, 7, 10, 24])
    pixelization = HtmPixelization(level)
    index = pixelization.index(v)
    pixels.append([[v.x(), v.y(), v.z()], level, index, base64.b64encode(pixelization.pixel(index).encode()).decode()])

target = Path(__file__).parent.parent / "data" / "envelopes.json.gz"
data = {"envelopes": envelopes, "pixels": pixels}
target.write_bytes(gzip.compress(json.dumps(data, separators=(",", ":")).encode(), mtime=0))
