"""Stage 5: the base model. U-Net, Resampler, image branch and (slowly) the vision tower, trained together.

Captions name the objects and the place, never a relation: relations are what RelationLoRAs add.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from diffusers import EulerDiscreteScheduler, UNet2DConditionModel
from torch import Tensor, nn

from ..relationbooth.attention import attach_masked_attention, object_masks
from ..relationbooth.fast_norm import use_fused_norms
from ..relationbooth.resampler import Resampler
from . import config
from .clip import build_vision
from .clipself import load_local_encoder
from .conditions import TextConditions, gather_objects, object_tokens, unet_arguments
from .config import LATENT, Stage
from .data import Scenes, epoch_indices
from .latents import Latents
from .loop import Trainer, rank, read_tensors, take
from .tokens import description_loss, figures, load_tokens, token_head

# Shares of samples: no text and no image (guidance), no text, no image.
DROP_BOTH, DROP_TEXT, DROP_IMAGE = 0.08, 0.04, 0.03
DROP_GROUNDING = 0.05
# Dropped captions are empty, or now and then the usual negative prompt, so that either works as the unconditional text.
NEGATIVE = "monochrome, lowres, bad anatomy, worst quality, low quality"
NEGATIVE_SHARE = 0.25
BOX_JITTER = 0.012  # users' boxes are not tight
BOX_WEIGHT, OBJECT_WEIGHT = 0.4, 0.8  # extra loss weight inside boxes and on visible character pixels
VISION_LR, LOGIT_LR = 0.4, 0.4  # shares of the learning rate
DESCRIPTION_WEIGHT = 0.3
MAX_SNR = 5.0
# Timesteps from STRUCTURE_FROM (share of the schedule) on decide layout and pose; the rest is texture, learned early.
STRUCTURE_FROM, STRUCTURE_SHARE = 0.4, 0.82
# Extra weight of the error averaged over k×k cells. Same minimiser, but the gradient of global structure no longer
# drowns in unpredictable detail (multiscale loss, Hoogeboom et al. 2023).
COARSE_WEIGHTS = {2: 0.5, 4: 1.0}


class BaseModel(nn.Module):
    """What the stage trains; the image branch's projections live inside `unet` as attention processors."""

    def __init__(self) -> None:
        super().__init__()
        self.unet = use_fused_norms(UNet2DConditionModel(**config.UNET))
        nn.init.zeros_(self.unet.conv_out.weight)
        attach_masked_attention(self.unet)
        self.unet.to(memory_format=torch.channels_last)
        self.resampler = Resampler(**config.RESAMPLER)
        self.vision = build_vision()
        self.head = token_head()


class Noise:
    """v-prediction with zero terminal SNR (Lin et al. 2023); ᾱ of each of 1000 timesteps."""

    def __init__(self) -> None:
        self.alpha_bar = EulerDiscreteScheduler(**config.SCHEDULER).alphas_cumprod.float()

    def sample(self, batch: int, rng: np.random.Generator) -> Tensor:
        """Stratified timesteps [batch], shuffled; STRUCTURE_SHARE of them at or after STRUCTURE_FROM."""
        level = (rng.permutation(batch) + rng.random(batch)) / batch
        rest = 1 - STRUCTURE_SHARE
        position = np.interp(level, (0, rest, 1), (0, STRUCTURE_FROM, 1))
        position = np.minimum(position, np.nextafter(1, 0))
        return torch.from_numpy((position * len(self.alpha_bar)).astype(np.int64))

    def at(self, timesteps: Tensor) -> Tensor:
        return self.alpha_bar[timesteps].view(-1, 1, 1, 1)

    def add(self, clean: Tensor, noise: Tensor, timesteps: Tensor) -> tuple[Tensor, Tensor]:
        """Noisy latents and the velocity target √ᾱ·ε − √(1−ᾱ)·z0."""
        a = self.at(timesteps)
        return a.sqrt() * clean + (1 - a).sqrt() * noise, a.sqrt() * noise - (1 - a).sqrt() * clean

    def weight(self, timesteps: Tensor) -> Tensor:
        """min(snr+1, 5)/(snr+1): min-SNR for v-prediction that stays 1 at SNR 0."""
        a = self.alpha_bar[timesteps]
        plus_one = 1 / (1 - a).clamp(min=1e-6)
        return plus_one.clamp(max=MAX_SNR) / plus_one


def pixel_weights(data: Scenes, indices: list[int], boxes: Tensor) -> Tensor:
    """Loss weight of each latent position [B,1,32,32], mean 1 a sample."""
    masks = torch.from_numpy(np.stack([data.masks(i) for i in indices]).max(axis=1)).float() / 255
    coverage = nn.functional.max_pool2d(masks[:, None], masks.shape[-1] // LATENT)
    inside = object_masks(boxes, [(LATENT, LATENT)])[LATENT**2].any(dim=1).view(-1, 1, LATENT, LATENT)
    weight = 1 + BOX_WEIGHT * inside + OBJECT_WEIGHT * coverage
    return weight / weight.mean(dim=(1, 2, 3), keepdim=True)


def pick_caption(data: Scenes, index: int, rng: np.random.Generator) -> str:
    pool = data.meta[index]["captions"]["neutral"]
    return pool[int(rng.integers(len(pool)))]


def dropped_caption(rng: np.random.Generator) -> str:
    return NEGATIVE if rng.random() < NEGATIVE_SHARE else ""


def train_base(stage: Stage, work: Path, data: Scenes, name: str, on_minutes: tuple[float, Callable[[BaseModel, int], None]] | None = None) -> None:
    """`on_minutes`: (interval, callback(model, step)) for sampling sheets; its time is not charged to the budget."""
    torch.manual_seed(stage.seed)
    text, latents, noise = TextConditions(work), Latents(work, name, len(data)), Noise()
    local = load_local_encoder(work)
    model = BaseModel()
    prepared = load_tokens(work)
    for part in ("vision", "resampler", "head"):
        model.get_submodule(part).load_state_dict(prepared.get_submodule(part).state_dict())
    # The tower's last layer and projection do not reach the penultimate states that the Resampler reads.
    for part in (model.vision.vision_model.encoder.layers[-1], model.vision.vision_model.post_layernorm, model.vision.visual_projection):
        part.requires_grad_(local is None)
    trainer = Trainer("base", model, stage, work, parameter_groups(model))
    next_sheet = trainer.elapsed + 60 * on_minutes[0] if on_minutes else float("inf")
    recent: list[float] = []
    while not trainer.done:
        rng = np.random.default_rng((stage.seed, trainer.step, rank()))
        indices = epoch_indices(len(data), stage.batch, trainer.step, stage.seed + rank())
        loss = base_loss(model, data, indices, rng, text, latents, noise, local)
        norm = trainer.update(loss)
        recent.append(float(loss.detach()))
        if trainer.step % 50 == 0:
            trainer.log.write(step=trainer.step, seconds=trainer.elapsed, loss=float(np.mean(recent)), norm=norm)
            recent.clear()
        if trainer.due():
            trainer.save()
        if on_minutes and rank() == 0 and trainer.elapsed > next_sheet:
            next_sheet = trainer.elapsed + 60 * on_minutes[0]
            with trainer.uncharged():
                averaged = BaseModel()
                averaged.load_state_dict(trainer.averaged())
                on_minutes[1](averaged.eval(), trainer.step)
    trainer.save()


def parameter_groups(model: BaseModel) -> list[dict]:
    """Optimizer groups with learning-rate factors: queries and keys slower, or their logits grow without bound."""
    sharp, rest = [], []
    for name, parameter in model.unet.named_parameters():
        logits = any(part in name for part in (".to_q.", ".to_k.", ".to_k_ip."))
        (sharp if logits else rest).append(parameter)
    rest += [*model.resampler.parameters(), *model.head.parameters()]
    slow = [p for p in model.vision.parameters() if p.requires_grad]
    return [{"params": rest, "lr": 1.0}, {"params": sharp, "lr": LOGIT_LR}, {"params": slow, "lr": VISION_LR}]


def base_loss(
    model: BaseModel,
    data: Scenes,
    indices: np.ndarray,
    rng: np.random.Generator,
    text: TextConditions,
    latents: Latents,
    noise: Noise,
    local: nn.Module | None,
) -> Tensor:
    rows = indices.tolist()
    batch = len(rows)
    fate = rng.random(batch)
    no_text = fate < DROP_BOTH + DROP_TEXT
    no_image = (fate < DROP_BOTH) | ((fate >= DROP_BOTH + DROP_TEXT) & (fate < DROP_BOTH + DROP_TEXT + DROP_IMAGE))
    captions = [dropped_caption(rng) if no_text[n] else pick_caption(data, i, rng) for n, i in enumerate(rows)]
    context, pooled = text.captions(captions)
    objects = gather_objects(data, rows, text, rng, BOX_JITTER)
    clean = latents(indices)
    timesteps = noise.sample(batch, rng)
    noisy, target = noise.add(clean, torch.randn_like(clean), timesteps)
    visible_boxes = torch.where(torch.from_numpy(no_image)[:, None, None], 0.0, objects.boxes)
    with torch.autocast("cpu", torch.bfloat16):
        grounding = torch.from_numpy(rng.random(batch) < DROP_GROUNDING).repeat_interleave(objects.boxes.shape[1])
        tokens = object_tokens(objects, model.vision, local, model.resampler, grounding)
        arguments = unet_arguments(context, pooled, tokens, visible_boxes)
        velocity = model.unet(noisy.contiguous(memory_format=torch.channels_last), timesteps, **arguments).sample
        description = description_loss(model.head, tokens, *figures(objects.originals, data, rows))
    error = multiscale_error(velocity.float() - target, pixel_weights(data, rows, objects.boxes))
    return (error * noise.weight(timesteps)).mean() + DESCRIPTION_WEIGHT * description


def multiscale_error(error: Tensor, weight: Tensor) -> Tensor:
    """Weighted mean squared error [B] of [B,C,h,w], plus that of its k×k averages."""
    total = (error.square() * weight).mean(dim=(1, 2, 3))
    for k, share in COARSE_WEIGHTS.items():
        coarse = nn.functional.avg_pool2d(error, k).square() * nn.functional.avg_pool2d(weight, k)
        total = total + share * coarse.mean(dim=(1, 2, 3))
    return total


def load_base(work: Path) -> BaseModel:
    """The averaged base model of `work`, frozen."""
    tensors, _ = read_tensors(work / "checkpoints" / "base.safetensors")
    model = BaseModel()
    model.load_state_dict({**take(tensors, "model."), **take(tensors, "average.")})
    return model.requires_grad_(False).eval()
