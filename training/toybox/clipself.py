"""Stage 2b: CLIPSelf. A copy of the vision tower learns that each region's dense feature equals the frozen tower's
embedding of that region, cropped and seen alone (paper section 3.4.3; CLIPSelf, ICLR 2024)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import CLIPVisionModelWithProjection

from ..relationbooth.device import device
from ..relationbooth.local_tokens import dense_features
from ..relationbooth.precision import mixed_precision
from .clip import build_vision, jitter, load_clip, read_towers
from .config import PHOTO, Stage
from .data import Scenes, clip_pixels, pixels
from .loop import Trainer, rank, read_averaged

STUDENT_SHARE = 0.95  # final weights = share · student + rest · teacher, as the author's script
MAX_SPLIT = 4  # regions of an 8×8 patch grid; finer cells would hold less than two patches
REGIONS = 4  # crops a picture and step


def region_pool(dense: Tensor, regions: list[tuple[int, int, int, int]]) -> Tensor:
    """Dense features [B,64,D] averaged over patch boxes (x0,y0,x1,y1) → [len(regions)·B, D], region-major."""
    side = round(dense.shape[1] ** 0.5)
    grid = dense.unflatten(1, (side, side))
    return torch.cat([grid[:, y0:y1, x0:x1].mean(dim=(1, 2)) for x0, y0, x1, y1 in regions])


def sample_regions(rng: np.random.Generator, side: int) -> list[tuple[int, int, int, int]]:
    """Cells of a random m×n grid, snapped to whole patches."""
    rows, columns = rng.integers(1, MAX_SPLIT + 1, 2)
    ys, xs = (np.linspace(0, side, n + 1).round().astype(int) for n in (rows, columns))
    cells = [(xs[c], ys[r], xs[c + 1], ys[r + 1]) for r in range(rows) for c in range(columns)]
    chosen = rng.permutation(len(cells))[:REGIONS]
    return [tuple(int(v) for v in cells[i]) for i in chosen]


def train_clipself(stage: Stage, work: Path, data: Scenes) -> None:
    torch.manual_seed(stage.seed)
    teacher, _, _ = load_clip(work)
    student = build_vision().to(device())
    student.load_state_dict(teacher.state_dict())
    trainer = Trainer("clipself", student, stage, work)
    while not trainer.done:
        rng = np.random.default_rng((stage.seed, trainer.step, rank()))
        chosen = rng.integers(0, len(data), stage.batch).tolist()
        photos = [data.photos(i)[rng.integers(len(data.objects(i)))] for i in chosen]
        pictures = jitter(pixels(np.stack(photos)), rng)
        cosine = region_cosine(student, teacher, pictures, sample_regions(rng, PHOTO // teacher.config.patch_size))
        trainer.update(1 - cosine)
        if trainer.step % 50 == 0:
            trainer.log.write(step=trainer.step, seconds=trainer.elapsed, cosine=cosine)
        if trainer.due():
            trainer.save()
    trainer.save()


def region_cosine(
    student: CLIPVisionModelWithProjection,
    teacher: CLIPVisionModelWithProjection,
    pictures: Tensor,
    regions: list[tuple[int, int, int, int]],
) -> Tensor:
    """Mean cosine between the student's dense features in `regions` and what the teacher sees in each, cut out."""
    cell = teacher.config.patch_size
    crops = [pictures[..., y0 * cell : y1 * cell, x0 * cell : x1 * cell] for x0, y0, x1, y1 in regions]
    crops = [F.interpolate(c, (PHOTO, PHOTO), mode="bicubic", align_corners=False).clamp(-1, 1) for c in crops]
    with mixed_precision():
        with torch.no_grad():
            target = teacher(pixel_values=clip_pixels(torch.cat(crops))).image_embeds
        states = student(pixel_values=clip_pixels(pictures), output_hidden_states=True).hidden_states[-2]
        found = student.visual_projection(region_pool(dense_features(student, states), regions))
    return F.cosine_similarity(found.float(), target.float(), dim=-1).mean()


def load_local_encoder(work: Path) -> CLIPVisionModelWithProjection | None:
    """The self-distilled tower, or None when the stage was not run."""
    file = work / "checkpoints" / "clipself.safetensors"
    if not file.exists():
        return None
    student = read_averaged(file)
    teacher = read_towers(work)[0].state_dict()
    tower = build_vision()
    tower.load_state_dict({k: STUDENT_SHARE * student[k] + (1 - STUDENT_SHARE) * teacher[k] for k in teacher})
    return tower.to(device()).requires_grad_(False).eval()
