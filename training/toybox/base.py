"""Stage 5: the base model. U-Net, Resampler and image branch, trained together on frozen towers.

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
from ..relationbooth.device import device, upload
from ..relationbooth.fast_norm import use_fused_norms
from ..relationbooth.losses import add_noise
from ..relationbooth.precision import mixed_precision
from ..relationbooth.resampler import Resampler
from . import config
from .conditions import TextConditions, gather_objects, object_tokens, unet_arguments
from .config import LATENT, Stage
from .data import Scenes, epoch_indices
from .latents import Latents
from .loop import ORTHOGONAL, Trainer, rank, read_averaged
from .photos import PhotoTokens
from .pose import PoseHead, pose_loss, pose_targets
from .tokens import description_loss, figures, load_tokens, token_head

# Shares of samples: no text and no image (guidance), no text, no image.
DROP_BOTH, DROP_TEXT, DROP_IMAGE = 0.08, 0.04, 0.03
DROP_GROUNDING = 0.05
# Dropped captions are empty, or now and then the usual negative prompt, so that either works as the unconditional text.
NEGATIVE = "monochrome, lowres, bad anatomy, worst quality, low quality"
NEGATIVE_SHARE = 0.25
# Noisier inputs than their targets say, for the errors that sampling brings along (Ning et al. 2023, DDPM-IP).
INPUT_PERTURBATION = 0.1
BOX_JITTER = 0.012  # users' boxes are not tight
BOX_WEIGHT, OBJECT_WEIGHT = 0.4, 0.8  # extra loss weight inside boxes and on visible character pixels
COARSE = {2: 1.0, 4: 2.0}  # extra loss weight of errors averaged over this many latent positions a side
LOGIT_LR = 0.7  # share of the learning rate
DESCRIPTION_WEIGHT, POSE_WEIGHT = 0.3, 0.15
MAX_SNR = 5.0
# Shapes and poses are decided above the middle of the schedule: (share of samples, share of the schedule) support points.
SAMPLED, TIMES = (0.0, 0.15, 0.92, 1.0), (0.0, 0.3, 0.95, 1.0)
NO_RELATION = "none"
PREDICTION = config.SCHEDULER["prediction_type"]


class BaseModel(nn.Module):
    """What the stage trains; the image branch's projections live inside `unet` as attention processors."""

    def __init__(self) -> None:
        super().__init__()
        self.unet = use_fused_norms(UNet2DConditionModel(**config.UNET))
        nn.init.zeros_(self.unet.conv_out.weight)
        attach_masked_attention(self.unet)
        self.unet.to(memory_format=torch.channels_last)
        self.resampler = Resampler(**config.RESAMPLER)
        self.head = token_head()
        self.pose = PoseHead()
        self.unet.up_blocks[0].register_forward_hook(self._keep)

    def _keep(self, block: nn.Module, arguments: tuple, features: Tensor) -> None:
        self.features = features


class Noise:
    """v-prediction with zero terminal SNR (Lin et al. 2023); ᾱ of each of 1000 timesteps."""

    def __init__(self) -> None:
        self.alpha_bar = EulerDiscreteScheduler(**config.SCHEDULER).alphas_cumprod.float().to(device())

    def sample(self, batch: int, rng: np.random.Generator) -> Tensor:
        """Stratified timesteps [batch], shuffled, denser in the middle."""
        position = np.interp((rng.permutation(batch) + rng.random(batch)) / batch, SAMPLED, TIMES)
        return upload((position * len(self.alpha_bar)).astype(np.int64).clip(max=len(self.alpha_bar) - 1))

    def at(self, timesteps: Tensor) -> Tensor:
        return self.alpha_bar[timesteps].view(-1, 1, 1, 1)

    def add(self, clean: Tensor, noise: Tensor, timesteps: Tensor) -> tuple[Tensor, Tensor]:
        """Noisy latents and the velocity to predict."""
        return add_noise(PREDICTION, clean, noise, self.at(timesteps))

    def perturb(self, noisy: Tensor, timesteps: Tensor) -> Tensor:
        """More noise, of `INPUT_PERTURBATION` times the strength that the timesteps [B] have."""
        return noisy + INPUT_PERTURBATION * (1 - self.at(timesteps)).sqrt() * torch.randn_like(noisy)

    def weight(self, timesteps: Tensor) -> Tensor:
        """min(snr+1, 5)/(snr+1): min-SNR for v-prediction that stays 1 at SNR 0."""
        a = self.alpha_bar[timesteps]
        plus_one = 1 / (1 - a).clamp(min=1e-6)
        return plus_one.clamp(max=MAX_SNR) / plus_one


def pixel_weights(data: Scenes, indices: list[int], boxes: Tensor) -> Tensor:
    """Loss weight of each latent position [B,1,32,32], mean 1 a sample."""
    masks = data.coverage(indices)
    coverage = nn.functional.max_pool2d(masks, masks.shape[-1] // LATENT)
    inside = object_masks(boxes, [(LATENT, LATENT)])[LATENT**2].any(dim=1).view(-1, 1, LATENT, LATENT)
    weight = 1 + BOX_WEIGHT * inside + OBJECT_WEIGHT * coverage
    return weight / weight.mean(dim=(1, 2, 3), keepdim=True)


def pick_caption(data: Scenes, index: int, rng: np.random.Generator) -> str:
    pool = data.meta[index]["captions"]["neutral"]
    return pool[int(rng.integers(len(pool)))]


def dropped_caption(rng: np.random.Generator) -> str:
    return NEGATIVE if rng.random() < NEGATIVE_SHARE else ""


def weighted_error(velocity: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Mean squared error [B] of [B,C,h,w] under the weights [B,1,h,w] of `pixel_weights`."""
    return ((velocity - target).square() * weight).mean(dim=(1, 2, 3))


def coarse_error(velocity: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """`weighted_error` of averages over squares of latent positions, summed with the weights of `COARSE` [B].

    Its best prediction is that of the plain error; it turns the gradient to what patches have in common (multiscale training loss,
    Hoogeboom et al. 2023).
    """
    total = torch.zeros_like(weight[:, 0, 0, 0])
    for size, share in COARSE.items():
        total = total + share * weighted_error(*(nn.functional.avg_pool2d(x, size) for x in (velocity, target, weight)))
    return total


def scenes_with(data: Scenes, relations: list[str]) -> np.ndarray:
    """Indices of the scenes without a relation or with one of `relations`; all where the list is empty."""
    wanted = {NO_RELATION, *relations}
    return np.array([i for i, meta in enumerate(data.meta) if not relations or meta["relation"] in wanted])


def train_base(
    stage: Stage,
    work: Path,
    data: Scenes,
    name: str,
    relations: list[str],
    on_minutes: tuple[float, Callable[[BaseModel, int], None]] | None = None,
) -> None:
    """Learns the poses of `relations` (all where empty).

    `on_minutes`: (interval, callback(model, step)) for sampling sheets; its time is not charged to the budget.
    """
    torch.manual_seed(stage.seed)
    text, latents, noise = TextConditions(work), Latents(work, name, len(data)), Noise()
    photos = PhotoTokens(work, name, len(data))
    model = BaseModel().to(device())
    prepared = load_tokens(work)
    for part in ("resampler", "head"):
        model.get_submodule(part).load_state_dict(prepared.get_submodule(part).state_dict())
    trainer = Trainer("base", model, stage, work, parameter_groups(model))
    if stage.compile:
        model.unet.compile()
    next_sheet = trainer.elapsed + 60 * on_minutes[0] if on_minutes else float("inf")
    recent: list[Tensor] = []
    chosen = scenes_with(data, relations)
    while not trainer.done:
        rng = np.random.default_rng((stage.seed, trainer.step, rank()))
        indices = chosen[epoch_indices(len(chosen), stage.batch, trainer.step, stage.seed + rank())]
        loss = base_loss(model, data, indices, rng, text, latents, photos, noise)
        norm = trainer.update(loss)
        recent.append(loss.detach())
        if trainer.step % 50 == 0:
            trainer.log.write(step=trainer.step, seconds=trainer.elapsed, loss=torch.stack(recent).mean(), norm=norm)
            recent.clear()
        if trainer.due():
            trainer.save()
        if on_minutes and rank() == 0 and trainer.elapsed > next_sheet:
            next_sheet = trainer.elapsed + 60 * on_minutes[0]
            with trainer.uncharged():
                averaged = BaseModel().to(device())
                averaged.load_state_dict(trainer.averaged())
                on_minutes[1](averaged.eval(), trainer.step)
    trainer.save()


def parameter_groups(model: BaseModel) -> list[dict]:
    """Optimizer groups with learning-rate factors: queries and keys slower, or their logits grow without bound.

    Muon takes the inner matrices; ends, norms and biases are AdamW's.
    """
    sharp, matrices, rest = [], [], [*model.head.parameters(), *model.pose.parameters()]
    for name, parameter in [*model.unet.named_parameters(), *model.resampler.named_parameters()]:
        if parameter.ndim < 2 or name.startswith(("conv_in", "conv_out", "time_", "add_", "grounding_latents")):
            rest.append(parameter)
        else:
            logits = any(part in name for part in (".to_q.", ".to_k.", ".to_k_ip."))
            (sharp if logits else matrices).append(parameter)
    return [
        {"params": rest, "lr": 1.0},
        {"params": matrices, "lr": 1.0, ORTHOGONAL: True},
        {"params": sharp, "lr": LOGIT_LR, ORTHOGONAL: True},
    ]


def base_loss(
    model: BaseModel,
    data: Scenes,
    indices: np.ndarray,
    rng: np.random.Generator,
    text: TextConditions,
    latents: Latents,
    photos: PhotoTokens,
    noise: Noise,
) -> Tensor:
    rows = indices.tolist()
    batch = len(rows)
    fate = rng.random(batch)
    no_text = fate < DROP_BOTH + DROP_TEXT
    no_image = (fate < DROP_BOTH) | ((fate >= DROP_BOTH + DROP_TEXT) & (fate < DROP_BOTH + DROP_TEXT + DROP_IMAGE))
    captions = [dropped_caption(rng) if no_text[n] else pick_caption(data, i, rng) for n, i in enumerate(rows)]
    context, pooled = text.captions(captions)
    objects = gather_objects(data, photos, rows, text, rng, BOX_JITTER)
    clean = latents(indices)
    timesteps = noise.sample(batch, rng)
    noisy, target = noise.add(clean, torch.randn_like(clean), timesteps)
    noisy = noise.perturb(noisy, timesteps)
    visible_boxes = torch.where(upload(no_image)[:, None, None], 0.0, objects.boxes)
    with mixed_precision():
        grounding = upload(rng.random(batch) < DROP_GROUNDING).repeat_interleave(objects.boxes.shape[1])
        tokens = object_tokens(objects, model.resampler, grounding)
        arguments = unet_arguments(context, pooled, tokens, visible_boxes)
        velocity = model.unet(noisy.contiguous(memory_format=torch.channels_last), timesteps, **arguments).sample
        description = description_loss(model.head, tokens, *figures(data, rows))
        pose = pose_loss(model.pose(model.features), *pose_targets(data, rows))
    weights = pixel_weights(data, rows, objects.boxes)
    error = weighted_error(velocity.float(), target, weights) + coarse_error(velocity.float(), target, weights)
    return (error * noise.weight(timesteps)).mean() + DESCRIPTION_WEIGHT * description + POSE_WEIGHT * pose


def load_base(work: Path) -> BaseModel:
    """The averaged base model of `work`, frozen, on the device."""
    model = BaseModel()
    model.load_state_dict(read_averaged(work / "checkpoints" / "base.safetensors"))
    return model.to(device()).requires_grad_(False).eval()
