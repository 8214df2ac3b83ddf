"""Toybox: stages that train the embedded SDXL-topology model from the data engine's pictures."""
