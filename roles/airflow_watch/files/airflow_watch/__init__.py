"""Keeps the stack of a host safe and running between two runs of site.yml: the firewall, and services that are down."""
