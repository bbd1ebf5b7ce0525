import numpy as np
import torch
from torch import nn


class Keyword(nn.Module):
    """One step of 10 ms: [1, 1, 40] and the last frames [1, 7, 16] → 4 classes and the new last frames."""

    def __init__(self):
        super().__init__()
        self.front = nn.Linear(40, 16)
        self.context = nn.Conv1d(16, 24, kernel_size=8)
        self.head = nn.Linear(24, 4)

    def forward(self, features, past):
        frames = torch.cat([past, torch.relu(self.front(features))], dim=1)
        x = torch.relu(self.context(frames.transpose(1, 2)))
        return self.head(x.flatten(1)), frames[:, 1:]


torch.manual_seed(1)
step = (torch.zeros(1, 1, 40), torch.zeros(1, 7, 16))
torch.export.save(torch.export.export(Keyword().eval(), step), "keyword.pt2")
rng = np.random.default_rng(0)
np.save("steps.npy", rng.normal(size=(200, 1, 40)).astype("float32"))
