"""Tests, and the lab that makes the hosts they run against."""
