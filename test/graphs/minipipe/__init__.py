"""A small pipeline of real PipelineTasks, for graphs: calibrate -> makeWarp (a spatial join) -> coadd."""
