"""Tables, figures, sentences: result records in, exhibits out. Nothing here computes a statistic."""
