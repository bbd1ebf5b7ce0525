"""How long after a word was said a board writes it."""

from skipstone.tools.latency.measure import LatencyRow, WordDelay, measure_latency
from skipstone.tools.latency.record import LatencyRecord, record_latency
from skipstone.tools.latency.table import latency_table

__all__ = ["LatencyRecord", "LatencyRow", "WordDelay", "latency_table", "measure_latency", "record_latency"]
