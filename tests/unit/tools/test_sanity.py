"""Ansible's sanity tests as our program runs them: deliberate defects in a small collection are found."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests import sanity

MODULE = '''\
#!/usr/bin/python
# Copyright: nobody
# SPDX-License-Identifier: Apache-2.0
"""Module {name}."""

from __future__ import annotations

DOCUMENTATION = r"""
module: {name}
short_description: Do nothing
description:
  - Does nothing.
options:
  path:
    description: A path.
    type: path
    required: true
author: somebody (@somebody)
"""

EXAMPLES = r"""
- name: Do nothing
  testing.planted.{name}:
    path: /tmp
{more}
"""

RETURN = r"""
"""

from ansible.module_utils.basic import AnsibleModule


def main():
    """Run the module."""
    AnsibleModule({{"path": {{"type": "path", "required": True}}, {option}}})


if __name__ == "__main__":
    main()
'''
FILTER = """\
---
DOCUMENTATION:
  name: {name}
  short_description: Return it
  version_added: "1.0.0"
  author: somebody (@somebody)
  description: See M({module}).
  positional: _input
  options:
    _input:
      description: Anything.
      type: raw
      required: true
EXAMPLES: |
  - name: Return it
    ansible.builtin.debug:
      msg: "{{{{ 1 | testing.planted.{name} }}}}"
RETURN:
  _value:
    description: It.
    type: raw
"""
FILES = {
    "galaxy.yml": """\
        namespace: testing
        name: planted
        version: 1.0.0
        readme: README.md
        authors: [somebody]
        repository: https://example.com/planted
    """,
    "README.md": "Planted defects.\n",
    "meta/runtime.yml": """\
        ---
        requires_ansible: ">=2.19.0"
        plugin_routes: {}
    """,
    "plugins/modules/right.py": MODULE.format(name="right", more="", option=""),
    "plugins/modules/wrong.py": MODULE.format(name="wrong", more="    path: /", option='"hidden": {"type": "str"}'),
    "plugins/filter/right.yml": FILTER.format(name="right", module="testing.planted.right"),
    "plugins/filter/wrong.yml": FILTER.format(name="wrong", module="right"),
    "plugins/filter/both.py": """\
        class FilterModule:
            def filters(self):
                return {"right": str, "wrong": str}
    """,
    "plugins/filter/nowhere.yml": FILTER.format(name="nowhere", module="testing.planted.right"),
    "roles/run/templates/program.j2": "#!/usr/bin/python3 -I\n",
}
Planted = tuple[Path, Path]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """The installed copy of the small collection, and the directory that contains it."""
    source = tmp_path_factory.mktemp("source")
    for name, text in FILES.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text) if text.startswith(" ") else text, encoding="utf-8")
    work = tmp_path_factory.mktemp("work")
    return sanity.install(source, work), work


def test_a_tree_without_galaxy_yml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(sanity.SanityError, match=r"no galaxy\.yml"):
        sanity.install(tmp_path, tmp_path / "work")


def test_every_test_of_ansible_test_is_accounted_for(planted: Planted) -> None:
    listed = sanity.program(["ansible-test", "sanity", "--list-tests"], *planted).stdout.split()
    assert sorted(listed) == sorted([*sanity.TESTS, *sanity.DIRECT, *sanity.LEFT_OUT])


def test_ansible_test(planted: Planted) -> None:
    found = sanity.check_ansible_test(*planted, tests=["shebang", "no-assert"])
    assert "roles/run/templates/program.j2:1:1: unexpected non-module shebang" in " ".join(found)


def test_validate_modules(planted: Planted) -> None:
    found = sanity.check_modules(*planted)
    # Every file lacks the GPL header.
    assert not [line for line in found if "right.py" in line or "right.yml" in line]
    assert any("wrong.py" in line and "undocumented-parameter: Argument 'hidden'" in line for line in found)
    assert any("wrong.yml" in line and 'Module name "right" is not a FQCN' in line for line in found)


def test_only_the_missing_licence_header_is_ignored() -> None:
    errors = [{"code": code, "msg": "this", "line": 3} for code in ("missing-gplv3-license", "missing-examples")]
    assert sanity.messages({"plugins/modules/a.py": {"errors": errors}}) == [
        "plugins/modules/a.py:3: missing-examples: this"
    ]


def test_yamllint(planted: Planted) -> None:
    (line,) = sanity.check_yaml(*planted)
    assert line.startswith("plugins/modules/wrong.py:")
    assert 'duplication of key "path"' in line


def test_runtime_metadata(planted: Planted) -> None:
    (line,) = sanity.check_runtime(*planted)
    assert "meta/runtime.yml" in line
    assert "plugin_routes" in line


def test_ansible_doc(planted: Planted) -> None:
    found = sanity.check_documentation(*planted)
    assert "ansible-doc -t filter -l: testing.planted.nowhere is not documented" in found
    assert not [line for line in found if "right is not" in line]
