"""Error of the TFLite reader."""

from __future__ import annotations

from skipstone.quantize.errors import SkipstoneError


class TfliteError(SkipstoneError):
    """A file is not a TFLite model, is damaged, or breaks a rule of the format; one line says where."""

    def __init__(
        self, cause: str, remedy: str = "convert the model again, or check how the file was transferred"
    ) -> None:
        super().__init__(" ".join(cause.split()), remedy)
