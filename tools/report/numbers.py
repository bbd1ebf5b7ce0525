"""How figures are written in the report."""

from __future__ import annotations


def grouped(value: float) -> str:
    """Whole number with thin spaces between groups of three digits: ``331 204``."""
    return f"{round(value):,}".replace(",", "\u202f")


def short(value: float) -> str:
    """Three significant digits with a metric suffix: ``331 k``, ``1.24 M``."""
    for limit, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit * 0.9995:
            scaled = value / limit
            digits = max(0, 2 - (len(str(int(abs(scaled)))) - 1))
            return f"{scaled:.{digits}f}\u202f{suffix}"
    return f"{value:.0f}" if value == int(value) else f"{value:.3g}"


def percent(fraction: float, digits: int = 1) -> str:
    """A fraction in per cent: ``38.2 %``."""
    return f"{100.0 * fraction:.{digits}f}\u202f%"


def size(count: int) -> str:
    """Bytes, in KiB from 10 KiB on."""
    return f"{grouped(count)}\u202fB" if count < 10240 else f"{count / 1024:.1f}\u202fKiB"


def energy(microjoule: float) -> str:
    """Energy with a unit that leaves two to three digits before the point's end."""
    if microjoule >= 1000:
        return f"{microjoule / 1000:.2f}\u202fmJ"
    if microjoule >= 1:
        return f"{microjoule:.1f}\u202fµJ"
    return f"{microjoule * 1000:.1f}\u202fnJ"
