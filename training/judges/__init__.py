"""Independent judges of generated pictures: trained on renderings only, never used to train the generator."""
