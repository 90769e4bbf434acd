"""Signed callbacks: the good one is taken once, and every other is refused with what is wrong with it."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from kie_mcp import CallbackError, verify_callback

KEY = "test-key"
TASK = "ed578231bfed231f0884c564579a965d"
SENT = 1_786_432_831
HEADERS = {
    "X-Webhook-Timestamp": str(SENT),
    "X-Webhook-Signature": "sUBVLOpJbS+GHCacliWuHI2PW851xSNPDmBHfzNpFug=",
}
BODY = {
    "code": 200,
    "msg": "Playground task completed successfully.",
    "data": {
        "taskId": TASK,
        "model": "gpt-image-2-text-to-image",
        "state": "success",
        "param": '{"input":"{\\"prompt\\":\\"poster\\"}","model":"gpt-image-2-text-to-image"}',
        "resultJson": '{"resultUrls":["https://tempfile.aiquickdraw.com/images/chatgpt/file_0.png"]}',
        "costTime": 83,
        "creditsConsumed": 3,
        "createTime": 1786432746000,
        "completeTime": 1786432830000,
        "updateTime": 1786432830000,
    },
}


def verify(
    *,
    key: str = KEY,
    headers: dict[str, str] | None = None,
    body: object = BODY,
    seen: dict[str, float] | None = None,
    now: float = SENT + 1.0,
) -> str:
    """Verify a callback that is the good one but for what is said."""
    text = body if isinstance(body, bytes | str) else json.dumps(body).encode()
    seen = {} if seen is None else seen
    return verify_callback(key, HEADERS if headers is None else headers, text, seen=seen, now=now)


def sign(task_id: str, timestamp: str, key: str = KEY) -> dict[str, str]:
    """Sign as Kie.ai does, written apart from the verifier."""
    digest = hmac.digest(key.encode(), f"{task_id}.{timestamp}".encode(), hashlib.sha256)
    return {"X-Webhook-Timestamp": timestamp, "X-Webhook-Signature": base64.b64encode(digest).decode()}


def refusal(**changes: Any) -> CallbackError:
    """The error for a callback that is the good one but for what is said."""
    with pytest.raises(CallbackError) as caught:
        verify(**changes)
    assert KEY not in f"{caught.value} {caught.value.remedy}"
    return caught.value


def test_a_good_callback_gives_its_task_id() -> None:
    assert verify() == TASK
    assert verify(body=json.dumps(BODY)) == TASK


@pytest.mark.parametrize("spell", [str.lower, str.upper, str.title], ids=["lower", "upper", "title"])
def test_the_names_of_headers_may_be_in_any_case(spell: Any) -> None:
    assert verify(headers={spell(name): value for name, value in HEADERS.items()}) == TASK


@pytest.mark.parametrize(
    ("body", "task_id"),
    [
        ({"data": {"taskId": "a", "task_id": "b"}, "taskId": "c", "task_id": "d"}, "a"),
        ({"data": {"task_id": "b"}, "taskId": "c", "task_id": "d"}, "b"),
        ({"data": {"taskId": None, "task_id": ""}, "taskId": "c", "task_id": "d"}, "c"),
        ({"data": None, "task_id": "d"}, "d"),
        ({"task_id": "d"}, "d"),
    ],
    ids=["data.taskId", "data.task_id", "taskId", "task_id", "no data"],
)
def test_the_task_id_is_taken_from_the_first_place_that_has_one(body: Any, task_id: str) -> None:
    assert verify(body=body, headers=sign(task_id, str(SENT))) == task_id


def test_a_body_of_another_task_is_forged() -> None:
    other = BODY | {"data": {"taskId": "another"}}
    assert refusal(body=other).argument == "X-Webhook-Signature"


def test_the_rest_of_the_body_is_not_proved_by_the_signature() -> None:
    """That is Kie.ai's scheme, and why the docstring says not to believe it."""
    assert verify(body=BODY | {"code": 501}) == TASK
    assert "not covered by the signature" in (verify_callback.__doc__ or "")


@pytest.mark.parametrize(
    "signature",
    ["", "x", "sUBVLOpJbS+GHCacliWuHI2PW851xSNPDmBHfzNpFuh=", "sUBVLOpJbS+GHCacliWuHI2PW851xSNPDmBHfzNpFug", "é\udcff"],
)
def test_a_forged_signature_is_refused(signature: str) -> None:
    assert refusal(headers=HEADERS | {"X-Webhook-Signature": signature}).argument == "X-Webhook-Signature"


def test_another_key_is_refused() -> None:
    assert refusal(key="test-keys").argument == "X-Webhook-Signature"


def test_an_empty_key_is_refused_although_the_signature_fits_it() -> None:
    assert refusal(key="", headers=sign(TASK, str(SENT), key="")).argument == "key"


def test_a_timestamp_that_was_changed_is_forged() -> None:
    assert refusal(headers=HEADERS | {"X-Webhook-Timestamp": str(SENT + 60)}).argument == "X-Webhook-Signature"


@pytest.mark.parametrize(
    "timestamp", ["", "soon", "1786432831.5", "-1786432831", "+1786432831", "١٧٨٦٤٣٢٨٣١", "1" * 13]
)
def test_a_timestamp_that_is_none_is_refused_although_it_is_signed(timestamp: str) -> None:
    assert refusal(headers=sign(TASK, timestamp)).argument == "X-Webhook-Timestamp"


@pytest.mark.parametrize("age", [301.0, 86_400.0, -301.0, float("nan")])
def test_one_that_is_stale_or_from_the_future_is_refused(age: float) -> None:
    assert refusal(now=SENT + age).argument == "X-Webhook-Timestamp"


@pytest.mark.parametrize("age", [300.0, 0.0, -300.0])
def test_within_the_window_clocks_may_differ(age: float) -> None:
    assert verify(now=SENT + age) == TASK


def test_the_computers_own_clock_is_asked_if_no_time_is_given() -> None:
    with pytest.raises(CallbackError, match="s old"):
        verify_callback(KEY, HEADERS, json.dumps(BODY), seen={}, now=None)


def test_a_replay_is_refused_as_long_as_it_is_young() -> None:
    seen: dict[str, float] = {}
    assert verify(seen=seen) == TASK
    assert refusal(seen=seen).argument == "X-Webhook-Signature"
    assert refusal(seen=seen, now=SENT + 300.0).problem == "was used by a callback that was accepted before."
    assert refusal(seen=seen, now=SENT + 301.0).argument == "X-Webhook-Timestamp"


def test_a_replay_that_spells_its_signature_in_another_way_is_refused_as_well() -> None:
    seen: dict[str, float] = {}
    verify(seen=seen)
    assert refusal(seen=seen, headers=HEADERS | {"X-Webhook-Signature": f" {HEADERS['X-Webhook-Signature']} "})


def test_kie_may_send_another_callback_for_the_same_task() -> None:
    seen: dict[str, float] = {}
    assert verify(seen=seen) == verify(seen=seen, headers=sign(TASK, str(SENT + 1)))


def test_what_is_refused_is_not_remembered() -> None:
    seen: dict[str, float] = {}
    refusal(seen=seen, key="another")
    refusal(seen=seen, now=SENT + 400.0)
    assert seen == {}
    assert verify(seen=seen) == TASK


def test_the_memory_forgets_what_is_too_old_to_be_accepted() -> None:
    seen: dict[str, float] = {}
    verify(seen=seen)
    later = str(SENT + 301)
    verify(seen=seen, headers=sign(TASK, later), now=SENT + 301.0)
    assert list(seen.values()) == [SENT + 301.0]


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_is_missing_is_named(name: str) -> None:
    error = refusal(headers={other: value for other, value in HEADERS.items() if other != name})
    assert (error.argument, error.problem) == (name, "is missing.")


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"taskId=1", b"[" * 100_000, "{"], ids=["no", "byte", "form", "deep", "cut"]
)
def test_a_body_that_is_no_json_is_refused(body: bytes | str) -> None:
    assert refusal(body=body).problem == "is not JSON."


@pytest.mark.parametrize("body", [b"[]", b"null", b'"task"', {"data": []}, {"data": {"taskId": 7}}, {"data": {}}])
def test_a_body_that_names_no_task_is_refused(body: object) -> None:
    assert refusal(body=body).argument == "body"
