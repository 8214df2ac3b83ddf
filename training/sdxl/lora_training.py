"""Fine-tunes one RelationLoRA on a triplet folder (paper section 3.4): 500 steps, batch 8, Adam 1e-4, λ = 1e-3, γ = 0.6."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ..relationbooth.attention import attach_masked_attention, object_masks
from ..relationbooth.device import device, upload
from ..relationbooth.lora import inject_lora, lora_state, lora_weights
from ..relationbooth.losses import add_noise, keypoint_matching_loss, predict_clean
from ..relationbooth.precision import mixed_precision
from ..toybox.config import Stage
from ..toybox.loop import Trainer, rank, write_tensors
from .model import Files, LatentEncoder, PhotoEncoder, TextEncoders, open_unet, read_adapter, read_resampler, read_scheduler, read_sizes
from .triplets import Triplet

NAME = "relation-lora"
LOG_STEPS = 10


@dataclass(frozen=True)
class Recipe:
    """The paper's numbers. `matching_until` limits the keypoint matching loss to smaller timesteps (published code: 333)."""

    steps: int = 500
    batch: int = 1
    accumulate: int = 8
    learning_rate: float = 1e-4
    rank: int = 4
    matching_weight: float = 1e-3
    matching_until: int = 1000
    scale: float = 0.6
    resolution: int | None = None
    seed: int = 0
    dtype: torch.dtype = torch.float32
    gradient_checkpointing: bool = True

    def stage(self) -> Stage:
        """No budget of time: the loop counts steps, at a constant rate, and the last weights are kept, not an average."""
        half = self.dtype == torch.float16
        return Stage(
            minutes=float("inf"), batch=self.batch, peak_lr=self.learning_rate, warmup_steps=1, betas=(0.9, 0.999), weight_decay=0.0,
            ema=0.0, seed=self.seed, loss_scale=2.0**14 if half else 1.0,
        )


@dataclass(frozen=True)
class Samples:
    """What never changes in training, encoded once; S samples, N objects (absent ones have empty boxes)."""

    context: Tensor  # [S,77,C]
    pooled: Tensor  # [S,P]
    tokens: Tensor  # [S,N,16,C]
    boxes: Tensor  # [S,N,4]
    latents: Tensor  # [S,c,h,w]
    concept_latents: Tensor  # [S,N,c,h,w]
    keypoints: Tensor  # [S,N,17,2]
    concept_keypoints: Tensor  # [S,N,17,2]
    visible: Tensor  # [S,N,17]

    def __len__(self) -> int:
        return len(self.context)


def padded(rows: list[Tensor], count: int) -> Tensor:
    """Tensors [n,…] with n ≤ count as [S,count,…], zeros behind."""
    return torch.stack([torch.cat((row, row.new_zeros(count - len(row), *row.shape[1:]))) for row in rows])


@torch.no_grad()
def encode_samples(files: Files, triplets: list[Triplet], side: int, dtype: torch.dtype, resampler: nn.Module) -> Samples:
    """One encoder after the other is loaded and dropped: together with the U-Net they would fill a card."""
    text = TextEncoders(files, dtype)
    captions = [text.caption(one.prompt) for one in triplets]
    phrases = [torch.stack([text.phrase(entity) for entity in one.entities]) for one in triplets]
    del text
    encoder = PhotoEncoder(files, dtype)
    width = encoder.vision.config.hidden_size
    if width != resampler.proj_in.in_features:
        raise ValueError(f"{files.image_encoder}: {width} channels; the adapter reads {resampler.proj_in.in_features}")
    tokens = [resampler(encoder(one.concepts), phrase, one.boxes.to(device())) for one, phrase in zip(triplets, phrases, strict=True)]
    del encoder
    vae = LatentEncoder(files)
    latents = torch.stack([vae(one.target, side) for one in triplets])
    concepts = [torch.stack([vae(photo, side) for photo in one.concepts]) for one in triplets]
    count = max(len(one.entities) for one in triplets)
    points = (padded([getattr(one, name) for one in triplets], count) for name in ("keypoints", "concept_keypoints", "visible"))
    boxes = upload(padded([one.boxes for one in triplets], count))
    context, pooled = (torch.stack(parts) for parts in zip(*captions, strict=True))
    return Samples(context, pooled, padded(tokens, count), boxes, latents, padded(concepts, count), *(upload(p) for p in points))


class RelationTraining:
    """The frozen model with its LoRA layers and the encoded samples."""

    def __init__(self, files: Files, triplets: list[Triplet], recipe: Recipe) -> None:
        files.check()
        self.recipe = recipe
        alpha_bar, self.prediction = read_scheduler(files.base)
        self.alpha_bar = alpha_bar.to(device())
        projection, branch = read_adapter(files.adapter)
        resampler = read_resampler(files.adapter, projection).to(device())
        stride, levels, sample_size = read_sizes(files)
        self.side = recipe.resolution or sample_size * stride
        smallest = stride * 2 ** (levels - 1)
        if self.side % smallest != 0:
            raise ValueError(f"resolution {self.side}: expected a multiple of {smallest}")
        self.samples = encode_samples(files, triplets, self.side, recipe.dtype, resampler)
        self.unet = open_unet(files, recipe.dtype)
        try:
            attach_masked_attention(self.unet, branch).to(recipe.dtype).requires_grad_(False)
        except RuntimeError as error:
            raise ValueError(f"{files.adapter}: ms_adapter does not fit the U-Net of {files.base} ({error})") from error
        torch.manual_seed(recipe.seed)
        self.layers = inject_lora(self.unet, recipe.rank)
        self.weights = lora_weights(self.layers).to(device(), torch.float32)
        if recipe.gradient_checkpointing:
            self.unet.enable_gradient_checkpointing()
            self.unet.train()  # the official networks checkpoint in training mode only; SDXL has no dropout
        height = self.side // stride
        self.sizes = [(height >> level, height >> level) for level in range(levels)]

    def losses(self, rows: Tensor, timesteps: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Denoising and keypoint matching loss of the samples `rows` [B]."""
        s, recipe = self.samples, self.recipe
        alpha_bar = self.alpha_bar[timesteps].view(-1, 1, 1, 1)
        clean = s.latents[rows]
        noisy, target = add_noise(self.prediction, clean, noise, alpha_bar)
        sizes = np.array((self.side, self.side, 0, 0, self.side, self.side), np.float32)
        time_ids = upload(np.tile(sizes, (len(rows), 1)))
        masks = object_masks(s.boxes[rows], self.sizes)
        with mixed_precision(recipe.dtype):
            output = self.unet(
                noisy.to(recipe.dtype),
                timesteps,
                encoder_hidden_states=s.context[rows].to(recipe.dtype),
                added_cond_kwargs={"text_embeds": s.pooled[rows].to(recipe.dtype), "time_ids": time_ids.to(recipe.dtype)},
                cross_attention_kwargs={
                    "image_tokens": s.tokens[rows].to(recipe.dtype), "masks": masks, "image_scale": recipe.scale,
                },
            ).sample.float()
        denoise = (output - target).square().mean()
        estimate = predict_clean(self.prediction, noisy, output, alpha_bar)
        matching = keypoint_matching_loss(
            estimate, s.keypoints[rows], s.concept_latents[rows], s.concept_keypoints[rows], s.visible[rows]
        )
        return denoise, (matching * (timesteps <= recipe.matching_until)).mean()

    def draw(self, step: int, part: int) -> tuple[Tensor, Tensor, Tensor]:
        """Sample numbers, timesteps and noise of one part of a step: the same on every device and after a resumption."""
        batch, shape = self.recipe.batch, self.samples.latents.shape[1:]
        rng = np.random.default_rng((self.recipe.seed, step, part, rank()))
        generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
        noise = torch.randn(batch, *shape, generator=generator)
        return upload(rng.integers(0, len(self.samples), batch)), upload(rng.integers(0, len(self.alpha_bar), batch)), upload(noise)

    def train(self, work: Path, out: Path) -> None:
        """Trains, or goes on from the checkpoint in `work`, and writes `out`."""
        recipe = self.recipe
        trainer = Trainer(NAME, self.weights, recipe.stage(), work)
        while trainer.step < recipe.steps:
            sums = torch.zeros(2, device=device())
            for part in range(recipe.accumulate):
                denoise, matching = self.losses(*self.draw(trainer.step, part))
                trainer.accumulate((denoise + recipe.matching_weight * matching) / recipe.accumulate)
                sums += torch.stack((denoise, matching)).detach() / recipe.accumulate
            norm = trainer.apply()
            if trainer.step % LOG_STEPS == 0 or trainer.step == recipe.steps:
                trainer.log.write(step=trainer.step, seconds=trainer.elapsed, denoise=sums[0], matching=sums[1], norm=norm)
            if trainer.due():
                trainer.save()
        trainer.save()
        if rank() == 0:
            write_tensors(out, lora_state(self.layers), {"rank": recipe.rank, "steps": recipe.steps})
