"""What the base model makes of true scenes at every noise level: a row each, clean estimates (paper eq. 5), the truth last.

    python -m training.estimates --work WORK --data HELDOUT --out SHEET.png [--cases 6] [--scored 192] [--relations hugging …]

Estimates that are right while pictures drawn from noise are not mean that the sampler loses what the network knows.
Prints, over the first `--scored` scenes and with the same noise for every model, the mean squared error of each level and
the decibels of the pictures it decodes to; decibels of true latents with noise, and of scenes that the sampler drew
again from its last steps' noise.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from .relationbooth.device import choose_device, device
from .relationbooth.losses import predict_clean
from .relationbooth.precision import mixed_precision
from .run import sheet_cases
from .toybox.base import PREDICTION, Noise, load_base, scenes_with
from .toybox.conditions import TextConditions
from .toybox.data import Scenes, pixels
from .toybox.latents import Latents, LatentSpace, decode, encode_dataset
from .toybox.photos import PhotoTokens, encode_photos
from .toybox.sample import neutral_arguments, redraw, to_bytes
from .toybox.vae import load_vae

TIMESTEPS = (999, 900, 800, 700, 600, 500, 350)
NOISES = (0.0, 0.1, 0.2, 0.3, 0.45, 0.6)  # of true latents, shares of their deviation
LAST_STEPS = (4, 8, 14)  # of 20
BATCH = 48


class Estimator:
    """Clean estimates of scenes of `data` that were noised to each of `TIMESTEPS`."""

    def __init__(self, work: Path, data: Scenes) -> None:
        name = data.folder.name
        encode_dataset(work, data, name)
        encode_photos(work, data, name)
        self.data, self.model, self.noise = data, load_base(work), Noise()
        self.text, self.photos, self.latents = TextConditions(work), PhotoTokens(work, name, len(data)), Latents(work, name, len(data))

    @torch.no_grad()
    def __call__(self, scenes: list[int], seed: int) -> tuple[Tensor, list[Tensor]]:
        """True latents [B,8,32,32], and the estimate of them at each timestep."""
        clean = self.latents(np.array(scenes))
        fresh = torch.randn(clean.shape, generator=torch.Generator().manual_seed(seed)).to(device())
        estimates = []
        with mixed_precision():
            arguments = neutral_arguments(self.model, self.data, scenes, self.text, self.photos)
            for timestep in TIMESTEPS:
                timesteps = torch.full((len(scenes),), timestep, device=device())
                noisy, _ = self.noise.add(clean, fresh, timesteps)
                said = self.model.unet(noisy.contiguous(memory_format=torch.channels_last), timesteps, **arguments).sample.float()
                estimates.append(predict_clean(PREDICTION, noisy, said, self.noise.at(timesteps)))
        return clean, estimates


class Scores:
    """Mean squared errors by name."""

    def __init__(self) -> None:
        self.errors: dict[str, list[float]] = {}

    def add(self, name: str, found: Tensor, truth: Tensor) -> None:
        self.errors.setdefault(name, []).extend((found - truth).square().flatten(1).mean(dim=1).tolist())

    def mean(self, name: str) -> float:
        return float(np.mean(self.errors[name]))

    def decibels(self, name: str) -> float:
        """Of pictures in −1..1."""
        return 10 * math.log10(4 / self.mean(name))


@torch.no_grad()
def measure(estimator: Estimator, work: Path, scenes: list[int]) -> tuple[Scores, Scores]:
    """Errors of latents, by timestep; of decoded pictures, by timestep, noise and last steps."""
    vae, space = load_vae(work), LatentSpace(work)
    latents, pictures = Scores(), Scores()
    for start in range(0, len(scenes), BATCH):
        part = scenes[start : start + BATCH]
        truth = pixels(np.stack([estimator.data.scene(i) for i in part]))
        clean, estimates = estimator(part, start)
        for timestep, estimate in zip(TIMESTEPS, estimates, strict=True):
            latents.add(f"timestep {timestep}", estimate, clean)
            pictures.add(f"timestep {timestep}", decode(vae, space.restore(estimate)), truth)
        fresh = torch.randn(clean.shape, generator=torch.Generator().manual_seed(start)).to(device())
        for noise in NOISES:
            pictures.add(f"noise {noise}", decode(vae, space.restore(clean + noise * fresh)), truth)
        for last in LAST_STEPS:
            drawn = redraw(estimator.model, estimator.data, part, clean, estimator.text, estimator.photos, last, seed=start)
            pictures.add(f"last {last} steps", decode(vae, space.restore(drawn)), truth)
    return latents, pictures


def draw(estimator: Estimator, work: Path, scenes: list[int], out: Path) -> None:
    vae, space = load_vae(work), LatentSpace(work)
    clean, estimates = estimator(scenes, 0)
    pictures = [np.concatenate(list(to_bytes(decode(vae, space.restore(row)))), axis=1) for row in [*estimates, clean]]
    out.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate(pictures, axis=0)).save(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cases", type=int, default=6)
    parser.add_argument("--scored", type=int, default=192)
    parser.add_argument("--relations", nargs="*", default=[], metavar="RELATION")
    arguments = parser.parse_args()
    choose_device(None)
    data = Scenes(arguments.data)
    estimator = Estimator(arguments.work, data)
    draw(estimator, arguments.work, sheet_cases(data, arguments.cases, arguments.relations), arguments.out)
    scored = scenes_with(data, arguments.relations)[: arguments.scored].tolist()
    latents, pictures = measure(estimator, arguments.work, scored)
    for name in latents.errors:
        print(f"{name}: {latents.mean(name):.4f}")
    print(f"sum: {sum(map(latents.mean, latents.errors)):.4f}")
    for name in pictures.errors:
        print(f"picture, {name}: {pictures.decibels(name):.2f} dB")


if __name__ == "__main__":
    main()
