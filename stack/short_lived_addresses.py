"""The stock Butler server, whose signed addresses of files end after SIGNED_SECONDS: soon enough for a test to see it."""

import os

from lsst.daf.butler.remote_butler.server import create_app as create_stock_app
from lsst.resources.s3 import S3ResourcePath


def create_app():
    """Make the application."""
    seconds = int(os.environ["SIGNED_SECONDS"])
    stock = S3ResourcePath.generate_presigned_get_url

    def sign(self, *, expiration_time_seconds: int) -> str:
        return stock(self, expiration_time_seconds=seconds)

    S3ResourcePath.generate_presigned_get_url = sign
    return create_stock_app()
