"""Restores the firewall and the services of a host's stack between two runs of site.yml."""
