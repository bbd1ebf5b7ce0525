"""The emulator plugins: C sources of the counters, and the compilation of counters and NPU."""

from skipstone.tools.virtual.plugin.build import npu_plugin_library, plugin_library, plugin_sources

__all__ = ["npu_plugin_library", "plugin_library", "plugin_sources"]
