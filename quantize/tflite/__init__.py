"""The TFLite file format: a small writer, a strict reader, and the metadata that Skipstone adds."""
