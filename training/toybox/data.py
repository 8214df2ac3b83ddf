"""Reads what `npm run render-dataset` wrote: memory-mapped shards and their annotations."""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from ..relationbooth.device import upload
from .config import MAX_OBJECTS, PHOTO, PIXEL_MEAN, PIXEL_STD, PICTURE


@dataclass(frozen=True)
class Shard:
    scenes: np.ndarray  # uint8 [n, 256, 256, 3]
    photos: np.ndarray  # uint8 [n, 2, 128, 128, 3]
    masks: np.ndarray  # uint8 [n, 2, 64, 64]


class Scenes:
    """A rendered dataset. `meta[i]` is scene i's annotation as in its JSON line."""

    def __init__(self, folder: Path, limit: int | None = None) -> None:
        header = json.loads((folder / "dataset.json").read_text("utf8"))
        if (header["version"], header["size"], header["photoSize"]) != (1, PICTURE, PHOTO):
            raise ValueError(f"{folder}: expected version 1, size {PICTURE}, photoSize {PHOTO}, got {header}")
        self.folder = folder
        self.shards: list[Shard] = []
        self.meta: list[dict] = []
        self.starts: list[int] = []
        for meta in sorted(folder.glob("meta-*.jsonl")):
            if limit is not None and len(self.meta) >= limit:
                break
            number = meta.stem.removeprefix("meta-")
            parts = [folder / f"{kind}-{number}.npy" for kind in ("scene", "photo", "mask")]
            if not all(part.exists() for part in parts):
                continue
            shard = Shard(*(np.load(part, mmap_mode="r") for part in parts))
            lines = meta.read_text("utf8").splitlines()
            if len(lines) != len(shard.scenes) or shard.photos.shape[1] != MAX_OBJECTS:
                raise ValueError(f"{meta}: {len(lines)} lines for arrays {shard.scenes.shape}, {shard.photos.shape}")
            self.starts.append(len(self.meta))
            self.shards.append(shard)
            self.meta.extend(json.loads(line) for line in lines)
        if not self.meta:
            raise ValueError(f"{folder}: no complete shard; render the dataset first")

    def __len__(self) -> int:
        return len(self.meta)

    def _find(self, index: int) -> tuple[Shard, int]:
        shard = bisect_right(self.starts, index) - 1
        return self.shards[shard], index - self.starts[shard]

    def scene(self, index: int) -> np.ndarray:
        shard, i = self._find(index)
        return shard.scenes[i]

    def photos(self, index: int) -> np.ndarray:
        shard, i = self._find(index)
        return shard.photos[i]

    def masks(self, index: int) -> np.ndarray:
        shard, i = self._find(index)
        return shard.masks[i]

    def coverage(self, indices: list[int]) -> Tensor:
        """[B,1,64,64] in 0..1 on the device: how much of each place any character covers."""
        return upload(np.stack([self.masks(i) for i in indices]).max(axis=1)[:, None]).float() / 255

    def objects(self, index: int) -> list[dict]:
        return self.meta[index]["objects"]


def pixels(pictures: np.ndarray) -> Tensor:
    """uint8 [..., H, W, 3] → float32 [..., 3, H, W] in −1..1, on the device."""
    moved = np.ascontiguousarray(np.moveaxis(pictures, -1, -3))
    return upload(moved).float() / 127.5 - 1


def clip_pixels(x: Tensor) -> Tensor:
    """−1..1 → CLIP's normalised input."""
    mean, std = (upload(np.array(values, np.float32)).view(3, 1, 1) for values in (PIXEL_MEAN, PIXEL_STD))
    return ((x + 1) / 2 - mean) / std


def epoch_indices(count: int, batch: int, step: int, seed: int) -> np.ndarray:
    """The batch of `step` in an endless sequence of seeded shuffles, without state to store."""
    per_epoch = max(count // batch, 1)
    epoch, position = divmod(step, per_epoch)
    order = np.random.default_rng((seed, epoch)).permutation(count)
    return order[position * batch : (position + 1) * batch]
