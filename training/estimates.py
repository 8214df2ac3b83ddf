"""What the base model makes of true scenes at every noise level: a row each, clean estimates (paper eq. 5), the truth last.

    python -m training.estimates --work WORK --data HELDOUT --out SHEET.png [--cases 6] [--relations hugging …]

Estimates that are right while pictures drawn from noise are not mean that the sampler loses what the network knows.
Prints the mean squared error of each row.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from .relationbooth.device import choose_device, device
from .relationbooth.losses import predict_clean
from .relationbooth.precision import mixed_precision
from .run import sheet_cases
from .toybox.base import PREDICTION, Noise, load_base
from .toybox.conditions import TextConditions, gather_objects, object_tokens, unet_arguments
from .toybox.data import Scenes
from .toybox.latents import Latents, LatentSpace, decode, encode_dataset
from .toybox.photos import PhotoTokens, encode_photos
from .toybox.sample import to_bytes
from .toybox.vae import load_vae

TIMESTEPS = (999, 900, 800, 700, 600, 500, 350)


@torch.no_grad()
def draw_estimates(work: Path, data: Scenes, cases: list[int], out: Path) -> None:
    name = data.folder.name
    encode_dataset(work, data, name)
    encode_photos(work, data, name)
    text, photos, model, noise = TextConditions(work), PhotoTokens(work, name, len(data)), load_base(work), Noise()
    vae, space = load_vae(work), LatentSpace(work)
    clean = Latents(work, name, len(data))(np.array(cases))
    fresh = torch.randn(clean.shape, generator=torch.Generator().manual_seed(0)).to(device())
    context, pooled = text.captions([data.meta[i]["captions"]["neutral"][0] for i in cases])
    objects = gather_objects(data, photos, cases, text)
    rows = []
    with mixed_precision():
        arguments = unet_arguments(context, pooled, object_tokens(objects, model.resampler), objects.boxes)
        for timestep in TIMESTEPS:
            timesteps = torch.full((len(cases),), timestep, device=device())
            noisy, _ = noise.add(clean, fresh, timesteps)
            said = model.unet(noisy.contiguous(memory_format=torch.channels_last), timesteps, **arguments).sample.float()
            rows.append(predict_clean(PREDICTION, noisy, said, noise.at(timesteps)))
            print(f"timestep {timestep}: {(rows[-1] - clean).square().mean():.3f}", flush=True)
    pictures = [np.concatenate(list(to_bytes(decode(vae, space.restore(row)))), axis=1) for row in [*rows, clean]]
    out.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate(pictures, axis=0)).save(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cases", type=int, default=6)
    parser.add_argument("--relations", nargs="*", default=[], metavar="RELATION")
    arguments = parser.parse_args()
    choose_device(None)
    data = Scenes(arguments.data)
    draw_estimates(arguments.work, data, sheet_cases(data, arguments.cases, arguments.relations), arguments.out)


if __name__ == "__main__":
    main()
