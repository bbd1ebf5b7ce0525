"""Compile a grammar for the tokens and logits that a .tflite has."""

from __future__ import annotations

from skipstone.quantize.intent.compile import CompiledGrammar, compile_grammar
from skipstone.quantize.intent.errors import GrammarError
from skipstone.quantize.intent.grammar import Grammar
from skipstone.quantize.tflite.metadata import read_tokens
from skipstone.quantize.tflite.model import Model


def grammar_for_model(model: Model, grammar: Grammar) -> CompiledGrammar:
    """Compile ``grammar`` with the tokens of ``model`` and the scale of its first output, the logits.

    Raises:
        GrammarError: the model names no tokens, its head is not CTC, its logits are not int8, or the grammar
            cannot be said with its tokens.
    """
    tokens = read_tokens(model)
    if tokens is None:
        raise GrammarError("the model lacks TOKENS metadata", "take a .tflite that skipstone convert wrote")
    if tokens.head != "ctc":
        raise GrammarError(
            f"a grammar is decoded on the logits of a CTC head; this head is {tokens.head}",
            "take a model with a CTC head",
        )
    logits = model.main.tensors[model.main.outputs[0]]
    if logits.dtype != "int8" or logits.quantization is None or logits.quantization.per_channel:
        raise GrammarError(
            "the logits are not int8 with one scale", "take a .tflite that skipstone convert wrote"
        )
    return compile_grammar(grammar, tokens.tokens, logits.quantization.scales[0], tokens.blank)
