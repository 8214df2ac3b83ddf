"""Local tokens (paper eq. 8): dense features by the value path of a vision tower's last layer, pooled on a 4×4 grid."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import CLIPVisionModelWithProjection

GRID = 4


def dense_features(vision: CLIPVisionModelWithProjection, penultimate: Tensor) -> Tensor:
    """Penultimate hidden states [B,1+h·w,D] → post-norm patch features [B,h·w,D]; no attention in the last layer."""
    tower = vision.vision_model
    layer = tower.encoder.layers[-1]
    x = penultimate[:, 1:]
    x = x + layer.self_attn.out_proj(layer.self_attn.v_proj(layer.layer_norm1(x)))
    x = x + layer.mlp(layer.layer_norm2(x))
    return tower.post_layernorm(x)


def pool_grid(features: Tensor, grid: int = GRID) -> Tensor:
    """L2-normalised mean pooling of square maps: [B,n·n,D] → [B,grid²,D]; each cell averages unit vectors."""
    side = round(features.shape[1] ** 0.5)
    unit = F.normalize(features.float(), dim=-1).transpose(1, 2).unflatten(-1, (side, side))
    return F.adaptive_avg_pool2d(unit, grid).flatten(2).transpose(1, 2)


def photo_tokens(
    vision: CLIPVisionModelWithProjection,
    photos: Tensor,
    local: CLIPVisionModelWithProjection | None = None,
    with_local: bool = True,
    grid: int = GRID,
) -> Tensor:
    """CLIP-normalised photos [B,3,s,s] → global penultimate tokens, then grid² local tokens of the same photo.

    `local` is the self-distilled tower; without it the local tokens come from `vision` itself.
    """
    penultimate = vision(pixel_values=photos, output_hidden_states=True).hidden_states[-2]
    if not with_local:
        return penultimate
    if local is None:
        dense = dense_features(vision, penultimate)
    else:
        with torch.no_grad():
            states = local(pixel_values=photos, output_hidden_states=True).hidden_states[-2]
            dense = dense_features(local, states)
    return torch.cat((penultimate, pool_grid(dense, grid).to(penultimate.dtype)), dim=1)
