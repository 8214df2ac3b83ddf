"""Where RelationLoRA training takes its reference photos from."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..relationbooth.local_tokens import photo_tokens
from ..relationbooth.precision import mixed_precision
from .clip import load_clip
from .clipself import load_local_encoder
from .config import MAX_OBJECTS, PHOTO, PICTURE
from .data import Scenes, clip_pixels, pixels


class PhotoSource(Protocol):
    def pictures(self, index: int) -> np.ndarray:
        """uint8 [2,128,128,3]; absent objects are black."""

    def keypoints(self, index: int) -> list[np.ndarray]:
        """[17,2] in 0..1 of each object's photo."""


class OwnPhotos:
    """The data engine's photos: the same characters in other poses."""

    def __init__(self, data: Scenes) -> None:
        self.data = data

    def pictures(self, index: int) -> np.ndarray:
        return self.data.photos(index)

    def keypoints(self, index: int) -> list[np.ndarray]:
        return [np.array(item["photoKeypoints"], np.float32) for item in self.data.objects(index)]


class SceneCuts:
    """The characters cut from the scene itself: what is left without relation-aware data."""

    def __init__(self, data: Scenes) -> None:
        self.data = data

    def corners(self, box: list[float]) -> tuple[int, int, int, int]:
        """The box in whole pixels, at least one wide."""
        x0, y0 = (min(int(v * PICTURE), PICTURE - 1) for v in box[:2])
        x1, y1 = (max(round(v * PICTURE), low + 1) for v, low in zip(box[2:], (x0, y0), strict=True))
        return x0, y0, x1, y1

    def pictures(self, index: int) -> np.ndarray:
        found = np.zeros((MAX_OBJECTS, PHOTO, PHOTO, 3), np.uint8)
        scene = Image.fromarray(self.data.scene(index))
        for column, item in enumerate(self.data.objects(index)):
            cut = scene.crop(self.corners(item["box"])).resize((PHOTO, PHOTO), Image.Resampling.BICUBIC)
            found[column] = np.asarray(cut)
        return found

    def keypoints(self, index: int) -> list[np.ndarray]:
        found = []
        for item in self.data.objects(index):
            x0, y0, x1, y1 = self.corners(item["box"])
            places = np.array(item["keypoints"], np.float32)[:, :2] * PICTURE
            found.append((places - (x0, y0)) / (x1 - x0, y1 - y0))
        return found


class EncodedPhotos:
    """Tokens [B,2,tokens,width] of a source's photos, encoded when first asked for: a relation has few scenes."""

    def __init__(self, work: Path, source: PhotoSource, grid: int) -> None:
        self.source, self.grid = source, grid
        self.vision, self.local = load_clip(work)[0], load_local_encoder(work)
        self.known: dict[int, Tensor] = {}

    def __call__(self, indices: list[int]) -> Tensor:
        for index in indices:
            if index not in self.known:
                self.known[index] = self.encode(index)
        return torch.stack([self.known[index] for index in indices])

    @torch.no_grad()
    def encode(self, index: int) -> Tensor:
        with mixed_precision():
            return photo_tokens(self.vision, clip_pixels(pixels(self.source.pictures(index))), self.local, grid=self.grid).float()
