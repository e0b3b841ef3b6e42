"""Real target hosts, and the images that they pull, on one machine. See README.md."""
