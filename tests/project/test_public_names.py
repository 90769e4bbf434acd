"""What programs import from the package itself: pinned, since a name that is published stays."""

import inspect
import re

import pytest

import kie_mcp
from kie_mcp import KieClient, KieError, errors


def test_these_names_are_published() -> None:
    assert kie_mcp.__all__ == [
        "BusyError",
        "CallbackError",
        "CredentialError",
        "CreditError",
        "DeadLinkError",
        "KieClient",
        "KieError",
        "Look",
        "LookError",
        "MissingKeyError",
        "NetworkSetupError",
        "NotCreatedError",
        "NotVisibleError",
        "NotYetError",
        "OrderError",
        "OutputError",
        "RefusedError",
        "Request",
        "TransientError",
        "UnavailableError",
        "UnconfirmedError",
        "UnreachableError",
        "Verdict",
        "__version__",
        "verify_callback",
    ]
    assert dir(kie_mcp) == kie_mcp.__all__


@pytest.mark.parametrize("name", kie_mcp.__all__)
def test_each_is_what_it_is_called(name: str) -> None:
    assert getattr(getattr(kie_mcp, name), "__name__", name) == name


def test_every_error_that_the_client_says_it_raises_can_be_imported_with_all_that_it_is_one_of() -> None:
    said = {
        name for _, member in inspect.getmembers(KieClient) for name in re.findall(r"\w+Error", member.__doc__ or "")
    }
    raised = {one for one in vars(errors).values() if isinstance(one, type) and one.__name__ in said}
    assert len(raised) > 5
    trees = {kind.__name__ for one in raised for kind in one.__mro__ if issubclass(kind, KieError)}
    assert trees <= {*kie_mcp.__all__}


def test_another_name_is_missed_as_from_any_module() -> None:
    with pytest.raises(AttributeError, match="module 'kie_mcp' has no attribute 'Desk'"):
        _ = kie_mcp.Desk  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
