"""Stage 4: teach the Resampler to tell the parts of a character apart before the U-Net depends on it.

Trained from nothing together with the U-Net, all 16 tokens of an object stay alike for tens of thousands of samples:
they carry its mean colour and nothing else. Here token j must describe, through a throw-away linear head, cell j of
a 4×4 grid over the character in its photo. The base stage keeps this loss at a small weight.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..relationbooth.device import device, upload
from ..relationbooth.local_tokens import GRID
from ..relationbooth.precision import mixed_precision
from ..relationbooth.resampler import Resampler
from . import config
from .conditions import Objects, TextConditions, gather_objects, object_tokens
from .config import MAX_OBJECTS, Stage
from .data import Scenes, pixels
from .photos import PhotoTokens
from .loop import Trainer, rank, read_averaged

FIGURE = 64  # pixels a side of the described figure
MARGIN = (0.14, 0.12, 0.14, 0.05)  # around the keypoints: left, top (hat, ears), right, bottom


class TokenModel(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.resampler = Resampler(**config.RESAMPLER)
        self.head = token_head()


def token_head() -> nn.Linear:
    return nn.Linear(config.RESAMPLER["output_dim"], 3 * (FIGURE // GRID) ** 2)


def figures(data: Scenes, indices: list[int]) -> tuple[Tensor, Tensor]:
    """The characters, cut out of their photos by their keypoints [B,2,3,64,64] in −1..1; present [B,2]."""
    photos = pixels(np.stack([data.photos(i) for i in indices]))
    theta = torch.zeros(len(indices), MAX_OBJECTS, 2, 3)
    present = torch.zeros(len(indices), MAX_OBJECTS)
    for row, i in enumerate(indices):
        for column, item in enumerate(data.objects(i)):
            points = np.array(item["photoKeypoints"])
            x0, y0 = points.min(axis=0) - MARGIN[:2]
            x1, y1 = points.max(axis=0) + MARGIN[2:]
            theta[row, column] = torch.tensor([[x1 - x0, 0, x0 + x1 - 1], [0, y1 - y0, y0 + y1 - 1]])
            present[row, column] = 1
    grid = F.affine_grid(upload(theta).flatten(0, 1), [theta.shape[0] * MAX_OBJECTS, 3, FIGURE, FIGURE], align_corners=False)
    cut = F.grid_sample(photos.flatten(0, 1), grid, padding_mode="border", align_corners=False)
    return cut.unflatten(0, (-1, MAX_OBJECTS)), upload(present)


def description_loss(head: nn.Linear, tokens: Tensor, cut: Tensor, present: Tensor) -> Tensor:
    """Mean absolute pixel error of tokens [B,2,16,C] describing figures [B,2,3,64,64], over present objects."""
    cell = FIGURE // GRID
    target = F.unfold(cut.flatten(0, 1), cell, stride=cell).transpose(1, 2).unflatten(0, (-1, MAX_OBJECTS))
    error = (head(tokens).float() - target).abs().mean(dim=(2, 3))
    return (error * present).sum() / present.sum()


def train_tokens(stage: Stage, work: Path, data: Scenes, name: str) -> None:
    torch.manual_seed(stage.seed)
    text, photos = TextConditions(work), PhotoTokens(work, name, len(data))
    model = TokenModel().to(device())
    trainer = Trainer("tokens", model, stage, work)
    while not trainer.done:
        rng = np.random.default_rng((stage.seed, trainer.step, rank()))
        indices = rng.integers(0, len(data), stage.batch).tolist()
        loss = token_loss(model, gather_objects(data, photos, indices, text, rng), *figures(data, indices))
        trainer.update(loss)
        if trainer.step % 50 == 0:
            trainer.log.write(step=trainer.step, seconds=trainer.elapsed, description=loss)
        if trainer.due():
            trainer.save()
    trainer.save()


def token_loss(model: TokenModel, objects: Objects, cut: Tensor, present: Tensor) -> Tensor:
    with mixed_precision():
        return description_loss(model.head, object_tokens(objects, model.resampler), cut, present)


def load_tokens(work: Path) -> TokenModel:
    """The averaged networks of the stage."""
    model = TokenModel()
    model.load_state_dict(read_averaged(work / "checkpoints" / "tokens.safetensors"))
    return model
