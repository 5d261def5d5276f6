"""What an Acumatica administrator sets up: `README.md` by hand, `inquiries/` to import."""
