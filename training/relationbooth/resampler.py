"""Grounding Resampler: photo tokens, class phrase and box → object tokens (MS-Diffusion's image projection).

Parameter names equal MS-Diffusion's `image_proj` group, so its published checkpoint loads when the sizes match.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .attention import attend


def fourier_features(boxes: Tensor, freqs: int = 8, temperature: float = 100.0) -> Tensor:
    """Boxes [..., 4] (x0,y0,x1,y1 in 0..1) → [..., 8·freqs]: frequency outermost, then sin/cos, then coordinate."""
    bands = temperature ** (torch.arange(freqs, dtype=torch.float32, device=boxes.device) / freqs)
    angles = boxes.float().unsqueeze(-2) * bands[:, None]
    return torch.stack((angles.sin(), angles.cos()), dim=-2).flatten(-3)


class PerceiverAttention(nn.Module):
    """Latents attend to photo tokens and to themselves; keys order is photo tokens, then latents."""

    def __init__(self, dim: int, dim_head: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(dim)
        self.norm2 = nn.LayerNorm(dim)
        self.to_q = nn.Linear(dim, dim_head * heads, bias=False)
        self.to_kv = nn.Linear(dim, 2 * dim_head * heads, bias=False)
        self.to_out = nn.Linear(dim_head * heads, dim, bias=False)

    def forward(self, tokens: Tensor, latents: Tensor) -> Tensor:
        tokens, latents = self.norm1(tokens), self.norm2(latents)
        key, value = self.to_kv(torch.cat((tokens, latents), dim=1)).chunk(2, dim=-1)
        query, key, value = (x.unflatten(-1, (self.heads, -1)).transpose(1, 2) for x in (self.to_q(latents), key, value))
        out = attend(query, key, value)
        return self.to_out(out.transpose(1, 2).flatten(2))


def feed_forward(dim: int, mult: int) -> nn.Sequential:
    return nn.Sequential(
        nn.LayerNorm(dim), nn.Linear(dim, dim * mult, bias=False), nn.GELU(), nn.Linear(dim * mult, dim, bias=False)
    )


class Resampler(nn.Module):
    """tokens [B,L,embedding_dim], phrases [B,phrase_embeddings_dim], boxes [B,4] → [B,num_queries,output_dim].

    The query is built from the class phrase and the box (paper eq. 9's q); the published code has no gate.
    """

    def __init__(
        self,
        dim: int,
        depth: int,
        dim_head: int,
        heads: int,
        num_queries: int,
        embedding_dim: int,
        output_dim: int,
        ff_mult: int,
        phrase_embeddings_dim: int,
        fourier_freqs: int = 8,
        fourier_temperature: float = 100.0,
    ) -> None:
        super().__init__()
        self.num_queries, self.freqs, self.temperature = num_queries, fourier_freqs, fourier_temperature
        self.grounding_latents = nn.Parameter(torch.randn(1, num_queries, dim) / dim**0.5)
        self.latent_proj = nn.Sequential(
            nn.Linear(phrase_embeddings_dim + 8 * fourier_freqs, embedding_dim),
            nn.GELU(),
            nn.Linear(embedding_dim, num_queries * dim),
        )
        self.latent_norm = nn.LayerNorm(dim)
        self.proj_in = nn.Linear(embedding_dim, dim)
        self.attention_norm = nn.LayerNorm(dim)
        self.proj_out = nn.Linear(dim, output_dim)
        self.norm_out = nn.LayerNorm(output_dim)
        self.layers = nn.ModuleList(
            nn.ModuleList((PerceiverAttention(dim, dim_head, heads), feed_forward(dim, ff_mult))) for _ in range(depth)
        )

    def forward(self, tokens: Tensor, phrases: Tensor, boxes: Tensor, drop_grounding: Tensor | None = None) -> Tensor:
        """`drop_grounding` [B] bool: use the learned latents instead of phrase and box."""
        grounding = torch.cat((phrases.float(), fourier_features(boxes, self.freqs, self.temperature)), dim=-1)
        latents = self.latent_norm(self.latent_proj(grounding).unflatten(-1, (self.num_queries, -1)))
        if drop_grounding is not None:
            latents = torch.where(drop_grounding[:, None, None], self.grounding_latents.to(latents.dtype), latents)
        tokens = self.proj_in(tokens)
        for attention, feed in self.layers:
            latents = latents + attention(tokens, latents)
            latents = latents + feed(latents)
        return self.norm_out(self.proj_out(self.attention_norm(latents)))
