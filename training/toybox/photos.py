"""Stage 3b: what both vision towers see in every photo, computed once. The towers stay frozen from here on.

Stored as float16 `.npy`, [n, 2, tokens, width] a shard, resumable by shard.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..relationbooth.device import inference_batch, upload
from ..relationbooth.local_tokens import photo_tokens
from ..relationbooth.precision import mixed_precision
from .clip import load_clip
from .clipself import load_local_encoder
from .data import Scenes, clip_pixels, pixels


def folder_of(work: Path, name: str) -> Path:
    return work / "photo-tokens" / name


@torch.no_grad()
def encode_photos(work: Path, data: Scenes, name: str) -> None:
    """Encode every shard of `data` into work/photo-tokens/<name>/, skipping those that are there."""
    folder = folder_of(work, name)
    folder.mkdir(parents=True, exist_ok=True)
    missing = [k for k in range(len(data.shards)) if not (folder / f"{k:05d}.npy").exists()]
    if not missing:
        return
    vision, local = load_clip(work)[0], load_local_encoder(work)
    for k in missing:
        photos = data.shards[k].photos
        parts, many = [], inference_batch()
        for start in range(0, len(photos), many):
            part = clip_pixels(pixels(photos[start : start + many]))
            with mixed_precision():
                tokens = photo_tokens(vision, part.flatten(0, 1), local)
            parts.append(tokens.unflatten(0, part.shape[:2]).half().cpu().numpy())
        temporary = folder / f"{k:05d}.part"
        with temporary.open("wb") as file:
            np.save(file, np.concatenate(parts))
        os.replace(temporary, folder / f"{k:05d}.npy")


class PhotoTokens:
    """Global and local tokens of an encoded data set's photos, in the data set's order."""

    def __init__(self, work: Path, name: str, count: int) -> None:
        self.shards = [np.load(file, mmap_mode="r") for file in sorted(folder_of(work, name).glob("*.npy"))]
        self.starts = np.cumsum([0, *(len(shard) for shard in self.shards)])
        if self.starts[-1] < count:
            raise ValueError(f"photo tokens of {name}: expected {count}, found {self.starts[-1]}; encode the photos again")

    def __call__(self, indices: list[int]) -> Tensor:
        """[B,2,tokens,width], float32, on the device"""
        where = np.searchsorted(self.starts, indices, side="right") - 1
        rows = [self.shards[k][i - self.starts[k]] for k, i in zip(where.tolist(), indices, strict=True)]
        return upload(np.stack(rows)).float()
