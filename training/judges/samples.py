"""What the judges look at: whole scenes, and crops round a character's box, both squashed to 96×96."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import Tensor

from ..relationbooth.device import upload
from ..toybox.config import PICTURE
from ..toybox.data import Scenes, pixels
from .network import BOX_SIDES, KEYPOINTS, SIDE

# A crop shows the box and this share of its size on each side, as far as the picture reaches.
MARGIN = 0.25
BOX_JITTER = 0.15  # of the box's size, each side on its own: generated characters are not exactly where asked
ABSENT_SHARE = 0.12  # crops of background
SMEARED_SHARE = 0.08  # crops blurred until nothing is left but colours: no character either
SMEAR = (8.0, 16.0)  # blur radius in pixels of 96
# A box is asked for at four shifted places, by this share of its size. A judge that only repeats what it was asked
# answers four different boxes; one that sees a character answers one.
SHIFT = 0.12
ATTRIBUTES = ("species", "main", "pattern", "accessory")


def classes(data: Scenes) -> dict[str, list[str]]:
    """Sorted labels of every question, learned from the data set."""
    found: dict[str, set[str]] = {"relation": set(), **{name: set() for name in ATTRIBUTES}}
    for meta in data.meta:
        found["relation"].add(meta["relation"])
        for item in meta["objects"]:
            for name, value in described(item["identity"]).items():
                found[name].add(value)
    return {name: sorted(values) for name, values in found.items()}


def described(identity: dict) -> dict[str, str]:
    """The attributes a picture can show: clothes hide a belly patch."""
    hidden = identity["pattern"] == "belly" and identity["outfit"] != "none"
    return {name: identity[name] for name in ATTRIBUTES} | ({"pattern": "plain"} if hidden else {})


def worn(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Blur and noise, sometimes: a judge must not depend on the renderer's crisp edges."""
    if rng.random() < 0.4:
        picture = picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.3))))
    if rng.random() < 0.4:
        noise = rng.normal(0, rng.uniform(1, 8), (SIDE, SIDE, 3))
        picture = Image.fromarray((np.asarray(picture) + noise).clip(0, 255).astype(np.uint8))
    return picture


def shrink(scene: np.ndarray) -> Image.Image:
    return Image.fromarray(scene).resize((SIDE, SIDE), Image.Resampling.BICUBIC)


@dataclass(frozen=True)
class Crop:
    """Pixels [96,96,3], whether a cell lies in the box [96,96], and the crop's corners in picture pixels."""

    picture: Image.Image
    inside: np.ndarray
    corners: tuple[int, int, int, int]

    def place(self, points: np.ndarray) -> np.ndarray:
        """Points [...,2] in 0..1 of the picture → in 0..1 of the crop."""
        x0, y0, x1, y1 = self.corners
        return (points * PICTURE - np.array((x0, y0))) / np.array((x1 - x0, y1 - y0))


def crop(scene: np.ndarray, box: np.ndarray) -> Crop:
    """`box` (x0,y0,x1,y1) in 0..1."""
    size = np.array((box[2] - box[0], box[3] - box[1]))
    low = np.floor((box[:2] - MARGIN * size).clip(0, 1) * PICTURE).astype(int)
    high = np.ceil((box[2:] + MARGIN * size).clip(0, 1) * PICTURE).astype(int)
    corners = (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
    picture = Image.fromarray(scene).crop(corners).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    inside = np.ones((SIDE, SIDE), np.float32)
    for axis in (0, 1):
        centres = corners[axis] + (np.arange(SIDE) + 0.5) / SIDE * (corners[axis + 2] - corners[axis])
        covered = (centres >= box[axis] * PICTURE) & (centres < box[axis + 2] * PICTURE)
        inside *= covered[None, :] if axis == 0 else covered[:, None]
    return Crop(picture, inside, corners)


def jittered(box: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    size = np.array((box[2] - box[0], box[3] - box[1]) * 2)
    return (box + rng.uniform(-BOX_JITTER, BOX_JITTER, 4) * size).clip(0, 1)


def shifted(box: np.ndarray) -> list[np.ndarray]:
    """Four boxes round the asked one, moved towards the corners and cut at the picture's edges."""
    dx, dy = SHIFT * (box[2] - box[0]), SHIFT * (box[3] - box[1])
    return [(box + np.array((sx * dx, sy * dy) * 2)).clip(0, 1) for sy in (-1, 1) for sx in (-1, 1)]


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over the smaller box."""
    size = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    area = min(np.prod(a[2:] - a[:2]), np.prod(b[2:] - b[:2]))
    return float(np.prod(size.clip(0)) / area)


def empty_box(boxes: list[np.ndarray], rng: np.random.Generator) -> np.ndarray | None:
    """A box of a character's size that hardly touches one, or None when none was found."""
    for _ in range(8):
        size = np.array((rng.uniform(0.2, 0.4), rng.uniform(0.3, 0.6)))
        corner = rng.uniform(0, 1 - size)
        box = np.concatenate((corner, corner + size))
        if all(overlap(box, other) < 0.1 for other in boxes):
            return box
    return None


@dataclass(frozen=True)
class CharacterBatch:
    """Crops [B,4,96,96] (−1..1, box channel 0/1) and what is in them; label −100 where no character is to be seen.

    places [B,21,2] in 0..1 of the crop: keypoints, then the points (left,·), (·,top), (right,·), (·,bottom);
    weight [B,21,2] is 1 where a coordinate counts. `size` [B,2] is the box's size in crop units.
    """

    crops: Tensor
    labels: dict[str, Tensor]
    present: Tensor
    places: Tensor
    weight: Tensor
    size: Tensor

    def in_box(self, boxes: Tensor) -> Tensor:
        """Boxes [B,4] of the crop, in units of the true box: (0,0,1,1) is the true one."""
        sides = self.places[:, KEYPOINTS:]
        corner = torch.stack((sides[:, 0, 0], sides[:, 1, 1]), dim=1)
        return ((boxes.unflatten(1, (2, 2)) - corner[:, None]) / self.size[:, None]).flatten(1)


def character_batch(
    data: Scenes,
    pairs: list[tuple[int, int]],
    labels: dict[str, list[str]],
    rng: np.random.Generator | None,
    ask: Callable[[np.ndarray], np.ndarray] = lambda box: box,
) -> CharacterBatch:
    """`pairs` are (scene, object). `rng` switches on jitter, wear and crops without a character (training); without it
    `ask` gives the box to ask for."""
    count, maps = len(pairs), KEYPOINTS + BOX_SIDES
    stack, inside = np.zeros((count, SIDE, SIDE, 3), np.uint8), np.zeros((count, SIDE, SIDE), np.float32)
    numbers = {name: np.full(count, -100) for name in ATTRIBUTES}
    present, size = np.ones(count, np.float32), np.ones((count, 2), np.float32)
    places, weight = np.zeros((count, maps, 2), np.float32), np.zeros((count, maps, 2), np.float32)
    for row, (i, which) in enumerate(pairs):
        objects = data.objects(i)
        box = np.array(objects[which]["box"])
        asked = ask(box)
        smeared = rng is not None and rng.random() < SMEARED_SHARE
        if rng is not None:
            asked = jittered(box, rng)
            empty = empty_box([np.array(item["box"]) for item in objects], rng) if rng.random() < ABSENT_SHARE else None
            if empty is not None:
                asked, present[row] = empty, 0
        seen = crop(data.scene(i), asked)
        picture = seen.picture if rng is None else worn(seen.picture, rng)
        if smeared:
            present[row], picture = 0, picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(*SMEAR))))
        stack[row] = np.asarray(picture)
        inside[row] = seen.inside
        if present[row] == 0:
            continue
        for name, value in described(objects[which]["identity"]).items():
            numbers[name][row] = labels[name].index(value)
        points = np.array(objects[which]["keypoints"])
        low, high = seen.place(box[:2]), seen.place(box[2:])
        places[row, :KEYPOINTS] = seen.place(points[:, :2])
        weight[row, :KEYPOINTS] = points[:, 2:]
        places[row, KEYPOINTS:] = np.array([low, low, high, high])
        weight[row, KEYPOINTS:] = np.array([(1, 0), (0, 1), (1, 0), (0, 1)])
        size[row] = high - low
    return CharacterBatch(
        torch.cat((pixels(stack), upload(inside)[:, None]), dim=1),
        {name: upload(values) for name, values in numbers.items()},
        *(upload(values) for values in (present, places, weight, size)),
    )


def relation_batch(data: Scenes, indices: list[int], rng: np.random.Generator | None) -> Tensor:
    """Whole scenes [B,3,96,96] in −1..1."""
    pictures = []
    for i in indices:
        picture = shrink(data.scene(i))
        if rng is not None:
            picture = worn(picture, rng)
            picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else picture
        pictures.append(np.asarray(picture))
    return pixels(np.stack(pictures))
