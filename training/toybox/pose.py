"""Training only: what the U-Net's middle must know of the figures before it can draw them whole.

Without it the U-Net learns outlines and colours of patches long before patches agree on one body: pictures are
mosaics that fill their boxes. A linear head reads, from the features behind the first up block, where the visible
keypoints and the characters' pixels of the clean scene are. Like aligning features with a pretrained encoder's (REPA,
Yu et al. 2024), but with the data engine's truth.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..relationbooth.device import upload
from ..relationbooth.losses import KEYPOINTS
from . import config
from .config import LATENT, MAX_OBJECTS
from .data import Scenes

GRID = LATENT // 2  # the first up block ends with an up-sampling to it
WIDTH = config.UNET["block_out_channels"][-1]


class PoseHead(nn.Conv2d):
    """Features [B,C,16,16] → logits [B,1+17,16,16]: the characters' pixels, then each keypoint's place."""

    def __init__(self) -> None:
        super().__init__(WIDTH, 1 + KEYPOINTS, 1)


def pose_targets(data: Scenes, indices: list[int]) -> tuple[Tensor, Tensor, Tensor]:
    """Coverage [B,16,16] by any character in 0..1; keypoints' cells [B,2,17] and which are visible [B,2,17].

    The U-Net does not know an order of objects, so the targets have none.
    """
    masks = data.coverage(indices)
    coverage = F.avg_pool2d(masks, masks.shape[-1] // GRID)[:, 0]
    points = np.zeros((len(indices), MAX_OBJECTS, KEYPOINTS, 3), np.float32)
    for row, i in enumerate(indices):
        for column, item in enumerate(data.objects(i)):
            points[row, column] = item["keypoints"]
    inside = ((points[..., :2] >= 0) & (points[..., :2] < 1)).all(axis=-1)
    x, y = (np.floor(points[..., axis] * GRID).clip(0, GRID - 1).astype(np.int64) for axis in (0, 1))
    return coverage, upload(y * GRID + x), upload((points[..., 2] * inside).astype(np.float32))


def pose_loss(logits: Tensor, coverage: Tensor, cells: Tensor, visible: Tensor) -> Tensor:
    """Cross-entropy of the pixels plus that of the places (a distribution over the cells for each keypoint)."""
    logits = logits.float()
    pixels = F.binary_cross_entropy_with_logits(logits[:, 0], coverage)
    places = logits[:, 1:].flatten(2).log_softmax(dim=-1)  # [B,17,256]
    found = places.gather(2, cells.transpose(1, 2))  # [B,17,2]
    weight = visible.transpose(1, 2)
    return pixels - (found * weight).sum() / weight.sum().clamp(min=1) / np.log(GRID * GRID)
