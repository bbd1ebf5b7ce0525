"""The emulator plugin: C sources (``counters.c``, ``cost_table.c``) and their compilation."""

from skipstone.tools.virtual.plugin.build import plugin_library, plugin_sources

__all__ = ["plugin_library", "plugin_sources"]
