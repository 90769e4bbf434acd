"""The files of a job are found in whatever clothes a record names them, and what is no file of it is left alone."""

import json
from typing import Any

import pytest

from kie_mcp.jobs.job import Look, Verdict
from kie_mcp.kie import responses

A, B = "https://files.example/x/a.png", "https://files.example/x/b.png"
SONG, OTHER_SONG = "https://files.example/1.mp3", "https://files.example/2.mp3"
FILM = "https://files.example/v.mp4"


def look(**data: Any) -> Look:
    body = {"code": 200, "msg": "success", "data": {"taskId": "t", "state": "success", **data}}
    return responses.read_look(200, {}, json.dumps(body).encode(), now=1_800_000_000.0)


def twice(value: object) -> str:
    return json.dumps(json.dumps(value))


CLOTHES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "encoded twice": ({"resultJson": twice({"resultUrls": [A, B]})}, (A, B)),
    "the list as a text": ({"resultJson": json.dumps({"resultUrls": json.dumps([A, B])})}, (A, B)),
    "the list as a text, not in resultJson": ({"resultUrls": json.dumps([A])}, (A,)),
    "a bare list": ({"resultJson": json.dumps([A, B])}, (A, B)),
    "a list that is no text": ({"resultJson": [A, {"url": B}]}, (A, B)),
    "a bare URL": ({"resultJson": A}, (A,)),
    "a bare URL in quotation marks": ({"resultJson": json.dumps(A)}, (A,)),
    "words behind a URL": ({"resultJson": f"{A} ok"}, (A,)),
    "a sentence": ({"resultJson": f"Here it is: {A}."}, (A,)),
    "objects": ({"resultJson": json.dumps({"images": [{"url": A}, {"url": B}]})}, (A, B)),
    "objects with more than the file": ({"resultJson": json.dumps({"resultUrls": [{"url": A, "thumb_url": B}]})}, (A,)),
    "films": ({"resultJson": json.dumps({"videos": [{"url": FILM}], "firstFrameUrl": A})}, (FILM,)),
    "another spelling": ({"resultJson": json.dumps({"result_urls": [A, B]})}, (A, B)),
    "one picture": ({"response": {"resultImageUrl": A, "originImageUrl": B}}, (A,)),
    "info": ({"resultJson": "", "info": {"resultUrls": [A]}}, (A,)),
    "a film's cover": ({"videoInfo": {"videoUrl": FILM, "imageUrl": A}}, (FILM,)),
    "words behind the JSON": ({"resultJson": json.dumps({"resultUrls": [A]}) + " ok"}, (A,)),
    "words before the JSON": ({"resultJson": "done: " + json.dumps({"resultUrls": [A]})}, (A,)),
    "broken JSON": ({"resultJson": json.dumps({"resultUrls": [A, B]})[:-2]}, (A, B)),
    "broken JSON with escaped slashes": ({"resultJson": '{"resultUrls":["' + A.replace("/", "\\/")}, (A,)),
    "a blank in the path": ({"resultJson": '["https://e.com/a b.png"]'}, ("https://e.com/a%20b.png",)),
    "a comma between": ({"resultJson": json.dumps({"resultUrls": f"{A},{B}"})}, (A, B)),
    "a comma and a blank between": ({"resultJson": json.dumps({"resultUrls": [f"{A}, {B}"]})}, (A, B)),
    "a line each": ({"resultJson": f"{A}\n{B}\n"}, (A, B)),
    "a semicolon between": ({"response": {"resultUrls": f"{A};{B}"}}, (A, B)),
    "a comma inside": ({"resultUrls": ["https://e.com/a,b.png?x=1,2"]}, ("https://e.com/a,b.png?x=1,2",)),
    "music": (
        {"response": {"data": [{"audio_url": SONG, "image_url": A}, {"audio_url": OTHER_SONG, "image_url": B}]}},
        (SONG, OTHER_SONG),
    ),
    "the older dialect": ({"state": None, "status": "completed", "output": {"video_url": FILM}}, (FILM,)),
    "the older dialect, a text": ({"state": None, "status": "completed", "output": json.dumps([A, B])}, (A, B)),
    "each once, in order": ({"resultJson": {"resultUrls": [B, A, B]}, "response": {"resultUrls": [A]}}, (B, A)),
    "a place that nobody knows": ({"response": {"generated": {"deep": [[{"href": A}]]}}}, (A,)),
    "data that names files": ({"resultJson": json.dumps({"resultObject": {"status": 1, "mask_urls": [A]}})}, (A,)),
    "escaped for HTML": ({"resultUrls": ["https://e.com/a.png?x=1&amp;y=2"]}, ("https://e.com/a.png?x=1&y=2",)),
    "without a scheme": ({"resultJson": json.dumps({"resultUrls": [A.removeprefix("https:")]})}, (A,)),
    "percent-encoded": ({"resultUrls": ["https%3A%2F%2Ffiles.example%2Fx%2Fa.png"]}, (A,)),
    "JSON, a line each": ({"resultJson": json.dumps({"url": A}) + "\n" + json.dumps({"url": B})}, (A, B)),
    "JSON in a row": ({"resultJson": json.dumps([A]) + json.dumps([B])}, (A, B)),
    "the result of a task": ({"taskResult": {"images": [{"src": A}, {"src": B}]}}, (A, B)),
    "the record's own pictures": ({"images": [{"url": A}]}, (A,)),
    "the record's own film": ({"video": {"url": FILM}, "poster": A}, (FILM,)),
    "the record's own list": ({"param": "{}", "video_urls": [FILM]}, (FILM,)),
    "a record in the record": ({"data": {"resultUrls": [A]}}, (A,)),
    "plain http": ({"response": {"made": A.replace("https", "http")}}, (A.replace("https", "http"),)),
    "a host of Kie.ai's": ({"info": {"at": "https://file.aiquickdraw.com/x/1"}}, ("https://file.aiquickdraw.com/x/1",)),
}  # fmt: skip


@pytest.mark.parametrize("clothes", CLOTHES)
def test_the_files_are_found(clothes: str):
    data, links = CLOTHES[clothes]
    seen = look(**data)
    assert (seen.verdict, seen.urls, seen.trouble) == (Verdict.SUCCEEDED, links, None)


ECHO = json.dumps({"model": "m", "input": json.dumps({"image_url": A}), "callBackUrl": B})
NOT_FILES: dict[str, dict[str, Any]] = {
    "what was handed in": {"param": ECHO},
    "what was handed in, said again": {"param": ECHO, "response": {"image_url": A}, "image_url": A},
    "the address to call": {"response": {"callBackUrl": B, "webhook": {"url": A}}},
    "the picture of music that is not there yet": {
        "response": {"data": [{"audio_url": "", "stream_audio_url": SONG, "image_url": A}]}
    },
    "what was handed in, under other names": {"param": ECHO, "picture": A, "inputImage": B, "request": {"url": B}},
    "a page": {"response": {"see": "https://docs.example/errors.html"}},
    "no web link": {"resultJson": json.dumps({"resultUrls": ["file:///etc/passwd", "javascript:alert(1)", "//x", 7]})},
}


def test_a_record_is_read_in_whatever_it_comes():
    record = {"state": "success", "resultJson": json.dumps([A])}
    for data in (json.dumps(record), [record], json.dumps([record]), twice(record)):
        body = json.dumps({"code": 200, "data": data})
        assert responses.read_look(200, {}, body.encode(), now=0.0).urls == (A,)


def test_a_link_of_the_record_itself_makes_no_job_end():
    seen = look(state=None, picture={"url": A})
    assert (seen.verdict, seen.urls) == (Verdict.IN_FLIGHT, ())


@pytest.mark.parametrize("case", NOT_FILES)
def test_what_is_no_file_of_the_job_is_left_alone(case: str):
    seen = look(**NOT_FILES[case])
    assert seen.urls == ()
    assert seen.trouble is not None
    assert seen.trouble.category == "no_output"


def test_known_places_come_before_all_others():
    seen = look(resultJson=json.dumps({"preferred": A, "resultUrls": [B]}), response={"url": A})
    assert seen.urls == (B,)


def test_what_was_said_in_place_of_files_is_quoted():
    seen = look(resultJson=json.dumps({"note": "come\x1b[31m back\u202e later"}))
    assert seen.trouble is not None
    assert seen.trouble.upstream_message == '{"note": "come\\u001b[31m back\\u202e later"}'
    assert "get_job_status" in seen.trouble.remedy
    assert "https://kie.ai/logs" in seen.trouble.remedy


def test_what_was_said_and_is_too_long_to_be_quoted_is_kept():
    words = "la " * 500
    seen = look(resultJson=json.dumps({"lyrics": words}))
    assert seen.data == {"said": {"lyrics": words}}
    assert seen.trouble is not None
    assert len(seen.trouble.upstream_message or "") == 300


@pytest.mark.parametrize("answer", [[1, 2], "words", {"a": 1}])
def test_an_answer_that_is_no_file_is_data_whatever_it_is(answer: object):
    seen = look(resultJson=json.dumps({"resultObject": answer}))
    assert seen.data == (answer if isinstance(answer, dict) else {"resultObject": answer})
    assert seen.trouble is None


@pytest.mark.parametrize("nasty", ['"\\ud800x"', "NaN", "1e999", "[" * 300 + "]" * 300, "9" * 400])
def test_data_that_cannot_be_written_down_is_kept_in_a_way_that_can(nasty: str):
    seen = look(resultJson=f'{{"resultObject": {{"a": {nasty}}}}}')
    assert seen.data
    assert json.loads(json.dumps(seen.data, allow_nan=False).encode()) == seen.data


@pytest.mark.parametrize(
    ("result", "urls", "extras"),
    [
        ({"resultJson": json.dumps({"resultUrls": [FILM], "firstFrameUrl": A, "lastFrameUrl": B})},
         (FILM,), {A: "first_frame", B: "last_frame"}),
        ({"response": {"data": [
            {"audio_url": SONG, "stream_audio_url": "https://files.example/stream", "image_url": A, "title": "One"},
            {"audio_url": OTHER_SONG, "image_url": B},
        ]}}, (SONG, OTHER_SONG), {A: "cover", B: "cover"}),
        ({"resultJson": json.dumps({"resultUrls": [A], "image_url": B})}, (A,), {}),
        ({"resultJson": json.dumps({"resultUrls": [FILM], "lastFrameUrl": FILM, "firstFrameUrl": None})}, (FILM,), {}),
    ],
)  # fmt: skip
def test_what_comes_with_the_files_is_told_apart(result: dict[str, Any], urls: tuple[str, ...], extras: dict[str, str]):
    seen = look(**result)

    assert (seen.urls, seen.extras) == (urls, extras)


def test_nesting_without_end_is_no_end_of_the_reader():
    assert look(response={"x": [[]]}, resultJson="[" * 100_000).urls == ()
    deep: object = A
    for _ in range(200):
        deep = {"url": deep}
    assert look(response=deep).urls == ()
