"""Running notebooks and the pipeline. Endpoints are names here, exhibits are outputs with a label."""
