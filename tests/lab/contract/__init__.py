"""What the product relies on in the images, asked of whichever images the lab serves."""
