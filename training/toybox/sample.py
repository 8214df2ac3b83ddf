"""Draws held-out cases with a model: sheets to look at, and colour errors to compare."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL, EulerDiscreteScheduler
from PIL import Image, ImageDraw
from torch import Tensor

from ..relationbooth.device import device
from ..relationbooth.precision import mixed_precision
from . import config
from .base import BaseModel
from .conditions import TextConditions, gather_objects, object_tokens, unet_arguments
from .config import LATENT, PHOTO, PICTURE
from .data import Scenes
from .latents import LatentSpace, decode
from .photos import PhotoTokens

BOX_COLOURS = ((230, 60, 60), (60, 90, 230))


def guide(conditional: Tensor, unconditional: Tensor, guidance: float, rescale: float) -> Tensor:
    """Classifier-free guidance with the standard deviation pulled back to the conditional's (Lin et al. 2023)."""
    guided = unconditional + guidance * (conditional - unconditional)
    ratio = conditional.std(dim=(1, 2, 3), keepdim=True) / guided.std(dim=(1, 2, 3), keepdim=True)
    return guided * (rescale * ratio + 1 - rescale)


def sampler(steps: int) -> EulerDiscreteScheduler:
    scheduler = EulerDiscreteScheduler(**config.SCHEDULER)
    scheduler.set_timesteps(steps)
    return scheduler


@torch.no_grad()
def generate(
    model: BaseModel,
    data: Scenes,
    indices: list[int],
    captions: list[str],
    text: TextConditions,
    photos: PhotoTokens,
    steps: int = 25,
    guidance: float = config.GUIDANCE,
    rescale: float = config.GUIDANCE_RESCALE,
    scale: float = 1.0,
    seed: int = 0,
) -> Tensor:
    """Normalised latents [B,8,32,32] for the objects and boxes of `indices`; `scale` is the paper's γ."""
    scheduler = sampler(steps)
    objects = gather_objects(data, photos, indices, text)
    context, pooled = text.captions(captions)
    empty, empty_pooled = text.captions([""] * len(indices))
    generator = torch.Generator().manual_seed(seed)
    # Drawn on the processor: a seed gives the same noise on every device.
    x = torch.randn(len(indices), 8, LATENT, LATENT, generator=generator).to(device()) * scheduler.init_noise_sigma
    with mixed_precision():
        tokens = object_tokens(objects, model.resampler)
        conditional = unet_arguments(context, pooled, tokens, objects.boxes, scale)
        unconditional = unet_arguments(empty, empty_pooled, None, objects.boxes)

        def velocity(model_input: Tensor, t: Tensor) -> Tensor:
            with_conditions = model.unet(model_input, t, **conditional).sample.float()
            without = model.unet(model_input, t, **unconditional).sample.float()
            return guide(with_conditions, without, guidance, rescale)

        return denoise(scheduler, velocity, x)


@torch.no_grad()
def redraw(
    model: BaseModel, data: Scenes, indices: list[int], clean: Tensor, text: TextConditions, photos: PhotoTokens, last: int,
    seed: int, steps: int = 20,
) -> Tensor:
    """What the sampler makes of true latents [B,8,32,32] from the noise of its `last` steps on, without guidance."""
    scheduler = sampler(steps)
    first = steps - last
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(seed)).to(device())
    x = clean + float(scheduler.sigmas[first]) * noise
    with mixed_precision():
        arguments = neutral_arguments(model, data, indices, text, photos)
        return denoise(scheduler, lambda x, t: model.unet(x, t, **arguments).sample.float(), x, first)


def neutral_arguments(model: BaseModel, data: Scenes, indices: list[int], text: TextConditions, photos: PhotoTokens) -> dict:
    """The U-Net's conditions of scenes, with captions that name no relation."""
    context, pooled = text.captions([data.meta[i]["captions"]["neutral"][0] for i in indices])
    objects = gather_objects(data, photos, indices, text)
    return unet_arguments(context, pooled, object_tokens(objects, model.resampler), objects.boxes)


def denoise(
    scheduler: EulerDiscreteScheduler, velocity: Callable[[Tensor, Tensor], Tensor], x: Tensor, first: int = 0
) -> Tensor:
    """The scheduler's steps from number `first` on; `velocity` takes a scaled input and its timestep."""
    for t in scheduler.timesteps[first:]:
        model_input = scheduler.scale_model_input(x, t).contiguous(memory_format=torch.channels_last)
        x = scheduler.step(velocity(model_input, t), t, x).prev_sample
    return x


def to_bytes(x: Tensor) -> np.ndarray:
    """[B,3,H,W] in −1..1 → uint8 [B,H,W,3]"""
    return ((x.permute(0, 2, 3, 1) + 1) * 127.5).round().clamp(0, 255).byte().cpu().numpy()


def colour_errors(pictures: np.ndarray, data: Scenes, indices: list[int]) -> dict[str, float]:
    """Mean RGB distance between an object's visible area and its truth, and between it and the other object's truth."""
    own, other = [], []
    for picture, i in zip(pictures, indices, strict=True):
        masks = [m.repeat(4, 0).repeat(4, 1) > 127 for m in data.masks(i)[: len(data.objects(i))]]
        if any(m.sum() < 100 for m in masks):
            continue
        truth = [data.scene(i)[m].mean(axis=0) for m in masks]
        drawn = [picture[m].mean(axis=0) for m in masks]
        own += [float(np.abs(d - t).mean()) for d, t in zip(drawn, truth, strict=True)]
        if len(masks) == 2:
            other += [float(np.abs(drawn[k] - truth[1 - k]).mean()) for k in range(2)]
    return {"own_colour_error": float(np.mean(own)), "other_colour_error": float(np.mean(other)) if other else 0.0}


def draw_sheet(file: Path, data: Scenes, indices: list[int], pictures: np.ndarray, captions: list[str], columns: int = 4) -> None:
    """One cell a case: photos | generated with boxes | truth, caption above."""
    width, height = PHOTO + 2 * PICTURE, PICTURE + 14
    rows = -(-len(indices) // columns)
    sheet = Image.new("RGB", (columns * width, rows * height), "white")
    draw = ImageDraw.Draw(sheet)
    for n, (i, picture, caption) in enumerate(zip(indices, pictures, captions, strict=True)):
        x, y = (n % columns) * width, (n // columns) * height
        draw.text((x + 2, y + 1), caption[:100], fill="black")
        for k in range(len(data.objects(i))):
            sheet.paste(Image.fromarray(np.ascontiguousarray(data.photos(i)[k])), (x, y + 14 + k * PHOTO))
        sheet.paste(Image.fromarray(picture), (x + PHOTO, y + 14))
        sheet.paste(Image.fromarray(np.ascontiguousarray(data.scene(i))), (x + PHOTO + PICTURE, y + 14))
        for k, item in enumerate(data.objects(i)):
            x0, y0, x1, y1 = (round(v * (PICTURE - 1)) for v in item["box"])
            left, top = x + PHOTO, y + 14
            draw.rectangle((left + x0, top + y0, left + x1, top + y1), outline=BOX_COLOURS[k])
    file.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(file)


def sheet_of(
    model: BaseModel, vae: AutoencoderKL, space: LatentSpace, data: Scenes, indices: list[int], captions: list[str],
    text: TextConditions, photos: PhotoTokens, file: Path, **settings: float,
) -> dict[str, float]:
    """Generate, draw, and return the colour errors."""
    latents = generate(model, data, indices, captions, text, photos, **settings)
    pictures = to_bytes(decode(vae, space.restore(latents)))
    draw_sheet(file, data, indices, pictures, captions)
    return colour_errors(pictures, data, indices)
