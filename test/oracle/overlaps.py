"""Write test/data/overlaps.json.gz: pairs of regions and what sphgeom's Region.overlaps says (null: it cannot tell).

Run with the Python that has lsst-sphgeom installed:  python test/oracle/overlaps.py
"""

import base64
import gzip
import json
import math
import random
from pathlib import Path

from lsst.sphgeom import (
    Angle, AngleInterval, Box, Circle, ConvexPolygon, Ellipse, HtmPixelization, IntersectionRegion, LonLat,
    NormalizedAngleInterval, UnionRegion, UnitVector3d,
)

random.seed(20260103)


def lon_lat(center, spread):
    ra, dec = center
    return LonLat.fromDegrees(ra + random.uniform(-spread, spread),
                              max(-90.0, min(90.0, dec + random.uniform(-spread, spread))))


def vector(center, spread):
    return UnitVector3d(lon_lat(center, spread))


def polygon(center, spread):
    while True:
        try:
            return ConvexPolygon([vector(center, spread) for _ in range(random.choice([3, 4, 4, 5, 8]))])
        except ValueError:
            spread = min(spread, 20.0)


def circle(center, spread):
    radius = random.choice([0.0, spread, random.uniform(0.0, spread), 180.0, -1.0, 90.0, 179.0]
                           if random.random() < 0.2 else [random.uniform(0.0, spread)])
    return Circle(vector(center, spread), Angle.fromDegrees(radius))


def box(center, spread):
    if random.random() < 0.1:
        return random.choice([Box(), Box.full(),
                              Box(Box.allLongitudes(), AngleInterval(Angle(0.1), Angle(0.2))),
                              Box(NormalizedAngleInterval.fromDegrees(350, 10), Box.allLatitudes())])
    return Box(lon_lat(center, spread), *[Angle.fromDegrees(random.uniform(0.0, spread)) for _ in range(2)])


def ellipse(center, spread):
    a, b = [Angle.fromDegrees(random.uniform(0.0, min(spread, 89.0))) for _ in range(2)]
    return Ellipse(vector(center, spread), a, b, Angle.fromDegrees(random.uniform(0.0, 180.0)))


def trixel(center, spread):
    level = HtmPixelization(random.randrange(3, 9))
    return level.pixel(level.index(vector(center, spread)))


def compound(center, spread):
    kind = random.choice([UnionRegion, IntersectionRegion])
    return kind(*[random.choice([polygon, circle, box])(center, spread) for _ in range(random.randrange(0, 3))])


def touching(center, spread):
    """Two polygons that share a vertex or an edge, or a polygon and a circle or box that ends at its vertex."""
    p = polygon(center, spread)
    v = p.getVertices()
    kind = random.randrange(5)
    far = -p.getCentroid()
    a, b = v[0], v[1]
    beyond = UnitVector3d(2 * a.x() - p.getCentroid().x(), 2 * a.y() - p.getCentroid().y(),
                          2 * a.z() - p.getCentroid().z())
    try:
        if kind == 0:
            return p, ConvexPolygon([b, a, beyond])
        if kind == 1:
            return p, ConvexPolygon([a, beyond, vector(center, spread)])
        if kind == 2:
            chord = (beyond.x() - a.x()) ** 2 + (beyond.y() - a.y()) ** 2 + (beyond.z() - a.z()) ** 2
            return p, Circle(beyond, 2 * math.asin(0.5 * math.sqrt(chord)) and chord)
        if kind == 3:
            return p, p.getBoundingBox().dilatedBy(Angle.fromDegrees(random.choice([-0.1, 0.0, 0.1])))
        return p, random.choice([Circle(far, Angle(math.pi - 0.1)), p.getBoundingCircle(), Circle(a), p])
    except (ValueError, RuntimeError):
        return p, p


def centers():
    return random.choice([[0.0, 0.0], [0.0, 90.0], [120.0, -90.0], [359.9, 30.0],
                          [random.uniform(0.0, 360.0), math.degrees(math.asin(random.uniform(-1.0, 1.0)))]])


SIMPLE = [polygon, polygon, polygon, circle, circle, box, trixel]
ALL = [*SIMPLE, ellipse, compound]

pairs = []
for _ in range(2500):
    c, s = centers(), random.choice([0.1, 1.0, 10.0, 60.0])
    pairs.append((random.choice(SIMPLE)(c, s), random.choice(SIMPLE)(c, s)))
for _ in range(700):
    c, s = centers(), random.choice([1.0, 30.0])
    pairs.append((random.choice(ALL)(c, s), random.choice(ALL)(c, s)))
for _ in range(1000):
    pairs.append(touching(centers(), random.choice([0.1, 1.0, 10.0])))

rows = []
for a, b in pairs:
    rows.append([base64.b64encode(r.encode()).decode() for r in (a, b)] + [a.overlaps(b), b.overlaps(a)])
target = Path(__file__).parent.parent / "data" / "overlaps.json.gz"
target.write_bytes(gzip.compress(json.dumps(rows, separators=(",", ":")).encode(), mtime=0))
