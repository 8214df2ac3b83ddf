"""RelationLoRAs for any SDXL + MS-Diffusion model in the official layouts; `training/relation_lora.py` runs it."""
