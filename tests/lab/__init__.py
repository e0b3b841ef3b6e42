"""The lab: real target hosts and the images they pull, on one machine. See README.md."""
