"""Write test/data/times.json.gz: time literals and the nanoseconds that stock Butler makes of them (null: refused).

Run with the Python that has lsst-daf-butler installed:  python test/oracle/times.py
"""

import gzip
import json
import logging
import random
import warnings
from pathlib import Path

from lsst.daf.butler.queries.expressions.parser.parserYacc import _parseTimeString
from lsst.daf.butler.time_utils import TimeConverter

random.seed(20260102)
warnings.simplefilter("ignore")
logging.disable(logging.WARNING)

SCALES = ["", "", "/tai", "/utc", "/tt", "/TAI", "/Utc", "/tcg"]


def fraction():
    digits = random.choice([0, 0, 1, 3, 6, 9, 9, 10, 12, 17])
    return "" if digits == 0 else "." + "".join(random.choice("0123456789") for _ in range(digits))


def date():
    year = random.choice([random.randrange(1971, 2100), random.randrange(1960, 2110), 1970, 1971, 1972, 2016, 2017])
    month, day = random.choice([(random.randrange(1, 13), random.randrange(1, 29)), (12, 31), (6, 30), (1, 1), (2, 29)])
    return year, month, day


def clock():
    h, m, s = random.choice(
        [(random.randrange(24), random.randrange(60), random.randrange(60)), (23, 59, 59), (23, 59, 60), (0, 0, 0),
         (12, 0, 0), (23, 59, 61), (11, 22, 60)]
    )
    pad = random.random() < 0.8
    text = f"{h:02d}:{m:02d}" if pad else f"{h}:{m}"
    if random.random() < 0.85:
        text += (f":{s:02d}" if pad else f":{s}") + fraction()
    return text


def iso():
    y, m, d = date()
    text = f"{y:04d}-{m:02d}-{d:02d}" if random.random() < 0.85 else f"{y}-{m}-{d}"
    if random.random() < 0.8:
        text += random.choice(" TTT") + clock()
    return random.choice(["", "", "", "iso/", "isot/", "fits/"]) + text


def yday():
    text = f"{date()[0]}:" + random.choice(["{:03d}", "{}"]).format(random.choice([random.randrange(1, 366), 366, 1, 60]))
    if random.random() < 0.8:
        text += ":" + clock()
    return random.choice(["", "", "yday/"]) + text


def number(low, high):
    x = random.uniform(low, high)
    return random.choice(
        [f"{x:.1f}", f"{x:.6f}", f"{x:.17f}".rstrip("0"), f"{int(x)}.", f"{int(x)}.5", f"{int(x)}.0", f"{x:.9f}"]
    )


NUMERIC = {
    "": (40587.0, 88069.0), "mjd": (40000.0, 89000.0), "jd": (2440587.5, 2488070.0), "unix": (0.0, 4.2e9),
    "unix_tai": (0.0, 4.2e9), "gps": (-3.2e8, 3.8e9), "cxcsec": (-9e8, 3.3e9), "galexsec": (-3.2e8, 3.7e9),
    "jyear": (1969.0, 2101.0), "byear": (1969.0, 2101.0), "decimalyear": (1969.0, 2101.0),
    "stardate": (-140000.0, -86000.0),
}

bodies = []
for _ in range(2500):
    bodies.append(iso() + random.choice(SCALES))
for _ in range(800):
    bodies.append(yday() + random.choice(SCALES))
for _ in range(3000):
    name = random.choice(list(NUMERIC))
    bodies.append((name and name + "/") + number(*NUMERIC[name]) + random.choice(SCALES))
bodies += [
    "58849.", ".5", "58849", "-.5", "2020-01-01t00:00:00", "2020-01-01T00:00:00+00:00", "2020-01-01T00:00:00+01:00",
    "2020-01-01T00:00:00Z", "2020-01-01 00:00:00/utc", "2020-13-01", "2020-02-30", "2021-02-29", "2020-01-01T24:00:00",
    "2020-01-01T00:60:00", "2020-01-01T00:00:99", "2020-1-1T0:0:0.", "2020-01-01T00:00:00.", "2020:000", "2019:366",
    "2020:366", "2020:367", "2020:1", "+02020-01-01", "+02020-01-01T01:02:03.25", "+2020-01-01", "fits/2020-01-01T10:20",
    "fits/2020-01-01T10:20:30.5", "1899-01-01", "2200-01-01", "0001-01-01", "9999-12-31T23:59:59", "12020-01-01",
    "2020-01-01T", "2020-01-01T00", "nope/1.0", "iso/58849.0", "mjd/2020-01-01", "isot/2020-01-01 00:00:00",
    "iso/2020-01-01T00:00:00", "1970-01-01", "1970-01-01/tai", "2100-01-01/tai", "2100-01-01T00:00:00.5/tai",
    "1969-12-31T23:59:51.999918", "1969-12-31T23:59:52", "MJD/58849.5/TT", "2020-01-01/nope", "", "/", "2020-01-01/",
    "datetime/2020-01-01", "ymdhms/2020-01-01", "datetime64/2020-01-01", "jyear_str/2020.0",
]


def expected(body):
    try:
        return str(TimeConverter().astropy_to_nsec(_parseTimeString(body)))
    except Exception:  # Crashes are refusals here.
        return None


rows = [[body, expected(body)] for body in bodies]
target = Path(__file__).parent.parent / "data" / "times.json.gz"
target.write_bytes(gzip.compress(json.dumps(rows, separators=(",", ":")).encode(), mtime=0))
