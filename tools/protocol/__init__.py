"""The serial protocol: registry reader, generators, frames and the generated codec (``messages``)."""
