"""MLPerf Tiny: firmware with the benchmark's serial interface, a client of it, its two modes."""
