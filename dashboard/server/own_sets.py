"""The sets that this visitor keeps: only these can be chosen, beside those in the server's data folders."""

from core.digits.datasets import Dataset
from core.jobs import own_sets
from dashboard.server.visitors import ensure_visitor_id, get_origin, get_visitor_id


def list_titles() -> dict[str, str]:
    """Return the titles of this visitor's sets by name (`own:...`), the newest first."""
    visitor = get_visitor_id()
    return {} if visitor is None else own_sets.list_sets(visitor)


def may_use(name: str) -> bool:
    """Say whether the set `own:...` is this visitor's, or everybody's."""
    return own_sets.may_use(name, get_visitor_id())


def keep(dataset: Dataset, title: str) -> str:
    """Keep a set for this visitor; return its name. Raises OwnSetError, JobError and OSError."""
    return own_sets.name_of(own_sets.keep_set(dataset, title, ensure_visitor_id(), get_origin()))


def delete(name: str) -> None:
    """Delete a set of this visitor. Raises OwnSetError and JobError."""
    own_sets.delete_set(name, ensure_visitor_id())
