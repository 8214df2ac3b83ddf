"""Stage 6: refine the decoder alone. The latent space, and with it the base model, stays.

Half of the latents are those of true scenes; the other half the base model drew again from its last steps' noise, so
that the decoder has seen what samplers leave: detail that is nearly right, and a residue of noise.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor

from ..relationbooth.device import upload
from ..relationbooth.precision import mixed_precision
from .base import load_base
from .conditions import TextConditions
from .config import LATENT, PICTURE, Stage
from .data import Scenes, pixels
from .latents import Latents, LatentSpace
from .loop import Trainer, rank
from .photos import PhotoTokens
from .sample import redraw
from .vae import FULL_FROM, OBJECT_WEIGHT, load_vae, psnr, reconstruction_loss

CELLS = 16  # side of a latent crop
CELL = PICTURE // LATENT
NOISE = 0.3  # of a latent's standard deviation, on true latents
REDRAWN = 768  # scenes a process whose latents are drawn again, before the first step
LAST_STEPS = (1, 5)  # of 20; what more of them draw is too far from the scene to compare
REDRAWN_BATCH = 16


def latent_crops(
    data: Scenes, latents: Callable[[np.ndarray], Tensor], indices: np.ndarray, rng: np.random.Generator, full: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """Normalised latents [b,8,c,c], pictures [b,3,8c,8c] in −1..1, character coverage [b,1,8c,8c]; crops prefer a character."""
    side = LATENT if full else CELLS
    codes, pictures, coverage = [], [], []
    for index, latent in zip(indices.tolist(), latents(indices), strict=True):
        y, x = (0, 0) if full else rng.integers(0, LATENT - side + 1, 2)
        if not full and rng.random() < 0.7:
            x0, y0, x1, y1 = data.objects(index)[0 if rng.random() < 0.5 else -1]["box"]
            x = int(np.clip(rng.uniform(x0, x1) * LATENT - side / 2, 0, LATENT - side))
            y = int(np.clip(rng.uniform(y0, y1) * LATENT - side / 2, 0, LATENT - side))
        codes.append(latent[:, y : y + side, x : x + side])
        area = slice(y * CELL, (y + side) * CELL), slice(x * CELL, (x + side) * CELL)
        pictures.append(data.scene(index)[area])
        mask = data.masks(index).max(axis=0).astype(np.float32) / 255
        coverage.append(mask.repeat(4, axis=0).repeat(4, axis=1)[area])
    return torch.stack(codes), pixels(np.stack(pictures)), upload(np.stack(coverage))[:, None]


def train_decoder(stage: Stage, work: Path, data: Scenes, name: str, heldout: Scenes) -> None:
    torch.manual_seed(stage.seed)
    vae, space, latents = load_vae(work), LatentSpace(work), Latents(work, name, len(data))
    vae.decoder.requires_grad_(True)
    redrawn = Redrawn(work, data, name, latents, np.random.default_rng((stage.seed, rank())))
    trainer = Trainer("decoder", vae.decoder, stage, work)
    if trainer.step == 0:
        trainer.log.write(step=0, psnr=psnr(vae, heldout, 48))
    while not trainer.done:
        rng = np.random.default_rng((stage.seed, trainer.step, rank()))
        full = trainer.fraction > FULL_FROM
        batch = stage.batch // 4 if full else stage.batch
        losses = []
        for source, scenes, noise in ((latents, len(data), NOISE), (redrawn, redrawn.scenes, 0.0)):
            crops = latent_crops(data, source, rng.choice(scenes, max(batch // 2, 1)), rng, full)
            losses.append(decoder_loss(vae, space, *crops, noise) / 2)
            trainer.accumulate(losses[-1])
        trainer.apply()
        if trainer.step % 50 == 0:
            trainer.log.write(step=trainer.step, seconds=trainer.elapsed, loss=sum(losses).detach())
        if trainer.due():
            trainer.save()
    trainer.save()
    trainer.log.write(step=trainer.step, final_psnr=psnr(load_vae(work), heldout, 48))


class Redrawn:
    """Latents that the base model drew again from the last steps' noise, by scene."""

    def __init__(self, work: Path, data: Scenes, name: str, latents: Latents, rng: np.random.Generator) -> None:
        model, text, photos = load_base(work), TextConditions(work), PhotoTokens(work, name, len(data))
        self.scenes = rng.choice(len(data), min(REDRAWN, len(data)), replace=False)
        self.values: dict[int, Tensor] = {}
        for start in range(0, len(self.scenes), REDRAWN_BATCH):
            part = self.scenes[start : start + REDRAWN_BATCH]
            last = int(rng.integers(*LAST_STEPS, endpoint=True))
            drawn = redraw(model, data, part.tolist(), latents(part), text, photos, last, int(rng.integers(2**31)))
            self.values |= dict(zip(part.tolist(), drawn, strict=True))

    def __call__(self, indices: np.ndarray) -> Tensor:
        return torch.stack([self.values[i] for i in indices.tolist()])


def decoder_loss(
    vae: AutoencoderKL, space: LatentSpace, codes: Tensor, target: Tensor, mask: Tensor, noise: float
) -> Tensor:
    """Reconstruction loss of `latent_crops`' batch, its codes made noisy by up to `noise`."""
    strength = noise * torch.rand(len(codes), 1, 1, 1, device=codes.device)
    codes = space.restore(codes + strength * torch.randn_like(codes))
    with mixed_precision():
        output = vae.decode(codes.contiguous(memory_format=torch.channels_last)).sample.float()
    weight = 1 + OBJECT_WEIGHT * mask
    return reconstruction_loss(output, target, weight / weight.mean())
