"""`make bench`: speed and cost of the project's operations, each compared with a reference measured in the same run."""
