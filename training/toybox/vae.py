"""Stage 1: the autoencoder (8 latent channels, stride 8), trained on crops of scenes and on photos."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL
from torch import Tensor, nn

from ..relationbooth.device import device, upload
from ..relationbooth.fast_norm import use_fused_norms
from ..relationbooth.precision import mixed_precision
from . import config
from .config import Stage
from .data import Scenes, pixels
from .loop import Trainer, rank, read_averaged

CROP = 128
PHOTO_SHARE = 0.25  # photos in a batch: the keypoint matching loss encodes photos with this autoencoder
FULL_FROM = 0.92  # from this share of the budget on: whole pictures, so that the mid attention sees 32×32
OBJECT_WEIGHT = 1.5  # extra loss weight of character pixels; background is easy
EDGE_WEIGHT = 1.0
COLOUR_WEIGHT = 3.0  # without it hues drift (red to orange, purple to blue) long after shapes are sharp
KL_WEIGHT = 1e-6
# The decoder sees latents with noise of up to this share of each channel's deviation, as sampled ones have an error of. Without
# it encoders hide detail in differences that no sampler hits, and every small error is drawn (Yang et al. 2025, l-DeTok).
LATENT_NOISE = 0.6
# Halved latents must decode to the halved picture, or encoders put into fine alternations what a diffusion model then has to
# guess exactly (Skorokhodov et al. 2025, "Improving the diffusability of autoencoders").
SCALE_WEIGHT = 0.5
# A throw-away linear head must read the mean colour of each 8×8 block from the latent. Without it the encoder drops
# one of the two hue directions and the decoder never asks for it back: a saddle that costs thousands of steps.
MEAN_COLOUR_WEIGHT = 5.0
COLOUR_HEAD = "colour_head"


def build_vae() -> AutoencoderKL:
    return AutoencoderKL(**config.VAE)


def build_training_vae() -> AutoencoderKL:
    model = use_fused_norms(build_vae())
    model.add_module(COLOUR_HEAD, nn.Conv2d(config.VAE["latent_channels"], 3, 1))
    return model.to(device(), memory_format=torch.channels_last)


def without_head(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k: v for k, v in state.items() if not k.startswith(COLOUR_HEAD)}


def crops(data: Scenes, indices: np.ndarray, rng: np.random.Generator, full: bool) -> tuple[Tensor, Tensor]:
    """[b,3,s,s] in −1..1 and character coverage [b,1,s,s] in 0..1; crops prefer a character."""
    pictures, coverage = [], []
    for index in indices:
        i = int(index)
        if not full and rng.random() < PHOTO_SHARE:
            objects = data.objects(i)
            photo = data.photos(i)[rng.integers(len(objects))]
            pictures.append(photo)
            coverage.append(np.full((CROP, CROP), 0.5, np.float32))
            continue
        mask = data.masks(i).max(axis=0).astype(np.float32) / 255
        mask = mask.repeat(4, axis=0).repeat(4, axis=1)
        scene = data.scene(i)
        if not full:
            y, x = rng.integers(0, config.PICTURE - CROP + 1, 2)
            if rng.random() < 0.7:
                x0, y0, x1, y1 = data.objects(i)[0 if rng.random() < 0.5 else -1]["box"]
                room = config.PICTURE - CROP
                x = int(np.clip(rng.uniform(x0, x1) * config.PICTURE - CROP / 2, 0, room))
                y = int(np.clip(rng.uniform(y0, y1) * config.PICTURE - CROP / 2, 0, room))
            scene, mask = scene[y : y + CROP, x : x + CROP], mask[y : y + CROP, x : x + CROP]
        pictures.append(scene)
        coverage.append(mask)
    return pixels(np.stack(pictures)), upload(np.stack(coverage))[:, None]


def edges(x: Tensor) -> tuple[Tensor, Tensor]:
    return x[..., :, 1:] - x[..., :, :-1], x[..., 1:, :] - x[..., :-1, :]


def reconstruction_loss(output: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Weighted L1 plus L1 of finite differences (stripes, thin props), plus L1 of chroma (hues)."""
    loss = ((output - target).abs() * weight).mean()
    for scale in (1, 2):
        a, b, w = (F.avg_pool2d(t, scale) if scale > 1 else t for t in (output, target, weight))
        for da, db, dw in zip(edges(a), edges(b), edges_weight(w), strict=True):
            loss = loss + EDGE_WEIGHT * ((da - db).abs() * dw).mean()
    return loss + COLOUR_WEIGHT * ((F.avg_pool2d(chroma(output - target), 2)).abs() * F.avg_pool2d(weight, 2)).mean()


def chroma(x: Tensor) -> Tensor:
    """What is left of [B,3,H,W] without its grey value."""
    return x - x.mean(dim=1, keepdim=True)


def edges_weight(w: Tensor) -> tuple[Tensor, Tensor]:
    return w[..., :, 1:], w[..., 1:, :]


def train_vae(stage: Stage, work: Path, data: Scenes, heldout: Scenes) -> None:
    torch.manual_seed(stage.seed)
    model = build_training_vae()
    trainer = Trainer("vae", model, stage, work)
    while not trainer.done:
        rng = np.random.default_rng((stage.seed, trainer.step, rank()))
        full = trainer.fraction > FULL_FROM
        batch = stage.batch // 4 if full else stage.batch
        indices = rng.integers(0, len(data), batch)
        loss, kl, mean_colour = vae_losses(model, *crops(data, indices, rng, full))
        norm = trainer.update(loss + KL_WEIGHT * kl + MEAN_COLOUR_WEIGHT * mean_colour)
        if trainer.step % 50 == 0:
            trainer.log.write(
                step=trainer.step, seconds=trainer.elapsed, loss=loss, kl=kl, norm=norm, mean_colour=mean_colour
            )
        if trainer.step % 400 == 0:
            trainer.log.write(step=trainer.step, psnr=psnr(load_averaged(trainer), heldout, 16))
        if trainer.due():
            trainer.save()
    trainer.save()
    trainer.log.write(step=trainer.step, final_psnr=psnr(load_averaged(trainer), heldout, 48))


def vae_losses(model: AutoencoderKL, target: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Reconstruction, divergence and mean colour of `crops`' batch."""
    with mixed_precision():
        moments = model.encode(target.contiguous(memory_format=torch.channels_last)).latent_dist
        mean, logvar = moments.mean.float(), moments.logvar.float()
        latent = mean + torch.randn_like(mean) * torch.exp(0.5 * logvar)
        output = model.decode(disturb(latent).contiguous(memory_format=torch.channels_last)).sample.float()
        halved = model.decode(F.avg_pool2d(latent, 2).contiguous(memory_format=torch.channels_last)).sample.float()
    mean_colour = F.mse_loss(model.get_submodule(COLOUR_HEAD)(latent), F.avg_pool2d(target, 8))
    weight = 1 + OBJECT_WEIGHT * mask
    kl = 0.5 * (mean.square() + logvar.exp() - 1 - logvar).mean()
    weight = weight / weight.mean()
    loss = reconstruction_loss(output, target, weight)
    loss = loss + SCALE_WEIGHT * reconstruction_loss(halved, *(F.avg_pool2d(t, 2) for t in (target, weight)))
    return loss, kl, mean_colour


def disturb(latent: Tensor) -> Tensor:
    """Latents [B,C,H,W] with noise of 0 to `LATENT_NOISE` times a channel's deviation in the batch, a strength a sample.

    The deviation carries gradients: larger latents are no way out.
    """
    strength = LATENT_NOISE * torch.rand(len(latent), 1, 1, 1, device=latent.device)
    return latent + strength * latent.std(dim=(0, 2, 3), keepdim=True) * torch.randn_like(latent)


def load_averaged(trainer: Trainer) -> AutoencoderKL:
    model = use_fused_norms(build_vae())
    model.load_state_dict(without_head(trainer.averaged()))
    return model.to(device(), memory_format=torch.channels_last).eval()


def load_vae(work: Path, fused: bool = True) -> AutoencoderKL:
    """The averaged autoencoder of `work`, frozen, float32, on the device; with the refined decoder when that stage has run."""
    model = build_vae()
    model.load_state_dict(without_head(read_averaged(work / "checkpoints" / "vae.safetensors")))
    refined = work / "checkpoints" / "decoder.safetensors"
    if refined.exists():
        model.decoder.load_state_dict(read_averaged(refined))
    model = use_fused_norms(model) if fused else model
    return model.to(device(), memory_format=torch.channels_last).requires_grad_(False).eval()


@torch.no_grad()
def reconstruct(model: AutoencoderKL, target: Tensor) -> Tensor:
    with mixed_precision():
        mean = model.encode(target.contiguous(memory_format=torch.channels_last)).latent_dist.mean
        return model.decode(mean).sample.float().clamp(-1, 1)


def psnr(model: AutoencoderKL, data: Scenes, count: int) -> float:
    """Peak signal-to-noise ratio in dB over the first `count` pictures (squared error averaged over all)."""
    target = pixels(np.stack([data.scene(i) for i in range(min(count, len(data)))]))
    error = torch.cat([(reconstruct(model, t) - t).square().flatten(1) for t in target.split(8)])
    return 10 * math.log10(4 / float(error.mean()))
