"""Running whole utterances equals running step by step with ring buffers, whatever the gates."""

from __future__ import annotations

import pytest
import torch
from skipstone.quantize.models.amortized_transformer import AmortizedTransformer
from skipstone.quantize.models.arbitrator import GateSampling, sample_gates
from skipstone.quantize.models.attention import ring_window
from skipstone.quantize.models.blocks import SILENCE, MhaBlock
from skipstone.quantize.models.config import ModelConfig, ModelConfigError
from torch import Tensor

STEPS = 40
CONFIG = ModelConfig(
    vocabulary=11, feature_bins=5, d_model=16, layers=2, heads=2, head_dim=8, positions=6, ffn=24, conv_taps=3
)


class Streaming:
    """A plain step-by-step evaluation: a window of projections, a ring of keys and values for each MHA
    block."""

    def __init__(self, model: AmortizedTransformer) -> None:
        self.model = model
        config = model.config
        silence = torch.full((1, config.conv_taps, config.feature_count), SILENCE)
        projected = model.front.projection(model.front.norm(silence, silence[..., 0] < 0))
        self.window = projected[0]
        shape = (config.positions, config.attention_width)
        self.rings = {i: (torch.zeros(shape), torch.zeros(shape)) for i in range(0, config.blocks, 2)}

    def step(self, features: Tensor, gates: Tensor) -> Tensor:
        """[feature_count] and 0/1 gates [blocks] → logits [vocabulary]."""
        one = torch.ones(1, 1, dtype=torch.bool)
        front = self.model.front
        projected = front.projection(front.norm(features[None, None], one))[0, 0]
        self.window = torch.cat([self.window[1:], projected[None]])
        convolved = (self.window * front.conv.weight).sum(0) + front.conv.bias
        x = projected + torch.relu(front.conv_norm(convolved[None, None], one)[0, 0])
        for index, block in enumerate(self.model.block_modules()):
            is_open = bool(gates[index] > 0)
            if isinstance(block, MhaBlock):
                normed = block.norm(x[None, None], torch.ones(1, 1, dtype=torch.bool))[0, 0]
                if is_open or self.model.config.kv_policy == "always_kv":
                    self._push(index, block, normed)
                x = x + self._mha(index, block, normed) if is_open else x
            elif is_open:
                x = x + self._ffn(block, x)
        return self.model.head(self.model.norm(x[None, None], one))[0, 0]

    def _ffn(self, block: torch.nn.Module, x: Tensor) -> Tensor:
        return block(x[None, None], torch.ones(1, 1, dtype=torch.bool), torch.ones(1, 1))[0, 0]

    def _push(self, index: int, block: MhaBlock, normed: Tensor) -> None:
        keys, values = self.rings[index]
        keys = torch.cat([keys[1:], block.key(normed)[None]])
        values = torch.cat([values[1:], block.value(normed)[None]])
        self.rings[index] = (keys, values)

    def _mha(self, index: int, block: MhaBlock, normed: Tensor) -> Tensor:
        keys, values = self.rings[index]
        heads = []
        for query, key, value in zip(
            block.query(normed).chunk(block.heads),
            keys.chunk(block.heads, 1),
            values.chunk(block.heads, 1),
            strict=True,
        ):
            heads.append((key @ query * query.numel() ** -0.5).softmax(0) @ value)
        return block.output(torch.cat(heads))


def random_model(config: ModelConfig = CONFIG) -> AmortizedTransformer:
    torch.manual_seed(1)
    model = AmortizedTransformer(config)
    model.train()
    for _ in range(3):
        model(torch.randn(2, STEPS, config.feature_count), torch.ones(2, STEPS, dtype=torch.bool))
    return model.eval()


@pytest.mark.parametrize("kv_policy", ["mask", "always_kv"])
@pytest.mark.parametrize("rate", [1.0, 0.5, 0.1, 0.0])
def test_whole_utterance_equals_step_by_step(rate: float, kv_policy: str) -> None:
    model = random_model(ModelConfig.from_dict({**CONFIG.as_dict(), "kv_policy": kv_policy}))
    features = torch.randn(1, STEPS, CONFIG.feature_count)
    gates = (torch.rand(1, STEPS, CONFIG.blocks) < rate).float()
    with torch.no_grad():
        whole = model(features, torch.ones(1, STEPS, dtype=torch.bool), forced_gates=gates).logits[0]
        streaming = Streaming(model)
        steps = torch.stack([streaming.step(features[0, t], gates[0, t]) for t in range(STEPS)])
    torch.testing.assert_close(whole, steps, rtol=1e-4, atol=1e-4)


def test_padding_changes_nothing() -> None:
    model = random_model()
    features = torch.randn(2, STEPS, CONFIG.feature_count)
    valid = torch.ones(2, STEPS, dtype=torch.bool)
    valid[1, 25:] = False
    with torch.no_grad():
        padded = model(features, valid).logits[1, :25]
        alone = model(features[1:, :25], valid[1:, :25]).logits[0]
    torch.testing.assert_close(padded, alone, rtol=1e-4, atol=1e-5)


def test_padding_is_left_out_of_the_statistics() -> None:
    model = random_model().train()
    valid = torch.ones(2, STEPS, dtype=torch.bool)
    valid[1, 10:] = False
    features = torch.randn(2, STEPS, CONFIG.feature_count)
    model(features, valid)
    before = {n: b.clone() for n, b in model.named_buffers()}
    model = random_model().train()
    features[1, 10:] = 1e3
    model(features, valid)
    for name, buffer in model.named_buffers():
        torch.testing.assert_close(buffer, before[name], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("arbitrator_input", ["front", "block"])
def test_arbitrators_decide_by_threshold_and_get_gradients(arbitrator_input: str) -> None:
    config = ModelConfig.from_dict({**CONFIG.as_dict(), "arbitrator_input": arbitrator_input})
    model = random_model(config)
    features = torch.randn(2, STEPS, config.feature_count)
    valid = torch.ones(2, STEPS, dtype=torch.bool)
    output = model(features, valid)
    assert torch.equal(output.gates, (output.gate_logits > config.gate_threshold).float())
    output = model(features, valid, sampling=GateSampling(0.7))
    assert set(output.gates.unique().tolist()) <= {0.0, 1.0}
    output.logits.square().mean().backward()
    gradients = [p.grad for n, p in model.named_parameters() if "arbitrator.logit.weight" in n]
    assert gradients
    assert all(g is not None and g.abs().sum() > 0 for g in gradients)


def test_forced_gates_replace_the_arbitrators() -> None:
    model = random_model()
    features = torch.randn(1, STEPS, CONFIG.feature_count)
    mask = torch.tensor([1.0, 0.0, 0.0, 1.0])
    output = model(features, torch.ones(1, STEPS, dtype=torch.bool), forced_gates=mask)
    assert torch.equal(output.gates, mask.expand(1, STEPS, 4))


def test_gate_noise_samples_with_the_probability_of_the_logit() -> None:
    torch.manual_seed(0)
    logits = torch.full((200_000,), 0.8)
    rate = sample_gates(logits, 0.0, GateSampling(0.3)).mean()
    assert abs(float(rate) - float(torch.sigmoid(torch.tensor(0.8)))) < 0.01


def test_window_is_the_last_executed_steps() -> None:
    gate = torch.tensor([[1.0, 0, 1, 1, 0, 1, 1]])
    window = ring_window(gate, ModelConfig(vocabulary=2, positions=3))
    assert window.inside[0, 6].tolist() == [False, False, False, True, False, True, True]
    assert window.inside[0, 2].tolist() == [True, False, True, False, False, False, False]
    assert window.empty[0].tolist() == [2, 2, 1, 0, 0, 0, 0]


def test_window_of_always_kv_is_the_last_steps() -> None:
    gate = torch.tensor([[1.0, 0, 1, 1, 0, 1, 1]])
    window = ring_window(gate, ModelConfig(vocabulary=2, positions=3, kv_policy="always_kv"))
    assert window.inside[0, 6].tolist() == [False, False, False, False, True, True, True]
    assert window.empty[0].tolist() == [2, 1, 0, 0, 0, 0, 0]


def test_wrong_configurations_are_refused() -> None:
    with pytest.raises(ModelConfigError, match="vocabulary"):
        ModelConfig.from_dict({})
    with pytest.raises(ModelConfigError, match="colour"):
        ModelConfig.from_dict({"vocabulary": 3, "colour": 1})
    with pytest.raises(ModelConfigError, match="positions"):
        ModelConfig(vocabulary=3, positions=64)
    with pytest.raises(ModelConfigError, match="kv_policy"):
        ModelConfig(vocabulary=3, kv_policy="sometimes")  # type: ignore[arg-type]
    with pytest.raises(ModelConfigError, match="layers"):
        ModelConfig(vocabulary=3, layers=0)


def test_silence_before_the_first_step_changes_nothing() -> None:
    """Where no block runs in it."""
    model, steps, before = random_model(), 12, 9
    features = torch.randn(1, steps, CONFIG.feature_count)
    silence = torch.full((1, before, CONFIG.feature_count), SILENCE)
    gates = (torch.rand(1, steps, CONFIG.blocks) < 0.5).float()
    shut = torch.zeros(1, before, CONFIG.blocks)
    with torch.no_grad():
        alone = model(features, torch.ones(1, steps, dtype=torch.bool), forced_gates=gates).logits
        later = model(
            torch.cat([silence, features], 1),
            torch.ones(1, before + steps, dtype=torch.bool),
            forced_gates=torch.cat([shut, gates], 1),
        ).logits
    torch.testing.assert_close(later[:, before:], alone)
