"""Keypoint matching loss (paper eq. 5–7) and the clean-latent estimate it reads."""

from __future__ import annotations

import torch
from torch import Tensor

KEYPOINTS = 17


def predict_clean_from_noise(noisy: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
    """Eq. 5: ẑ0 from the predicted noise; alpha_bar broadcasts against [B,C,h,w]."""
    return (noisy - (1 - alpha_bar).sqrt() * noise) / alpha_bar.sqrt()


def predict_clean_from_velocity(noisy: Tensor, velocity: Tensor, alpha_bar: Tensor) -> Tensor:
    """Eq. 5 for a v-predicting network: ẑ0 = √ᾱ·z_t − √(1−ᾱ)·v, defined at ᾱ = 0 too."""
    return alpha_bar.sqrt() * noisy - (1 - alpha_bar).sqrt() * velocity


def predict_clean(prediction: str, noisy: Tensor, output: Tensor, alpha_bar: Tensor) -> Tensor:
    """Eq. 5 for a network that predicts "epsilon" or "v_prediction"."""
    estimate = predict_clean_from_velocity if prediction == "v_prediction" else predict_clean_from_noise
    return estimate(noisy, output, alpha_bar)


def add_noise(prediction: str, clean: Tensor, noise: Tensor, alpha_bar: Tensor) -> tuple[Tensor, Tensor]:
    """Noisy latents, and what the network must say of them: ε, or the velocity √ᾱ·ε − √(1−ᾱ)·z0."""
    a, b = alpha_bar.sqrt(), (1 - alpha_bar).sqrt()
    return a * clean + b * noise, a * noise - b * clean if prediction == "v_prediction" else noise


def at_keypoints(latents: Tensor, keypoints: Tensor) -> Tensor:
    """Latents [M,C,h,w] at keypoints [M,K,2] (x,y in 0..1) → [M,K,C]; the cell is the truncated coordinate."""
    height, width = latents.shape[-2:]
    x = (keypoints[..., 0] * width).long().clamp(0, width - 1)
    y = (keypoints[..., 1] * height).long().clamp(0, height - 1)
    flat = latents.flatten(2).transpose(1, 2)
    return flat.gather(1, (y * width + x)[..., None].expand(-1, -1, flat.shape[-1]))


def keypoint_matching_loss(
    clean: Tensor, keypoints: Tensor, photo_latents: Tensor, photo_keypoints: Tensor, visible: Tensor
) -> Tensor:
    """Eq. 6 per sample: mean over visible keypoints of ‖E(c_i)[kp] − ẑ0[kp]‖².

    clean [B,C,h,w]; keypoints [B,N,17,2]; photo_latents [B,N,C,p,q]; photo_keypoints [B,N,17,2]; visible [B,N,17]
    (0/1). Returns [B]; a sample without a visible keypoint gives 0.
    """
    objects = keypoints.shape[1]
    target = at_keypoints(photo_latents.flatten(0, 1), photo_keypoints.flatten(0, 1))
    repeated = clean[:, None].expand(-1, objects, -1, -1, -1).flatten(0, 1)
    found = at_keypoints(repeated, keypoints.flatten(0, 1))
    squared = (target.to(found.dtype) - found).square().sum(dim=-1).unflatten(0, (-1, objects))
    weight = visible.to(squared.dtype)
    return (squared * weight).sum(dim=(1, 2)) / weight.sum(dim=(1, 2)).clamp(min=1)
