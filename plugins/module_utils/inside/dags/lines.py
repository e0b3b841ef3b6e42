"""Finds the lines of DAGs and tasks in a file."""

from __future__ import annotations

import ast


class Lines:
    """Lines of a file that set the ids of DAGs and tasks, as far as the ids are literals."""

    def __init__(self, path: str) -> None:
        self.dags: dict[str, list[int]] = {}
        self.tasks: dict[str, list[int]] = {}
        try:
            with open(path, "rb") as file:
                tree = ast.parse(file.read())
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                self._call(node)
            elif isinstance(node, ast.FunctionDef):
                # With the decorators @dag and @task the id defaults to the function's name.
                names = {name_of(decorator) for decorator in node.decorator_list}
                for root, kind in (("dag", self.dags), ("task", self.tasks)):
                    if any(name.split(".")[0] == root for name in names):
                        kind.setdefault(node.name, []).append(node.lineno)

    def _call(self, node: ast.Call) -> None:
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        if not name_of(node).lower().endswith("dag"):
            given.pop("dag_id", None)
        elif node.args:
            given.setdefault("dag_id", node.args[0])
        for argument, kind in (("dag_id", self.dags), ("task_id", self.tasks)):
            value = given.get(argument)
            # Before Python 3.8 the attribute is named s.
            text = getattr(value, "value", getattr(value, "s", None))
            if isinstance(text, str):
                kind.setdefault(text, []).append(node.lineno)

    def of_dag(self, dag_id: str) -> int | None:
        """Return the line of a DAG; each further DAG with that id gets the next line."""
        lines = self.dags.get(dag_id, [])
        return lines.pop(0) if len(lines) > 1 else next(iter(lines), None)

    def of_task(self, task_id: str, after: int | None) -> int | None:
        """Return the line of a task; if there are several, the first one from a given line on."""
        # Task groups prefix it with their own ids.
        lines = sorted(self.tasks.get(task_id.rsplit(".", maxsplit=1)[-1], []))
        return next((line for line in lines if line >= (after or 0)), next(iter(lines), None))


def name_of(node: ast.AST) -> str:
    """Return the dotted name of a called function or of a decorator."""
    if isinstance(node, ast.Call):
        return name_of(node.func)
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}"
    return getattr(node, "id", "")
