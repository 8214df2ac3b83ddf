"""Fused GroupNorm + SiLU for bfloat16 channels-last training on a CPU; cards take PyTorch's own.

`use_fused_norms(model)` swaps the norms of any diffusers U-Net or AutoencoderKL in place. Parameters and
state-dict keys stay as they are; float32 inputs (export, golden files) take PyTorch's own path too.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from diffusers.models.attention_processor import Attention
from diffusers.models.resnet import ResnetBlock2D
from torch import Tensor, nn
from torch.utils.cpp_extension import load


@cache
def _kernels():
    source = Path(__file__).with_name("group_norm.cpp")
    flags = ["-O3", "-march=native", "-ffast-math", "-fopenmp", "-mprefer-vector-width=512"]
    return load("relationbooth_group_norm", [str(source)], extra_cflags=flags, extra_ldflags=["-lmvec", "-lm"])


class _FusedGroupNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, bias: Tensor, groups: int, eps: float, silu: bool) -> Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        y, mean, rstd = _kernels().forward(x, weight, bias, groups, eps, silu)
        ctx.save_for_backward(x, weight, bias, mean, rstd)
        ctx.silu = silu
        return y

    @staticmethod
    def backward(ctx, grad: Tensor):
        grad = grad.to(torch.bfloat16).contiguous(memory_format=torch.channels_last)
        x, weight, bias, mean, rstd = ctx.saved_tensors
        dx, dw, db = _kernels().backward(grad, x, weight, bias, mean, rstd, ctx.silu)
        return dx, dw, db, None, None, None


class FusedGroupNorm(nn.GroupNorm):
    """GroupNorm, then SiLU when `silu` is set, on [N,C,H,W]."""

    silu = False

    def forward(self, x: Tensor) -> Tensor:
        if x.dtype == torch.bfloat16 and x.dim() == 4 and x.device.type == "cpu":
            return _FusedGroupNorm.apply(x, self.weight, self.bias, self.num_groups, self.eps, self.silu)
        y = F.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)
        return F.silu(y) if self.silu else y


class SiluLinear(nn.Linear):
    """Linear after SiLU: takes over the activation that a fused resnet block no longer applies to its time embedding."""

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(F.silu(x), self.weight, self.bias)


def _fuse(norm: nn.Module, silu: bool) -> None:
    if type(norm) is not nn.GroupNorm:
        raise TypeError(f"expected an unfused GroupNorm, got {type(norm).__name__}")
    norm.__class__ = FusedGroupNorm
    norm.silu = silu


def use_fused_norms(model: nn.Module) -> nn.Module:
    """Swap every GroupNorm of `model` (UNet2DConditionModel or AutoencoderKL) for the fused kernel, in place."""
    for module in list(model.modules()):
        if isinstance(module, ResnetBlock2D):
            _fuse(module.norm1, True)
            _fuse(module.norm2, True)
            module.nonlinearity = nn.Identity()
            if module.time_emb_proj is not None:
                module.time_emb_proj.__class__ = SiluLinear
        if hasattr(module, "conv_norm_out") and isinstance(module.conv_norm_out, nn.GroupNorm):
            _fuse(module.conv_norm_out, True)
            module.conv_act = nn.Identity()
    for module in model.modules():
        if type(module) is nn.GroupNorm:
            _fuse(module, False)
    return model
