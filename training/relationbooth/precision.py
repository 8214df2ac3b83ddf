"""bfloat16 where the device computes it, float32 where it would only be emulated.

Measured on 2 cores without AVX512-BF16 (Zen 3, PyTorch 2.13): bfloat16 convolutions are 8 times, matrix products
300 times slower than float32.
"""

from __future__ import annotations

from functools import cache

import torch

from .device import device


@cache
def has_bfloat16(kind: str) -> bool:
    """Whether the processor (AVX512-BF16 or AMX) or the card (Ampere and later) has bfloat16 instructions."""
    if kind == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return kind == "cpu" and (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def mixed_precision(dtype: torch.dtype | None = None) -> torch.autocast:
    """A context in which a network computes in `dtype`, or in the fastest precision that trains well on the device."""
    kind = device().type
    enabled = has_bfloat16(kind) if dtype is None else dtype != torch.float32
    return torch.autocast("cuda" if kind == "cuda" else "cpu", dtype if enabled and dtype else torch.bfloat16, enabled=enabled)
