"""Typed options of the operators, one frozen dataclass an options table, and their codecs.

:data:`OPTION_CODECS` is the registry; the reader and the writer walk it, so a table is declared here once.
Operators that are not in it are read with ``options = None``; their name is kept, so that a later stage can
say what it does not support.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from skipstone.quantize.tflite.schema import (
    ACTIVATION_CODES,
    ACTIVATION_NAMES,
    PADDING_CODES,
    PADDING_NAMES,
    schema,
)


@dataclass(frozen=True)
class FullyConnectedOptions:
    """``keep_num_dims``: the output keeps the input's rank; else it is [batch, out]."""

    activation: str = "none"
    keep_num_dims: bool = False
    shuffled_weights: bool = False


@dataclass(frozen=True)
class Conv2DOptions:
    """Strides and dilations as (height, width); ``padding`` is ``same`` or ``valid``."""

    padding: str = "valid"
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    activation: str = "none"


@dataclass(frozen=True)
class DepthwiseConv2DOptions(Conv2DOptions):
    """As CONV_2D; ``depth_multiplier`` output channels an input channel."""

    depth_multiplier: int = 1


@dataclass(frozen=True)
class AddOptions:
    """Options of ADD, SUB and MUL."""

    activation: str = "none"


@dataclass(frozen=True)
class BatchMatMulOptions:
    """Whether the last two axes of either side are swapped first."""

    adj_x: bool = False
    adj_y: bool = False


@dataclass(frozen=True)
class SoftmaxOptions:
    """``softmax(beta · x)`` over the last axis."""

    beta: float = 1.0


@dataclass(frozen=True)
class ReshapeOptions:
    """Shape given as an option; the second input, where there is one, counts."""

    new_shape: tuple[int, ...] = ()


@dataclass(frozen=True)
class StridedSliceOptions:
    """Bit masks over the axes, as in TensorFlow."""

    begin_mask: int = 0
    end_mask: int = 0
    ellipsis_mask: int = 0
    new_axis_mask: int = 0
    shrink_axis_mask: int = 0


@dataclass(frozen=True)
class ConcatenationOptions:
    """``axis`` may count from the end."""

    axis: int = 0
    activation: str = "none"


@dataclass(frozen=True)
class PoolOptions:
    """Stride and window as (height, width); ``padding`` is ``same`` or ``valid``."""

    padding: str = "valid"
    stride: tuple[int, int] = (1, 1)
    window: tuple[int, int] = (1, 1)
    activation: str = "none"


@dataclass(frozen=True)
class ReducerOptions:
    """``keep_dims``: reduced axes stay with size 1."""

    keep_dims: bool = False


@dataclass(frozen=True)
class LeakyReluOptions:
    """``x`` for positive values, ``alpha · x`` for negative ones."""

    alpha: float = 0.0


@dataclass(frozen=True)
class PackOptions:
    """Number of parts and the new axis, which may count from the end; options of PACK and UNPACK."""

    count: int = 0
    axis: int = 0


@dataclass(frozen=True)
class SplitOptions:
    """Number of parts; options of SPLIT and SPLIT_V. The axis is an operand."""

    parts: int = 0


@dataclass(frozen=True)
class GatherOptions:
    """``axis`` may count from the end; the first ``batch_dims`` axes of input and indices are shared."""

    axis: int = 0
    batch_dims: int = 0


@dataclass(frozen=True)
class SvdfOptions:
    """Rank of the factorised filters."""

    rank: int = 1
    activation: str = "none"


@dataclass(frozen=True)
class SequenceLstmOptions:
    """Limits of cell and projection (0: none); ``time_major``: the input is [time, batch, features]."""

    activation: str = "none"
    cell_clip: float = 0.0
    projection_clip: float = 0.0
    time_major: bool = False


@dataclass(frozen=True)
class IfOptions:
    """Subgraph indices of the branches."""

    then_subgraph: int = 0
    else_subgraph: int = 0


@dataclass(frozen=True)
class WhileOptions:
    """Subgraph indices of condition and body."""

    condition_subgraph: int = 0
    body_subgraph: int = 0


@dataclass(frozen=True)
class CallOnceOptions:
    """Subgraph that runs at the first invocation only."""

    init_subgraph: int = 0


@dataclass(frozen=True)
class VarHandleOptions:
    """Identity of a resource variable."""

    shared_name: str = ""
    container: str = ""


Options = (
    FullyConnectedOptions
    | Conv2DOptions
    | DepthwiseConv2DOptions
    | AddOptions
    | BatchMatMulOptions
    | SoftmaxOptions
    | ReshapeOptions
    | StridedSliceOptions
    | ConcatenationOptions
    | PoolOptions
    | ReducerOptions
    | LeakyReluOptions
    | PackOptions
    | SplitOptions
    | GatherOptions
    | SvdfOptions
    | SequenceLstmOptions
    | IfOptions
    | WhileOptions
    | CallOnceOptions
    | VarHandleOptions
)


@dataclass(frozen=True)
class OptionCodec:
    """How one options table is read and written.

    Attributes:
        table: name of the schema's table, such as ``"AddOptions"``.
        read: lazy table → dataclass.
        write: dataclass → attribute values of the object API class ``<table>T``.
        optional: TFLM runs the operator without its options table, too; the defaults count then.
    """

    table: str
    read: Callable[[Any], Options]
    write: Callable[[Any], dict[str, Any]]
    optional: Options | None = None

    @property
    def code(self) -> int:
        """Value of the union ``BuiltinOptions``."""
        return int(getattr(schema.BuiltinOptions, self.table))

    def build(self, options: Options) -> Any:
        """Make the object API instance for the writer."""
        packed = getattr(schema, f"{self.table}T")()
        for name, value in self.write(options).items():
            setattr(packed, name, value)
        return packed


def _read_handle(t: Any) -> VarHandleOptions:
    """TFLM compares both names with ``strcmp`` and crashes where one is missing; an empty one is a name."""
    names = {"shared name": t.SharedName(), "container": t.Container()}
    for field, raw in names.items():
        if raw is None:
            raise ValueError(f"VAR_HANDLE without a {field}")
    return VarHandleOptions(*(raw.decode() for raw in names.values()))


def _shape(table: Any) -> tuple[int, ...]:
    length = table.NewShapeLength()
    if length > 8:
        raise ValueError(f"a new shape of rank {length}")
    return tuple(int(table.NewShape(i)) for i in range(length))


def _read_fully_connected(t: Any) -> FullyConnectedOptions:
    activation = ACTIVATION_NAMES[t.FusedActivationFunction()]
    return FullyConnectedOptions(activation, bool(t.KeepNumDims()), t.WeightsFormat() != 0)


def _write_fully_connected(o: FullyConnectedOptions) -> dict[str, Any]:
    return {"fusedActivationFunction": ACTIVATION_CODES[o.activation], "keepNumDims": o.keep_num_dims}


def _convolution_fields(t: Any) -> tuple[str, tuple[int, int], tuple[int, int], str]:
    stride = (t.StrideH(), t.StrideW())
    dilation = (t.DilationHFactor(), t.DilationWFactor())
    return PADDING_NAMES[t.Padding()], stride, dilation, ACTIVATION_NAMES[t.FusedActivationFunction()]


def _write_convolution(o: Conv2DOptions) -> dict[str, Any]:
    return {
        "padding": PADDING_CODES[o.padding],
        "strideH": o.stride[0],
        "strideW": o.stride[1],
        "dilationHFactor": o.dilation[0],
        "dilationWFactor": o.dilation[1],
        "fusedActivationFunction": ACTIVATION_CODES[o.activation],
    }


def _write_depthwise(o: DepthwiseConv2DOptions) -> dict[str, Any]:
    return {**_write_convolution(o), "depthMultiplier": o.depth_multiplier}


def _elementwise(table: str) -> OptionCodec:
    return OptionCodec(
        table,
        lambda t: AddOptions(ACTIVATION_NAMES[t.FusedActivationFunction()]),
        lambda o: {"fusedActivationFunction": ACTIVATION_CODES[o.activation]},
    )


def _pool() -> OptionCodec:
    return OptionCodec(
        "Pool2DOptions",
        lambda t: PoolOptions(
            PADDING_NAMES[t.Padding()],
            (t.StrideH(), t.StrideW()),
            (t.FilterHeight(), t.FilterWidth()),
            ACTIVATION_NAMES[t.FusedActivationFunction()],
        ),
        lambda o: {
            "padding": PADDING_CODES[o.padding],
            "strideH": o.stride[0],
            "strideW": o.stride[1],
            "filterHeight": o.window[0],
            "filterWidth": o.window[1],
            "fusedActivationFunction": ACTIVATION_CODES[o.activation],
        },
    )


def _split(table: str) -> OptionCodec:
    return OptionCodec(table, lambda t: SplitOptions(t.NumSplits()), lambda o: {"numSplits": o.parts})


TANH_CODE = int(schema.ActivationFunctionType.TANH)


def _read_sequence_lstm(t: Any) -> SequenceLstmOptions:
    code = t.FusedActivationFunction()
    activation = "tanh" if code == TANH_CODE else ACTIVATION_NAMES[code]
    return SequenceLstmOptions(activation, float(t.CellClip()), float(t.ProjClip()), bool(t.TimeMajor()))


OPTION_CODECS: MappingProxyType[str, OptionCodec] = MappingProxyType(
    {
        "FULLY_CONNECTED": OptionCodec(
            "FullyConnectedOptions", _read_fully_connected, _write_fully_connected
        ),
        "CONV_2D": OptionCodec(
            "Conv2DOptions", lambda t: Conv2DOptions(*_convolution_fields(t)), _write_convolution
        ),
        "DEPTHWISE_CONV_2D": OptionCodec(
            "DepthwiseConv2DOptions",
            lambda t: DepthwiseConv2DOptions(*_convolution_fields(t), t.DepthMultiplier()),
            _write_depthwise,
        ),
        "ADD": _elementwise("AddOptions"),
        "SUB": _elementwise("SubOptions"),
        "MUL": _elementwise("MulOptions"),
        "BATCH_MATMUL": OptionCodec(
            "BatchMatMulOptions",
            lambda t: BatchMatMulOptions(bool(t.AdjX()), bool(t.AdjY())),
            lambda o: {"adjX": o.adj_x, "adjY": o.adj_y},
        ),
        "SOFTMAX": OptionCodec(
            "SoftmaxOptions", lambda t: SoftmaxOptions(float(t.Beta())), lambda o: {"beta": o.beta}
        ),
        "RESHAPE": OptionCodec(
            "ReshapeOptions",
            lambda t: ReshapeOptions(_shape(t)),
            lambda o: {"newShape": list(o.new_shape)},
            optional=ReshapeOptions(),
        ),
        "STRIDED_SLICE": OptionCodec(
            "StridedSliceOptions",
            lambda t: StridedSliceOptions(
                t.BeginMask(), t.EndMask(), t.EllipsisMask(), t.NewAxisMask(), t.ShrinkAxisMask()
            ),
            lambda o: {
                "beginMask": o.begin_mask,
                "endMask": o.end_mask,
                "ellipsisMask": o.ellipsis_mask,
                "newAxisMask": o.new_axis_mask,
                "shrinkAxisMask": o.shrink_axis_mask,
            },
        ),
        "CONCATENATION": OptionCodec(
            "ConcatenationOptions",
            lambda t: ConcatenationOptions(t.Axis(), ACTIVATION_NAMES[t.FusedActivationFunction()]),
            lambda o: {"axis": o.axis, "fusedActivationFunction": ACTIVATION_CODES[o.activation]},
        ),
        "AVERAGE_POOL_2D": _pool(),
        "MAX_POOL_2D": _pool(),
        "MEAN": OptionCodec(
            "ReducerOptions",
            lambda t: ReducerOptions(bool(t.KeepDims())),
            lambda o: {"keepDims": o.keep_dims},
        ),
        "LEAKY_RELU": OptionCodec(
            "LeakyReluOptions", lambda t: LeakyReluOptions(float(t.Alpha())), lambda o: {"alpha": o.alpha}
        ),
        "PACK": OptionCodec(
            "PackOptions",
            lambda t: PackOptions(t.ValuesCount(), t.Axis()),
            lambda o: {"valuesCount": o.count, "axis": o.axis},
        ),
        "UNPACK": OptionCodec(
            "UnpackOptions",
            lambda t: PackOptions(t.Num(), t.Axis()),
            lambda o: {"num": o.count, "axis": o.axis},
        ),
        "SPLIT": _split("SplitOptions"),
        "SPLIT_V": _split("SplitVOptions"),
        "GATHER": OptionCodec(
            "GatherOptions",
            lambda t: GatherOptions(t.Axis(), t.BatchDims()),
            lambda o: {"axis": o.axis, "batchDims": o.batch_dims},
        ),
        "SVDF": OptionCodec(
            "SVDFOptions",
            lambda t: SvdfOptions(t.Rank(), ACTIVATION_NAMES[t.FusedActivationFunction()]),
            lambda o: {"rank": o.rank, "fusedActivationFunction": ACTIVATION_CODES[o.activation]},
        ),
        "UNIDIRECTIONAL_SEQUENCE_LSTM": OptionCodec(
            "UnidirectionalSequenceLSTMOptions",
            _read_sequence_lstm,
            lambda o: {
                "fusedActivationFunction": (
                    TANH_CODE if o.activation == "tanh" else ACTIVATION_CODES[o.activation]
                ),
                "cellClip": o.cell_clip,
                "projClip": o.projection_clip,
                "timeMajor": o.time_major,
            },
        ),
        "IF": OptionCodec(
            "IfOptions",
            lambda t: IfOptions(t.ThenSubgraphIndex(), t.ElseSubgraphIndex()),
            lambda o: {"thenSubgraphIndex": o.then_subgraph, "elseSubgraphIndex": o.else_subgraph},
        ),
        "WHILE": OptionCodec(
            "WhileOptions",
            lambda t: WhileOptions(t.CondSubgraphIndex(), t.BodySubgraphIndex()),
            lambda o: {"condSubgraphIndex": o.condition_subgraph, "bodySubgraphIndex": o.body_subgraph},
        ),
        "CALL_ONCE": OptionCodec(
            "CallOnceOptions",
            lambda t: CallOnceOptions(t.InitSubgraphIndex()),
            lambda o: {"initSubgraphIndex": o.init_subgraph},
        ),
        "VAR_HANDLE": OptionCodec(
            "VarHandleOptions",
            _read_handle,
            lambda o: {"sharedName": o.shared_name, "container": o.container},
        ),
    }
)

EMPTY_OPTION_TABLES: MappingProxyType[str, str] = MappingProxyType(
    {
        "TRANSPOSE": "TransposeOptions",
        "SLICE": "SliceOptions",
        "EQUAL": "EqualOptions",
        "NOT_EQUAL": "NotEqualOptions",
        "GREATER": "GreaterOptions",
        "GREATER_EQUAL": "GreaterEqualOptions",
        "LESS": "LessOptions",
        "LESS_EQUAL": "LessEqualOptions",
        "LOGICAL_AND": "LogicalAndOptions",
        "LOGICAL_NOT": "LogicalNotOptions",
        "LOGICAL_OR": "LogicalOrOptions",
        "QUANTIZE": "QuantizeOptions",
        "DEQUANTIZE": "DequantizeOptions",
        "PAD": "PadOptions",
        "MAXIMUM": "MaximumMinimumOptions",
        "MINIMUM": "MaximumMinimumOptions",
        "HARD_SWISH": "HardSwishOptions",
        "READ_VARIABLE": "ReadVariableOptions",
        "ASSIGN_VARIABLE": "AssignVariableOptions",
    }
)
"""Operators whose options table has no fields; the writer still emits it."""
