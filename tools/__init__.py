"""The skipstone command line, device client, virtual boards, flashers, profiler and reports."""
