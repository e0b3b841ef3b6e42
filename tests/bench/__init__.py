"""`make bench`: speed and cost of what the project does, each beside a reference measured in the same run."""
