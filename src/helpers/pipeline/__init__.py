"""Running notebooks and the pipeline. Knows nothing of the trial: endpoints are names, exhibits are outputs with a label."""
