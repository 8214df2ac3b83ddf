"""Stage 3: encode a data set once. Latents are stored normalised per channel, float16 .npy, resumable by shard."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor

from ..relationbooth.device import device, inference_batch, upload
from ..relationbooth.precision import mixed_precision
from .data import Scenes, pixels
from .vae import load_vae

STATISTICS_FROM = 1024  # scenes; the standard deviation is then known to well under a percent


class LatentSpace:
    """Per-channel mean and standard deviation, exported as the autoencoder's latents_mean and latents_std."""

    def __init__(self, work: Path) -> None:
        values = json.loads((work / "latent-statistics.json").read_text("utf8"))
        self.mean = torch.tensor(values["mean"], device=device()).view(1, -1, 1, 1)
        self.std = torch.tensor(values["std"], device=device()).view(1, -1, 1, 1)

    def normalise(self, latents: Tensor) -> Tensor:
        return (latents - self.mean) / self.std

    def restore(self, latents: Tensor) -> Tensor:
        return latents * self.std + self.mean


@torch.no_grad()
def encode(vae: AutoencoderKL, pictures: Tensor) -> Tensor:
    """Pictures [B,3,H,W] in −1..1 → latent means [B,8,H/8,W/8], float32, not normalised."""
    with mixed_precision():
        return vae.encode(pictures.contiguous(memory_format=torch.channels_last)).latent_dist.mean.float()


@torch.no_grad()
def decode(vae: AutoencoderKL, latents: Tensor) -> Tensor:
    """Latents as `encode` gives them → pictures in −1..1."""
    with mixed_precision():
        return vae.decode(latents.contiguous(memory_format=torch.channels_last)).sample.float().clamp(-1, 1)


def measure(vae: AutoencoderKL, work: Path, data: Scenes) -> None:
    """Write latent-statistics.json once; every later stage depends on it."""
    target = work / "latent-statistics.json"
    if target.exists():
        return
    chosen = np.linspace(0, len(data) - 1, min(STATISTICS_FROM, len(data))).astype(int)
    parts = [encode(vae, pixels(np.stack([data.scene(i) for i in part]))) for part in np.array_split(chosen, len(chosen) // 16 + 1)]
    latents = torch.cat(parts).transpose(0, 1).flatten(1)
    target.write_text(json.dumps({"mean": latents.mean(1).tolist(), "std": latents.std(1).tolist()}), "utf8")


def encode_dataset(work: Path, data: Scenes, name: str) -> None:
    """Encode every shard of `data` into work/latents/<name>/, skipping those that are there."""
    folder = work / "latents" / name
    folder.mkdir(parents=True, exist_ok=True)
    missing = [k for k in range(len(data.shards)) if not (folder / f"{k:05d}.npy").exists()]
    if not missing:
        return
    vae = load_vae(work)
    measure(vae, work, data)
    space = LatentSpace(work)
    for k in missing:
        scenes, many = data.shards[k].scenes, inference_batch()
        parts = [space.normalise(encode(vae, pixels(scenes[i : i + many]))) for i in range(0, len(scenes), many)]
        temporary = folder / f"{k:05d}.part"
        with temporary.open("wb") as file:
            np.save(file, torch.cat(parts).half().cpu().numpy())
        os.replace(temporary, folder / f"{k:05d}.npy")


class Latents:
    """Normalised latents of an encoded data set, in the data set's order, float32 on the device."""

    def __init__(self, work: Path, name: str, count: int) -> None:
        files = sorted((work / "latents" / name).glob("*.npy"))
        self.values = np.concatenate([np.load(file) for file in files])
        if len(self.values) < count:
            raise ValueError(f"latents of {name}: expected {count}, found {len(self.values)}; encode the data set again")

    def __call__(self, indices: np.ndarray) -> Tensor:
        return upload(self.values[indices]).float()
