"""The method written out literally, for golden values: MS-Diffusion's inference with RelationBooth's local tokens.

Slower and plainer than `training/relationbooth` and independent of it, so that each checks the other. What the
engine leaves out because it cannot change the picture is in here: dummy tokens, their bias, and zeroed rows.
Sources: RelationBooth (arXiv 2410.23280) eq. 4, 8, 9; MS-Diffusion (arXiv 2406.07209) section 3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from diffusers import EulerDiscreteScheduler, UNet2DConditionModel
from diffusers.models.attention_processor import Attention
from torch import Tensor
from transformers import CLIPVisionModelWithProjection

MASKED = -10000.0
LOCAL_GRID = 4


def box_mask(box: tuple[float, ...], height: int, width: int) -> Tensor:
    """[height·width], row-major: 1 where floor(x0·w) ≤ x < ceil(x1·w) and likewise for y."""
    mask = torch.zeros(height, width)
    x0, y0, x1, y1 = box
    rows = slice(math.floor(y0 * height), math.ceil(y1 * height))
    columns = slice(math.floor(x0 * width), math.ceil(x1 * width))
    mask[rows, columns] = 1
    return mask.flatten()


@dataclass
class Conditions:
    """What the image branch of one generation reads; the last row of a batch is the conditional one."""

    object_tokens: Tensor  # [N,T,C]
    boxes: list[tuple[float, ...]]
    weights: list[float]
    scale: float
    dummies: Tensor  # [M,C]
    latent: tuple[int, int]  # height, width


class LiteralCrossAttention:
    """One attn2 layer, both branches; a processor for diffusers' `Attention`, which carries any LoRA itself."""

    def __init__(self, to_k_ip: Tensor, to_v_ip: Tensor) -> None:
        self.to_k_ip, self.to_v_ip = to_k_ip, to_v_ip

    def __call__(
        self,
        attn: Attention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor,
        attention_mask: Tensor | None = None,
        conditions: Conditions | None = None,
    ) -> Tensor:
        width = attn.to_q.out_features // attn.heads

        def heads(x: Tensor) -> Tensor:
            return x.reshape(x.shape[0], x.shape[1], attn.heads, width).transpose(1, 2)

        query = heads(attn.to_q(hidden_states))
        key, value = heads(attn.to_k(encoder_hidden_states)), heads(attn.to_v(encoder_hidden_states))
        out = torch.softmax(query @ key.transpose(2, 3) / math.sqrt(width), dim=-1) @ value
        if conditions is not None and conditions.boxes:
            # The unconditional row has no boxes, so its image branch is zero.
            image = self.image_branch(query[-1:], heads, conditions)
            out = torch.cat((out[:-1], out[-1:] + conditions.scale * image))
        return attn.to_out[0](out.transpose(1, 2).reshape(hidden_states.shape))

    def image_branch(self, query: Tensor, heads, conditions: Conditions) -> Tensor:
        height, width = conditions.latent
        halvings = round(math.log2(height * width / query.shape[2]) / 2)
        grid = (height >> halvings, width >> halvings)
        assert grid[0] * grid[1] == query.shape[2]
        masks = [box_mask(box, *grid) for box in conditions.boxes]
        background = 1 - torch.stack(masks).amax(dim=0)
        count = conditions.object_tokens.shape[1]
        visible = [background[:, None].expand(-1, len(conditions.dummies))]
        visible += [mask[:, None].expand(-1, count) for mask in masks]
        tokens = torch.cat((conditions.dummies, conditions.object_tokens.flatten(0, 1)))[None]
        key, value = heads(tokens @ self.to_k_ip.T), heads(tokens @ self.to_v_ip.T)
        scores = query @ key.transpose(2, 3) / math.sqrt(query.shape[3])
        attention = torch.softmax(scores + (1 - torch.cat(visible, dim=1)) * MASKED, dim=-1)
        attention = attention * (1 - background)[None, None, :, None]
        per_token = [1.0] * len(conditions.dummies) + [w for w in conditions.weights for _ in range(count)]
        return (attention * torch.tensor(per_token)) @ value


class PlainSelfAttention:
    """attn1 as the formula says, without PyTorch's fused kernel."""

    def __call__(
        self,
        attn: Attention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        conditions: Conditions | None = None,
    ) -> Tensor:
        shape = (hidden_states.shape[0], hidden_states.shape[1], attn.heads, -1)
        query, key, value = (p(hidden_states).reshape(shape).transpose(1, 2) for p in (attn.to_q, attn.to_k, attn.to_v))
        attention = torch.softmax(query @ key.transpose(2, 3) / math.sqrt(query.shape[3]), dim=-1)
        return attn.to_out[0]((attention @ value).transpose(1, 2).reshape(hidden_states.shape))


def attach(unet: UNet2DConditionModel, adapter: dict[str, Tensor]) -> None:
    """Set the literal processors; `adapter` has keys `{i}.to_k_ip.weight`, i in registration order."""
    processors = {}
    for index, name in enumerate(unet.attn_processors):
        if ".attn2." in name:
            key, value = (adapter[f"{index}.{kind}.weight"] for kind in ("to_k_ip", "to_v_ip"))
            processors[name] = LiteralCrossAttention(key, value)
        else:
            processors[name] = PlainSelfAttention()
    unet.set_attn_processor(processors)


def local_tokens(vision: CLIPVisionModelWithProjection, hidden: Tensor) -> Tensor:
    """Input of the last layer [N,1+n²,E] → [N,16,E]: value path, post-norm, unit vectors, mean of each grid cell."""
    tower = vision.vision_model
    last = tower.encoder.layers[-1]
    patches = hidden[:, 1:]
    mixed = patches + last.self_attn.out_proj(last.self_attn.v_proj(last.layer_norm1(patches)))
    dense = tower.post_layernorm(mixed + last.mlp(last.layer_norm2(mixed)))
    unit = dense / dense.norm(dim=-1, keepdim=True)
    side = math.isqrt(unit.shape[1])
    cell = side // LOCAL_GRID
    cells = unit.reshape(len(unit), LOCAL_GRID, cell, LOCAL_GRID, cell, -1)
    return cells.mean(dim=(2, 4)).flatten(1, 2)


@dataclass
class Text:
    """Rows of a batch: context [B,77,D], pooled [B,P], time_ids [B,6]."""

    context: Tensor
    pooled: Tensor
    time_ids: Tensor


def predict(
    unet: UNet2DConditionModel, sample: Tensor, timestep: Tensor | float, text: Text, image: Conditions | None
) -> Tensor:
    """One call of the U-Net: sample [B,C,h,w] → [B,C,h,w]."""
    return unet(
        sample,
        timestep,
        encoder_hidden_states=text.context,
        added_cond_kwargs={"text_embeds": text.pooled, "time_ids": text.time_ids},
        cross_attention_kwargs={"conditions": image},
    ).sample


def denoise(
    unet: UNet2DConditionModel,
    scheduler: EulerDiscreteScheduler,
    noise: Tensor,
    steps: int,
    guidance: float,
    text: Text,
    image: Conditions | None,
) -> Tensor:
    """All samples [steps+1,C,h,w] from the scaled noise to the latents; text has 2 rows with guidance, else 1."""
    scheduler.set_timesteps(steps)
    x = noise * scheduler.init_noise_sigma
    samples = [x]
    rows = text.context.shape[0]
    for timestep in scheduler.timesteps:
        scaled = scheduler.scale_model_input(x, timestep)
        prediction = predict(unet, scaled.expand(rows, -1, -1, -1), timestep, text, image)
        if rows == 2:
            unconditional, conditional = prediction.chunk(2)
            prediction = unconditional + guidance * (conditional - unconditional)
        x = scheduler.step(prediction, timestep, x).prev_sample
        samples.append(x)
    return torch.cat(samples)
