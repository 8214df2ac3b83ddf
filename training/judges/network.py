"""The judges' networks. The TypeScript graph builder repeats them in `src/gpu/networks/judge.ts`; norms are folded at export."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SIDE = 96
WIDTHS = (32, 48, 96, 128)
# Residual blocks after each stride-2 convolution.
BLOCKS = (0, 1, 1, 1)
KEYPOINTS = 17
BOX_SIDES = 4
# Expected positions on the map's cells reach from 0.5/12 to 11.5/12; stretched, they reach the crop's edges.
SPREAD = 1.15


class ConvNorm(nn.Module):
    """3×3 convolution and batch norm, without activation."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.norm = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x))


class Block(nn.Module):
    """x + f(x), both sides [B,C,h,w], then ReLU."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.second = ConvNorm(channels, channels), ConvNorm(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.second(F.relu(self.first(x))))


class Trunk(nn.Module):
    """Pictures [B,in,96,96] → features of the last two levels, [B,96,12,12] and [B,128,6,6]."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.down, self.blocks = nn.ModuleList(), nn.ModuleList()
        for width, count in zip(WIDTHS, BLOCKS, strict=True):
            self.down.append(ConvNorm(in_channels, width, 2))
            self.blocks.append(nn.Sequential(*(Block(width) for _ in range(count))))
            in_channels = width

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        levels = []
        for down, blocks in zip(self.down, self.blocks, strict=True):
            x = blocks(F.relu(down(x)))
            levels.append(x)
        return levels[-2], levels[-1]


class Judge(nn.Module):
    """A trunk with one linear head a question. With `maps`, it also points at places, [B,maps,2] (x, y in 0..1), and the
    heads read what is at each place beside the mean of all: a face is small, but always at the nose."""

    def __init__(self, in_channels: int, heads: dict[str, int], maps: int = 0) -> None:
        super().__init__()
        self.trunk = Trunk(in_channels)
        fine, coarse = WIDTHS[-2:]
        self.maps = maps
        self.heads = nn.ModuleDict({name: nn.Linear(coarse + maps * fine, count) for name, count in heads.items()})
        if maps > 0:
            self.lateral = nn.Conv2d(coarse, fine, 1)
            self.mixed = ConvNorm(fine, fine)
            self.places = nn.Conv2d(fine, maps, 1)

    def forward(self, x: Tensor) -> tuple[dict[str, Tensor], Tensor | None]:
        fine, coarse = self.trunk(x)
        seen, places = coarse.mean(dim=(2, 3)), None
        if self.maps > 0:
            joined = fine + F.interpolate(self.lateral(coarse), scale_factor=2, mode="nearest")
            mixed = F.relu(self.mixed(joined))
            weight = self.places(mixed).float().flatten(2).softmax(dim=-1)
            places = expected_places(weight, mixed.shape[-2:])
            at_places = weight.to(mixed.dtype) @ mixed.flatten(2).transpose(1, 2)
            seen = torch.cat((seen, at_places.flatten(1)), dim=1)
        return {name: head(seen) for name, head in self.heads.items()}, places


def expected_places(weight: Tensor, size: tuple[int, int]) -> Tensor:
    """The mean cell centre under weights [B,K,h·w], stretched about the middle: [B,K,2]."""
    height, width = size
    grid = weight.unflatten(2, (height, width))
    x = (grid.sum(dim=2) * ((torch.arange(width, device=grid.device) + 0.5) / width)).sum(dim=-1)
    y = (grid.sum(dim=3) * ((torch.arange(height, device=grid.device) + 0.5) / height)).sum(dim=-1)
    return 0.5 + SPREAD * (torch.stack((x, y), dim=-1) - 0.5)


def folded(model: Judge) -> dict[str, Tensor]:
    """Weights with every batch norm folded into its convolution: `<path>.weight` and `<path>.bias`."""
    state: dict[str, Tensor] = {}
    for path, module in model.named_modules():
        if isinstance(module, ConvNorm):
            norm = module.norm
            gain = norm.weight / (norm.running_var + norm.eps).sqrt()
            state[f"{path}.weight"] = module.conv.weight * gain[:, None, None, None]
            state[f"{path}.bias"] = norm.bias - norm.running_mean * gain
        elif isinstance(module, nn.Linear) or (isinstance(module, nn.Conv2d) and module.bias is not None):
            state[f"{path}.weight"], state[f"{path}.bias"] = module.weight, module.bias
    return {name: value.detach().float() for name, value in state.items()}
