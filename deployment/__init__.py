"""Where Countersign is deployed to: Azure, one machine, or the stand-ins on loopback."""
