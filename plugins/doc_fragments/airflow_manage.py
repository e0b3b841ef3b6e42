# Copyright: ansible-airflow contributors
# SPDX-License-Identifier: Apache-2.0
"""Documentation that the modules share which manage one kind of Airflow's objects."""

from __future__ import annotations


class ModuleDocFragment:
    """What airflow_manage.manage() does for every kind."""

    DOCUMENTATION = r"""
notes:
  - Airflow is started once when there is nothing to do and twice when there is, whatever the number of objects.
  - Works through Airflow's own command line interface in a running container of the host. What that cannot do, such as
    replacing an object in Airflow 2.5, is done with Airflow's models in the same process.
  - What was written is read back and compared. The module fails if anything differs, naming objects and fields.
  - Secrets reach Airflow by standard input. They do not appear in a process list, in the result or in the diff.
attributes:
  check_mode:
    support: full
    description: Predicts what the real run does. Where no Airflow runs yet, it predicts that all is created.
  diff_mode:
    support: full
    description: >-
      Before and after by name. The value of a secret is shown as (secret), and as (secret, changes) where it changes.
seealso:
  - module: ansible_airflow.airflow.airflow_info
  - module: ansible_airflow.airflow.airflow_objects
"""
