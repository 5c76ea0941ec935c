"""What `satellite.worker` does, by means of an unmodified ``lsst.pipe.base``."""
