"""Package list of the distribution; everything else stands in ``pyproject.toml``.

The folders ``quantize/``, ``firmware/`` and ``tools/`` are installed as ``skipstone.quantize``,
``skipstone.firmware`` and ``skipstone.tools``. A static list of every sub-package would go stale and
``packages.find`` cannot rename, so it is computed.
"""

from setuptools import find_packages, setup

FOLDERS = ("quantize", "firmware", "tools")


def packages() -> list[str]:
    """Dotted names of all packages under the three folders."""
    names = []
    for folder in FOLDERS:
        names.append(f"skipstone.{folder}")
        names += [f"skipstone.{folder}.{name}" for name in find_packages(folder)]
    return sorted(names)


setup(packages=packages())
