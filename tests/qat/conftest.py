"""One thread: the networks of these tests are small, and threads that spin cost more than they save."""

from __future__ import annotations

import torch

torch.set_num_threads(1)
