"""Building firmware: board files, sources and flags, PlatformIO without its registry."""
