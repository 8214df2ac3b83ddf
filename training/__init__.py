"""Training side of RelationBooth: the small embedded model ("Toybox") and its RelationLoRAs."""
