"""Muon: momentum whose matrices are orthogonalized (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
import torch.distributed as dist
from torch import Tensor

# Newton-Schulz polynomial and steps of the description above: singular values end within about 0.7..1.2.
POLYNOMIAL = (3.4445, -4.7750, 2.0315)
STEPS = 5
# Gives an update the root mean square of a usual AdamW update, so that both share a learning rate (Liu et al. 2025, section 2.2).
RMS = 0.2


def together(tensors: list[Tensor], send: Callable[[Tensor], object]) -> None:
    """Sends tensors as one: a message each takes processes longer than what is in it."""
    if not tensors:
        return
    flat = torch.cat([t.flatten() for t in tensors])
    send(flat)
    for tensor, part in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):
        tensor.copy_(part.view_as(tensor))


def orthogonalize(matrix: Tensor) -> Tensor:
    """About U·Vᵀ of the matrix [m,n] = U·S·Vᵀ, in bfloat16."""
    wide = matrix.shape[0] <= matrix.shape[1]
    x = (matrix if wide else matrix.T).bfloat16()
    x = x / (x.norm() + 1e-7)
    a, b, c = POLYNOMIAL
    for _ in range(STEPS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x if wide else x.T


class Muon(torch.optim.Optimizer):
    """For weights of two and more dimensions; a convolution's are the matrix [out, in·height·width].

    With several processes each orthogonalizes its share of the matrices and sends the new weights to the others.
    """

    def __init__(self, groups: Iterable[dict], lr: float, momentum: float = 0.95, weight_decay: float = 0.0) -> None:
        super().__init__(groups, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        world = dist.get_world_size() if dist.is_initialized() else 1
        cost = {p: min(p.shape[0], p[0].numel()) * p.numel() for g in self.param_groups for p in g["params"]}
        load = [0] * world
        self.owner: dict[Tensor, int] = {}
        for parameter in sorted(cost, key=cost.__getitem__, reverse=True):
            self.owner[parameter] = load.index(min(load))
            load[self.owner[parameter]] += cost[parameter]

    @torch.no_grad()
    def step(self, finite: Tensor | None = None) -> None:
        """`finite`: scalar; where it is false nothing changes."""
        rank = dist.get_rank() if dist.is_initialized() else 0
        updated = []
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                updated.append(parameter)
                matrix = self._momentum(parameter, group["momentum"], finite)
                if self.owner[parameter] == rank:
                    rate = group["lr"] if finite is None else group["lr"] * finite
                    update = orthogonalize(matrix).to(parameter.dtype).view_as(parameter)
                    parameter.mul_(1 - rate * group["weight_decay"])
                    parameter.sub_(rate * RMS * max(matrix.shape) ** 0.5 * update)
        if dist.is_initialized():
            for owner in range(dist.get_world_size()):
                together([p for p in updated if self.owner[p] == owner], lambda flat, owner=owner: dist.broadcast(flat, owner))

    def _momentum(self, parameter: Tensor, decay: float, finite: Tensor | None) -> Tensor:
        """The Nesterov momentum as a matrix. Every process keeps all of them, so that any can save the state."""
        gradient = parameter.grad if finite is None else torch.where(finite, parameter.grad, 0.0)
        state = self.state[parameter]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(gradient)
        state["momentum"].lerp_(gradient, 1 - decay)
        return gradient.lerp(state["momentum"], decay).flatten(1)
