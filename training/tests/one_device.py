"""Notices a tensor that was left on another device, without a card.

Code runs on PyTorch's `meta` device, which has shapes and no values, in a mode that refuses every operation, forward
and backward, whose tensors lie on two devices, as a card would. Tensors without dimensions may be the processor's;
they are numbers.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class OneDevice(TorchDispatchMode):
    """Refuses operations on tensors of two devices, copies apart."""

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor) and leaf.dim() > 0]
        found = {tensor.device.type for tensor in tensors}
        if len(found) > 1 and function is not torch.ops.aten.copy_.default:
            raise RuntimeError(f"{function}: tensors on {sorted(found)}")
        return function(*args, **(kwargs or {}))
