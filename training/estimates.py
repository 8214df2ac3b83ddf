"""What the base model makes of true scenes at every noise level: a row each, clean estimates (paper eq. 5), the truth last.

    python -m training.estimates --work WORK --data HELDOUT --out SHEET.png [--cases 6] [--scored 192] [--relations hugging …]

Estimates that are right while pictures drawn from noise are not mean that the sampler loses what the network knows.
Prints the mean squared error of each level over the first `--scored` scenes, with the same noise for every model.
"""

from __future__ import annotations

import argparse
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
from .toybox.conditions import TextConditions, gather_objects, object_tokens, unet_arguments
from .toybox.data import Scenes
from .toybox.latents import Latents, LatentSpace, decode, encode_dataset
from .toybox.photos import PhotoTokens, encode_photos
from .toybox.sample import to_bytes
from .toybox.vae import load_vae

TIMESTEPS = (999, 900, 800, 700, 600, 500, 350)
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
        context, pooled = self.text.captions([self.data.meta[i]["captions"]["neutral"][0] for i in scenes])
        objects = gather_objects(self.data, self.photos, scenes, self.text)
        estimates = []
        with mixed_precision():
            arguments = unet_arguments(context, pooled, object_tokens(objects, self.model.resampler), objects.boxes)
            for timestep in TIMESTEPS:
                timesteps = torch.full((len(scenes),), timestep, device=device())
                noisy, _ = self.noise.add(clean, fresh, timesteps)
                said = self.model.unet(noisy.contiguous(memory_format=torch.channels_last), timesteps, **arguments).sample.float()
                estimates.append(predict_clean(PREDICTION, noisy, said, self.noise.at(timesteps)))
        return clean, estimates


def errors(estimator: Estimator, scenes: list[int]) -> list[float]:
    """Mean squared error at each timestep."""
    total = np.zeros(len(TIMESTEPS))
    for start in range(0, len(scenes), BATCH):
        part = scenes[start : start + BATCH]
        clean, estimates = estimator(part, start)
        total += [len(part) * float((estimate - clean).square().mean()) for estimate in estimates]
    return list(total / len(scenes))


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
    scored = errors(estimator, scenes_with(data, arguments.relations)[: arguments.scored].tolist())
    for timestep, error in zip(TIMESTEPS, scored, strict=True):
        print(f"timestep {timestep}: {error:.4f}")
    print(f"sum: {sum(scored):.4f}")


if __name__ == "__main__":
    main()
