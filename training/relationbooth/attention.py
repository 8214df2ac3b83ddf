"""Masked parallel cross-attention (paper eq. 4; MS-Diffusion's layout guidance) for any UNet2DConditionModel.

Text and image branch share the query and the output projection. A position inside one or more boxes does one joint
softmax over the tokens of exactly the objects whose boxes cover it; a position outside every box gets no image
attention. MS-Diffusion's dummy tokens cannot change that result and are left out.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import Attention
from torch import Tensor, nn

# Finite, so that a row without any object stays a number; such rows are gated off.
MASKED = -10000.0


def object_masks(boxes: Tensor, sizes: list[tuple[int, int]]) -> dict[int, Tensor]:
    """Boxes [B,N,4] in 0..1 → {h·w: bool [B,N,h·w]} row-major; a zero-area box covers nothing.

    A cell belongs to a box when floor(x0·w) ≤ x < ceil(x1·w), likewise for y.
    """
    masks = {}
    for height, width in sizes:
        x = torch.arange(width, device=boxes.device)
        y = torch.arange(height, device=boxes.device)
        x0, y0, x1, y1 = (boxes[..., i, None] for i in range(4))
        columns = (x >= (x0 * width).floor()) & (x < (x1 * width).ceil())
        rows = (y >= (y0 * height).floor()) & (y < (y1 * height).ceil())
        masks[height * width] = (rows[..., :, None] & columns[..., None, :]).flatten(-2)
    return masks


def attend(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None = None) -> Tensor:
    """Multi-head attention on [B,H,L,D]; on a CPU written out: PyTorch's fused backward is several times slower there."""
    if query.device.type != "cpu":
        return F.scaled_dot_product_attention(query, key, value, None if bias is None else bias.to(query.dtype))
    scores = torch.matmul(query * query.shape[-1] ** -0.5, key.transpose(-1, -2))
    if bias is not None:
        scores = scores + bias.to(scores.dtype)
    return torch.matmul(scores.softmax(dim=-1).to(value.dtype), value)


def split_heads(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


class SelfAttention:
    """Plain attention processor for attn1; takes and ignores the image branch's arguments."""

    def __call__(
        self,
        attn: Attention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        image_tokens: Tensor | None = None,
        masks: dict[int, Tensor] | None = None,
        image_scale: float = 1.0,
    ) -> Tensor:
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        projected = (attn.to_q(hidden_states), attn.to_k(context), attn.to_v(context))
        query, key, value = (split_heads(p, attn.heads) for p in projected)
        return attn.to_out[0](attend(query, key, value).transpose(1, 2).flatten(2))


class MaskedCrossAttention(nn.Module):
    """Processor for one attn2 layer.

    image_tokens [B,N,T,C] or None; masks as `object_masks` gives them (the entry of this layer's query count is
    used). Without image tokens the layer is plain text cross-attention.
    """

    def __init__(self, hidden: int, context: int) -> None:
        super().__init__()
        self.to_k_ip = nn.Linear(context, hidden, bias=False)
        self.to_v_ip = nn.Linear(context, hidden, bias=False)

    # diffusers filters the arguments by this method's signature, so it cannot be `forward`.
    def __call__(
        self,
        attn: Attention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor,
        attention_mask: Tensor | None = None,
        image_tokens: Tensor | None = None,
        masks: dict[int, Tensor] | None = None,
        image_scale: float = 1.0,
    ) -> Tensor:
        query = split_heads(attn.to_q(hidden_states), attn.heads)
        key = split_heads(attn.to_k(encoder_hidden_states), attn.heads)
        value = split_heads(attn.to_v(encoder_hidden_states), attn.heads)
        out = attend(query, key, value)
        if image_tokens is not None:
            if masks is None:
                raise ValueError("expected object masks together with image tokens")
            covered = masks[hidden_states.shape[1]]
            flat = image_tokens.flatten(1, 2)
            image_key = split_heads(self.to_k_ip(flat), attn.heads)
            image_value = split_heads(self.to_v_ip(flat), attn.heads)
            bias = torch.where(covered, 0.0, MASKED).repeat_interleave(image_tokens.shape[2], dim=1)
            image = attend(query, image_key, image_value, bias.transpose(1, 2)[:, None])
            gate = covered.any(dim=1)[:, None, :, None].to(image.dtype)
            out = out + image_scale * gate * image
        return attn.to_out[0](out.transpose(1, 2).flatten(2))


def attach_masked_attention(unet: UNet2DConditionModel, state: dict[str, Tensor] | None = None) -> nn.ModuleDict:
    """Give every attn2 of `unet` a `MaskedCrossAttention` and every attn1 a plain processor.

    Returns the processors keyed by their position in `unet.attn_processors` (odd numbers), MS-Diffusion's numbering.
    `state` has keys `{i}.to_k_ip.weight` and `{i}.to_v_ip.weight`; without it the projections start as copies of the
    text branch's, as in MS-Diffusion's training.
    """
    processors: dict[str, object] = {}
    image_branch = nn.ModuleDict()
    for i, name in enumerate(unet.attn_processors):
        attn = unet.get_submodule(name.removesuffix(".processor"))
        if ".attn2." not in name:
            processors[name] = SelfAttention()
            continue
        processor = MaskedCrossAttention(attn.to_k.out_features, attn.to_k.in_features).to(attn.to_k.weight.device)
        processor.to_k_ip.load_state_dict(attn.to_k.state_dict())
        processor.to_v_ip.load_state_dict(attn.to_v.state_dict())
        processors[name] = processor
        image_branch[str(i)] = processor
    unet.set_attn_processor(processors)
    if state is not None:
        image_branch.load_state_dict(state)
    return image_branch


def image_branch_state(unet: UNet2DConditionModel) -> dict[str, Tensor]:
    """`{i}.to_k_ip.weight`, `{i}.to_v_ip.weight` in MS-Diffusion's numbering."""
    state: dict[str, Tensor] = {}
    for i, processor in enumerate(unet.attn_processors.values()):
        if isinstance(processor, MaskedCrossAttention):
            state |= {f"{i}.{k}": v.detach() for k, v in processor.state_dict().items()}
    return state
