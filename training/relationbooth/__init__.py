"""The method itself in plain PyTorch: grounding Resampler, masked parallel cross-attention, keypoint matching loss."""
