# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Shared documentation of the modules that manage Airflow's objects."""

from __future__ import annotations


class ModuleDocFragment:
    """What module_utils/objects/manage.py does for every kind."""

    DOCUMENTATION = r"""
notes:
  - Starts Airflow once if nothing has to change and twice otherwise, regardless of the number of objects.
  - Uses Airflow's own command line interface, in a running container on the host. What the interface cannot do, such as
    replacing an object in Airflow 2.5, is done with Airflow's models in the same process.
  - Reads written objects back and compares them. Fails if anything differs, and names the objects and fields.
  - Passes secrets to Airflow by standard input. They do not appear in a process list, in the result or in the diff.
attributes:
  check_mode:
    support: full
    description: Predicts the changes of a normal run. If no Airflow runs yet, it predicts that everything is created.
  diff_mode:
    support: full
    description: >-
      Shows the objects before and after, by name. A secret is shown as (secret), or as (secret, changes) if it changes.
seealso:
  - module: ansible_airflow.airflow.airflow_info
  - module: ansible_airflow.airflow.airflow_objects
"""
