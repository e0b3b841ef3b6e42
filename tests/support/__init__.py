"""What tests share: runs of Ansible, hosts over SSH, waiting, and an installed copy of the collection."""
