"""RelationLoRA: rank-4 updates of every cross-attention layer's q, k, v and out projection (paper section 3.4.1).

File format: `unet.{path}.lora.down.weight` [r,in] and `unet.{path}.lora.up.weight` [out,r], scale 1 (alpha = rank).
"""

from __future__ import annotations

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor, nn

TARGETS = ("to_q", "to_k", "to_v", "to_out.0")


class LoraLinear(nn.Module):
    """A frozen Linear, or one that carries a LoRA already, plus up(down(x)); down starts Gaussian, up at zero, so training starts at the base model."""

    def __init__(self, base: nn.Linear | LoraLinear, rank: int) -> None:
        super().__init__()
        self.base = base.requires_grad_(False)
        self.in_features, self.out_features = base.in_features, base.out_features
        self.down = nn.Linear(base.in_features, rank, bias=False)
        self.up = nn.Linear(rank, base.out_features, bias=False)
        self.reset()
        self.scale = 1.0

    def reset(self) -> None:
        nn.init.normal_(self.down.weight, std=1 / self.down.out_features)
        nn.init.zeros_(self.up.weight)

    def forward(self, x: Tensor) -> Tensor:
        return self.base(x) + self.scale * self.up(self.down(x))


def inject_lora(unet: UNet2DConditionModel, rank: int = 4) -> nn.ModuleDict:
    """Wrap the target layers of every attn2 in place; returns them keyed by path with "." written as "/"."""
    return wrap([f"{name}.{target}" for name, _ in unet.named_modules() if name.endswith(".attn2") for target in TARGETS], unet, rank)


def linear_paths(unet: UNet2DConditionModel) -> list[str]:
    """Every linear layer but the image branch's: all that a LoRA file without convolutions can change."""
    return [name for name, layer in unet.named_modules() if isinstance(layer, nn.Linear) and ".processor" not in name]


def wrap(paths: list[str], unet: UNet2DConditionModel, rank: int) -> nn.ModuleDict:
    wrapped = nn.ModuleDict()
    for path in paths:
        parent, child = path.rsplit(".", 1)
        layer = LoraLinear(unet.get_submodule(path), rank)
        unet.get_submodule(parent).register_module(child, layer)
        wrapped[path.replace(".", "/")] = layer
    return wrapped


def lora_weights(wrapped: nn.ModuleDict) -> nn.ModuleDict:
    """What is learned of `inject_lora`'s layers, the same modules without the frozen ones: for checkpoints."""
    return nn.ModuleDict({key: nn.ModuleDict({"down": layer.down, "up": layer.up}) for key, layer in wrapped.items()})


def lora_state(wrapped: nn.ModuleDict) -> dict[str, Tensor]:
    state: dict[str, Tensor] = {}
    for key, layer in wrapped.items():
        path = key.replace("/", ".")
        state[f"unet.{path}.lora.down.weight"] = layer.down.weight.detach()
        state[f"unet.{path}.lora.up.weight"] = layer.up.weight.detach()
    return state


@torch.no_grad()
def load_lora(wrapped: nn.ModuleDict, state: dict[str, Tensor]) -> None:
    for key, layer in wrapped.items():
        path = key.replace("/", ".")
        layer.down.weight.copy_(state[f"unet.{path}.lora.down.weight"])
        layer.up.weight.copy_(state[f"unet.{path}.lora.up.weight"])
