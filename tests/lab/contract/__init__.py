"""Tests of the properties of images that the product relies on, run on the images that the lab serves."""
