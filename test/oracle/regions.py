"""Write test/data/regions.json.gz: regions that sphgeom builds from degrees, with their encodings.

Run with the Python that has lsst-sphgeom installed:  python test/oracle/regions.py
"""

import gzip
import json
import random
from pathlib import Path

from lsst.sphgeom import Angle, Box, Circle, ConvexPolygon, LonLat, Region, UnitVector3d

random.seed(20260101)


def position():
    kind = random.randrange(6)
    if kind == 0:
        return [random.uniform(-720.0, 720.0), random.uniform(-90.0, 90.0)]
    if kind == 1:
        return [float(random.randrange(-360, 361, 15)), float(random.randrange(-90, 91, 15))]
    return [round(random.uniform(0.0, 360.0), 3), round(random.uniform(-90.0, 90.0), 3)]


def near(center, spread):
    ra, dec = center
    return [ra + random.uniform(-spread, spread), max(-90.0, min(90.0, dec + random.uniform(-spread, spread)))]


def lon_lat(p):
    return LonLat.fromDegrees(*p)


def vector(p):
    return UnitVector3d(lon_lat(p))


def attempt(build):
    try:
        return build()
    except ValueError:
        return None


def row(shape, args, build):
    region = attempt(build)
    if region is None:
        return [shape, args, None]
    return [shape, args, region.encode().hex(), region.to_ivoa_pos()]


rows = []
for _ in range(600):
    p = position()
    rows.append(row("point", [p], lambda: Circle(vector(p))))
    r = random.choice([0.0, -1.0, 180.0, 200.0, random.uniform(0.0, 5.0), random.uniform(0.0, 180.0), 1e-5])
    rows.append(row("circle", [p, r], lambda: Circle(vector(p), Angle.fromDegrees(r))))
    w, h = [random.choice([0.0, -1.0, 359.0, 360.0, random.uniform(0.0, 3.0), random.uniform(0.0, 400.0)]) for _ in "wh"]
    rows.append(
        row("box", [p, w, h], lambda: Box(lon_lat(p), Angle.fromDegrees(w / 2), Angle.fromDegrees(h / 2)))
    )
    kind = random.randrange(4)
    if kind == 0:
        points = [near(p, 3.0) for _ in range(random.randrange(3, 12))]
    elif kind == 1:
        points = [position() for _ in range(random.randrange(3, 6))]
    elif kind == 2:  # Many repeated points and points on one meridian or on the equator.
        points = [[float(random.randrange(0, 4)), float(random.randrange(0, 3))] for _ in range(random.randrange(3, 12))]
    else:
        points = [random.choice([[0.0, float(random.randrange(-80, 90, 20))], [float(random.randrange(0, 360, 30)), 0.0]])
                  for _ in range(random.randrange(3, 8))]
    rows.append(row("polygon", [points], lambda: ConvexPolygon([vector(q) for q in points])))

for _ in range(60):
    p, q = position(), position()
    text = f"RANGE {p[0]} {q[0]} {p[1]} {q[1]}"
    rows.append(row("pos", [text], lambda: Region.from_ivoa_pos(text)))
for text in [
    "CIRCLE 10 20 0.5", "CIRCLE  1e1 -.5 3.", "POLYGON 0 0 2 0 2 2 0 2", "RANGE -Inf +Inf 0 1", "RANGE 9.9 10.1 -Inf Inf",
    "RANGE 10 5 0 1", "RANGE 0 10 5 0", "CIRCLE 10 95 1", "CIRCLE 10 20", "SQUARE 1 2 3", "circle 10 20 0.5",
    "POLYGON 0 0 2 0", "POLYGON 0 0 2 0 1", "CIRCLE a b c", "RANGE 0 1 0 91",
]:
    rows.append(row("pos", [text], lambda: Region.from_ivoa_pos(text)))

target = Path(__file__).parent.parent / "data" / "regions.json.gz"
target.parent.mkdir(exist_ok=True)
target.write_bytes(gzip.compress(json.dumps(rows, separators=(",", ":")).encode(), mtime=0))
