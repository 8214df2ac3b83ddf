"""Reads the triplets of one relation, in the layout of the published `hug` and `shake` sets.

    FOLDER/prompts.json            {"0": {"prompt": "A dog is hugging a cat.", "entities": ["dog", "cat"]}, …}
    FOLDER/videos/0/motion.png     the target: both objects in the relation
    FOLDER/videos/0/concept0.png   the first object alone, in another pose; concept1.png the second
    FOLDER/videos/0/motion_keyposes.pth        tensor [objects,17,2], (x,y) in 0..1 of motion.png
    FOLDER/videos/0/concept_keyposes_one.pth   tensor [1,17,2] of concept0.png; _two.pth of concept1.png
    FOLDER/masks/0/motion0.png     the first object's pixels in motion.png, white on black; motion1.png the second's

Entities are one or two, in the order of the concepts. A keypoint outside 0..1 counts as not seen. A keypoint file may
also be .json with the same nested lists. Other files (`predicate`, pred.jpg) are not read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from ..relationbooth.losses import KEYPOINTS

NUMBERS = ("one", "two")
WHITE = 127  # grey values above belong to the mask


@dataclass(frozen=True)
class Triplet:
    """One sample. boxes [N,4] (x0,y0,x1,y1 in 0..1 of the target); keypoints [N,17,2] in 0..1; visible [N,17], 0 or 1."""

    name: str
    prompt: str
    entities: tuple[str, ...]
    target: Image.Image
    concepts: tuple[Image.Image, ...]
    boxes: Tensor
    keypoints: Tensor
    concept_keypoints: Tensor
    visible: Tensor


def read_triplets(folder: Path) -> list[Triplet]:
    """Every sample of `folder`. Raises ValueError or FileNotFoundError that names the file and what was expected."""
    file = folder / "prompts.json"
    if not file.exists():
        raise FileNotFoundError(f"{file}: not found; a triplet folder has prompts.json, videos/ and masks/")
    try:
        prompts = json.loads(file.read_text("utf8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{file}: no JSON ({error})") from error
    if not isinstance(prompts, dict) or not prompts:
        raise ValueError(f'{file}: expected {{"0": {{"prompt": …, "entities": […]}}, …}} with at least one sample')
    return [read_triplet(folder, name, value) for name, value in prompts.items()]


def read_triplet(folder: Path, name: str, value: object) -> Triplet:
    entry = value if isinstance(value, dict) else {}
    prompt, entities = entry.get("prompt"), entry.get("entities")
    known = isinstance(entities, list) and 1 <= len(entities) <= len(NUMBERS) and all(isinstance(e, str) for e in entities)
    if not isinstance(prompt, str) or not prompt or not known:
        raise ValueError(f'{folder / "prompts.json"}: sample "{name}" needs a prompt and one or two entities, got {value!r}')
    videos, masks, count = folder / "videos" / name, folder / "masks" / name, len(entities)
    keypoints = read_keypoints(videos / "motion_keyposes", count)
    concept_keypoints = torch.cat([read_keypoints(videos / f"concept_keyposes_{n}", 1) for n in NUMBERS[:count]])
    seen = [((points >= 0) & (points < 1)).all(dim=-1) for points in (keypoints, concept_keypoints)]
    return Triplet(
        name,
        prompt,
        tuple(entities),
        read_picture(videos / "motion.png"),
        tuple(read_picture(videos / f"concept{n}.png") for n in range(count)),
        torch.tensor([mask_box(masks / f"motion{n}.png") for n in range(count)]),
        keypoints,
        concept_keypoints,
        (seen[0] & seen[1]).float(),
    )


def read_picture(file: Path) -> Image.Image:
    if not file.exists():
        raise FileNotFoundError(f"{file}: not found")
    try:
        return Image.open(file).convert("RGB")
    except (UnidentifiedImageError, OSError) as error:
        raise ValueError(f"{file}: no picture that can be read ({error})") from error


def mask_box(file: Path) -> list[float]:
    """The smallest box round a mask's white pixels, in 0..1."""
    inside = np.asarray(read_picture(file).convert("L")) > WHITE
    if not inside.any():
        raise ValueError(f"{file}: the mask is empty; expected the object's pixels in white")
    ys, xs = np.nonzero(inside)
    height, width = inside.shape
    return [xs.min() / width, ys.min() / height, (xs.max() + 1) / width, (ys.max() + 1) / height]


def read_pickle(file: Path) -> object:
    """What `torch.save` wrote, tensors and plain containers only. Raises ValueError for anything else."""
    try:
        return torch.load(file, map_location="cpu", weights_only=True)
    except (RuntimeError, UnpicklingError, EOFError) as error:
        raise ValueError(f"{file}: no file of PyTorch tensors ({str(error).splitlines()[0]})") from error


def read_keypoints(stem: Path, count: int) -> Tensor:
    """[count,17,2] from `stem`.pth or `stem`.json."""
    tensor_file, list_file = stem.with_suffix(".pth"), stem.with_suffix(".json")
    if tensor_file.exists():
        file, found = tensor_file, read_pickle(tensor_file)
    elif list_file.exists():
        file, found = list_file, torch.tensor(json.loads(list_file.read_text("utf8")), dtype=torch.float32)
    else:
        raise FileNotFoundError(f"{tensor_file}: not found")
    if not isinstance(found, Tensor) or tuple(found.shape) != (count, KEYPOINTS, 2) or not bool(torch.isfinite(found).all()):
        shape = list(found.shape) if isinstance(found, Tensor) else type(found).__name__
        raise ValueError(f"{file}: expected finite numbers [{count},{KEYPOINTS},2], got {shape}")
    return found.float()
