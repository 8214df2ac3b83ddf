"""Sizes and recipe of Toybox v1. Everything that another stage must agree on stands here once."""

from __future__ import annotations

from dataclasses import dataclass, field

PICTURE = 256
PHOTO = 128
LATENT = 32
MAX_OBJECTS = 2
VOCABULARY = 2048
MAX_TOKENS = 77

SCHEDULER = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "num_train_timesteps": 1000,
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "timestep_spacing": "trailing",
}

# Guided predictions are pulled back to the conditional one's contrast (Lin et al. 2023, section 3.4).
GUIDANCE, GUIDANCE_RESCALE = 3.0, 0.5

VAE = {
    "in_channels": 3,
    "out_channels": 3,
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "block_out_channels": (32, 64, 128, 128),
    "layers_per_block": 1,
    "latent_channels": 8,
    "norm_num_groups": 16,
    "sample_size": PICTURE,
    "force_upcast": False,
}

TEXT = {
    "vocab_size": VOCABULARY,
    "hidden_size": 128,
    "num_hidden_layers": 4,
    "num_attention_heads": 2,
    "intermediate_size": 512,
    "projection_dim": 128,
    "hidden_act": "quick_gelu",
    "max_position_embeddings": MAX_TOKENS,
    "bos_token_id": VOCABULARY - 2,
    "eos_token_id": 2,  # legacy CLIP rule: pool at the largest id, which is <|endoftext|>
    "pad_token_id": VOCABULARY - 1,
}

TEXT_2 = {
    "vocab_size": VOCABULARY,
    "hidden_size": 192,
    "num_hidden_layers": 5,
    "num_attention_heads": 3,
    "intermediate_size": 768,
    "projection_dim": 192,
    "hidden_act": "gelu",
    "max_position_embeddings": MAX_TOKENS,
    "bos_token_id": VOCABULARY - 2,
    "eos_token_id": 2,
    "pad_token_id": 0,
}

VISION = {
    "hidden_size": 192,
    "num_hidden_layers": 6,
    "num_attention_heads": 3,
    "intermediate_size": 768,
    "projection_dim": 192,
    "image_size": PHOTO,
    "patch_size": 16,
    "hidden_act": "gelu",
}

UNET = {
    "sample_size": LATENT,
    "in_channels": 8,
    "out_channels": 8,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "block_out_channels": (64, 128, 256),
    "layers_per_block": 1,
    "transformer_layers_per_block": (1, 1, 2),
    "attention_head_dim": (1, 2, 4),
    "cross_attention_dim": 320,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 32,
    "projection_class_embeddings_input_dim": 192 + 6 * 32,
    "norm_num_groups": 32,
}

RESAMPLER = {
    "dim": 256,
    "depth": 4,
    "dim_head": 64,
    "heads": 4,
    "num_queries": 16,
    "embedding_dim": VISION["hidden_size"],
    "output_dim": UNET["cross_attention_dim"],
    "ff_mult": 4,
    "phrase_embeddings_dim": TEXT["hidden_size"],
    "fourier_freqs": 8,
    "fourier_temperature": 100.0,
}

# CLIP's normalisation of pixels in 0..1.
PIXEL_MEAN = (0.48145466, 0.4578275, 0.40821073)
PIXEL_STD = (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True)
class Stage:
    """Wall-clock recipe of one stage; the learning rate follows the share of `minutes` already used."""

    minutes: float
    batch: int
    peak_lr: float
    warmup_steps: int = 100
    flat_until: float = 0.5
    floor: float = 0.02
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.01
    clip: float = 1.0
    ema: float = 0.998
    checkpoint_seconds: float = 180.0
    seed: int = 20
    compile: bool = False
    loss_scale: float = 1.0  # float16 gradients below 6e-8 would be lost


@dataclass(frozen=True)
class Plan:
    """The whole chain. Loss weights not named by a stage are in its own file, next to their formula."""

    vae: Stage = field(default=Stage(minutes=30, batch=16, peak_lr=1.2e-3, flat_until=0.4, ema=0.996))
    clip: Stage = field(default=Stage(minutes=8, batch=96, peak_lr=1e-3, flat_until=0.3))
    clipself: Stage = field(default=Stage(minutes=2, batch=32, peak_lr=2e-4, flat_until=0.3))
    tokens: Stage = field(default=Stage(minutes=5, batch=24, peak_lr=1e-3, flat_until=0.4))
    base: Stage = field(default=Stage(minutes=100, batch=32, peak_lr=7e-4, warmup_steps=150, flat_until=0.75, ema=0.997))
    decoder: Stage = field(default=Stage(minutes=6, batch=16, peak_lr=6e-4, warmup_steps=30, flat_until=0.3, ema=0.99))
    lora: Stage = field(default=Stage(minutes=0.6, batch=8, peak_lr=2e-3, warmup_steps=10, flat_until=0.5, weight_decay=0.0))
    few_steps: Stage = field(default=Stage(minutes=8, batch=16, peak_lr=1e-3, warmup_steps=20, flat_until=0.4, ema=0.99, weight_decay=0.0))
