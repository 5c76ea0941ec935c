"""What a satellite's owner does with it: ``satellite_use.py URI [OTHER...]`` puts a dataset and gets it, with stock Butler.

OTHER are roots or schemas of others, which must be refused.  Writes JSON: what was got, and where it is.
"""

import json
import os
import sys

import boto3
import botocore.exceptions
import sqlalchemy
from lsst.daf.butler import Butler, DatasetType

uri, *others = sys.argv[1:]
with Butler.from_config(uri, writeable=True, run="u/alice/run") as butler:
    butler.registry.insertDimensionData("instrument", {"name": "MyCam", "detector_max": 4, "class_name": "my.Cam"})
    butler.registry.registerDatasetType(
        DatasetType("notes", ["instrument"], "StructuredDataDict", universe=butler.dimensions)
    )
    ref = butler.put({"seeing": 0.6}, "notes", instrument="MyCam")
    with Butler.from_config(uri) as reader:
        got = reader.get("notes", instrument="MyCam", collections="u/alice/run")
    answer = {
        "got": got,
        "uuid": str(ref.id),
        "where": str(butler.getURI(ref)),
        "universe": butler.dimensions.version,
    }
    refused = []
    for other in others:
        try:
            if other.startswith("s3://"):
                bucket, _, key = other.removeprefix("s3://").partition("/")
                client = boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT_URL"])
                client.put_object(Bucket=bucket, Key=f"{key}stolen", Body=b"")
            else:
                with butler._registry._db._engine.begin() as connection:
                    connection.execute(sqlalchemy.text(f'SELECT * FROM "{other}".collection'))
        except (botocore.exceptions.ClientError, sqlalchemy.exc.ProgrammingError):
            refused.append(other)
print(json.dumps({**answer, "refused": refused}))
