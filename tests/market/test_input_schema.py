"""The schema of an input is found in a model's OpenAPI object, and an input is checked by it before it is paid for."""

# ruff: noqa: E501 (whole sentences)

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from kie_mcp.errors import OrderError
from kie_mcp.market.input_schema import InputSchema, find_input_schema, is_job
from kie_mcp.market.media_fields import find_media_fields
from tests.market.documents import openapi

JSON = dict[str, Any]
URL = {"type": "string", "format": "uri"}
TOPAZ = {
    "type": "object",
    "properties": {
        "image_url": URL,
        "upscale_factor": {"type": "string", "enum": ["1", "2", "4"], "default": "2"},
        "prompt": {"type": "string", "maxLength": 10},
        "steps": {"type": "integer", "minimum": 2, "maximum": 40},
        "ratio": {"type": "number", "exclusiveMinimum": 0},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2, "uniqueItems": True},
    },
    "required": ["image_url", "upscale_factor"],
}


def schema(given: Any, **components: Any) -> InputSchema:
    return find_input_schema(openapi(given, **components), model="topaz/image-upscale")


def refusal(checked: InputSchema, given: JSON) -> OrderError:
    with pytest.raises(OrderError) as caught:
        checked.check(given)
    return caught.value


def test_a_good_input_passes() -> None:
    schema(TOPAZ).check({"image_url": "https://h.example/a.png", "upscale_factor": "2", "tags": ["a", "b"]})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"image_url": None}, snapshot("input.image_url: null given; must be text.")),
        ({"upscale_factor": "8"}, snapshot('input.upscale_factor: \'8\' given; must be one of "1", "2", "4".')),
        (
            {"upscale_factor": 2},
            snapshot('input.upscale_factor: 2 given; must be text: give it in quotation marks, as "2".'),
        ),
        ({"prompt": "x" * 1200}, snapshot("input.prompt: 1,200 characters given; at most 10 allowed.")),
        ({"steps": 50}, snapshot("input.steps: 50 given; must be at most 40.")),
        ({"steps": 2.5}, snapshot("input.steps: 2.5 given; must be a whole number.")),
        ({"ratio": 0}, snapshot("input.ratio: 0 given; must be more than 0.")),
        ({"ratio": True}, snapshot("input.ratio: true given; must be a number.")),
        ({"tags": ["a", 1]}, snapshot('input.tags[1]: 1 given; must be text: give it in quotation marks, as "1".')),
        ({"tags": ["a", "b", "c"]}, snapshot("input.tags: 3 given; at most 2 allowed.")),
        ({"tags": ["a", "a"]}, snapshot("input.tags: an entry is given twice.")),
        (
            {"factor": 1},
            snapshot(
                "input.factor: there is no such field; there are image_url, upscale_factor, prompt, steps, ratio, tags."
            ),
        ),
        ({"promt": "a"}, snapshot("input.promt: there is no such field; did you mean prompt?")),
    ],
)
def test_a_fault_is_named_with_what_was_given_and_what_is_allowed(changes: JSON, said: str) -> None:
    given = {"image_url": "https://h.example/a.png", "upscale_factor": "2", **changes}
    assert str(refusal(schema(TOPAZ), given)) == said


def test_what_is_missing_is_named_with_all_that_is_required_and_where_the_schema_is() -> None:
    error = refusal(schema(TOPAZ), {"image": "https://h.example/a.png"})
    assert (error.argument, error.problem, error.remedy) == snapshot(
        (
            "input.image_url",
            'is required. input.upscale_factor: is required: one of "1", "2", "4". input.image: there is no such field; did you mean image_url?',
            "Correct it and call again; nothing was sent. Required: image_url, upscale_factor. The schema is at kie://models/topaz/image-upscale.",
        )
    )


def test_a_link_is_shown_without_its_secrets() -> None:
    error = refusal(schema({"properties": {"n": {"type": "integer"}}}), {"n": "https://h.example/a?sig=secret"})
    assert "secret" not in str(error)


def test_a_long_list_of_choices_is_shortened_and_the_closest_is_offered() -> None:
    voices = [f"voice{n}" for n in range(67)] + ["James"]
    error = refusal(schema({"properties": {"voice": {"enum": voices}}}), {"voice": "james"})
    assert str(error) == snapshot(
        'input.voice: \'james\' given; must be one of "voice0", "voice1", "voice2", "voice3", "voice4", "voice5", "voice6", "voice7", "voice8", "voice9", "voice10", "voice11" and 56 more. Did you mean "James"?'
    )


def test_references_are_followed_in_every_spelling_of_their_names() -> None:
    parts = {"Input ": {"properties": {"a": {"$ref": "#/components/schemas/My%20Text"}}}}
    parts |= {"My%20Text": {"type": "string"}, "My Number": {"type": "number"}}
    for name in ("Input ", "Input", "Input%20"):
        refusal(schema({"$ref": f"#/components/schemas/{name}"}, **parts), {"a": 1})
    for name in ("My Number", "My%20Number"):
        refusal(schema({"properties": {"a": {"$ref": f"#/components/schemas/{name}"}}}, **parts), {"a": "x"})


def test_what_stands_beside_a_reference_counts_too() -> None:
    parts = {"Text": {"type": "string", "maxLength": 5}}
    both = schema({"properties": {"a": {"$ref": "#/components/schemas/Text", "minLength": 3}}}, **parts)
    both.check({"a": "four"})
    refusal(both, {"a": "xx"})
    refusal(both, {"a": "xxxxxx"})


@pytest.mark.parametrize("reference", ["https://h.example/schema.json", "other.json#/a", "file:///etc/passwd", 7])
def test_nothing_is_fetched_for_a_schema(reference: object) -> None:
    with pytest.raises(OrderError, match="outside of it, and nothing is fetched for it"):
        schema({"properties": {"a": {"$ref": reference}}})


def test_a_reference_that_leads_nowhere_is_said() -> None:
    with pytest.raises(OrderError, match="which is not in it"):
        schema({"$ref": "#/components/schemas/Gone"})


ONE_OF = {
    "oneOf": [
        {"properties": {"mode": {"const": "text"}, "prompt": {"type": "string"}}, "required": ["mode", "prompt"]},
        {"properties": {"mode": {"const": "image"}, "image_url": URL, "seed": {}}, "required": ["mode", "image_url"]},
    ]
}


def test_one_form_of_several_has_to_fit() -> None:
    either = schema(ONE_OF)
    either.check({"mode": "text", "prompt": "a"})
    either.check({"mode": "image", "image_url": "https://h.example/a.png", "seed": 1})
    assert len(either.forms) == 2


def test_an_empty_input_is_refused_though_no_field_is_required() -> None:
    assert str(refusal(schema({"properties": {"a": {}, "b": {}}}), {})) == "input: is empty; there are a, b."


def test_forms_are_never_mixed() -> None:
    error = refusal(schema(ONE_OF), {"mode": "text", "prompt": "a", "seed": 1})
    assert str(error) == snapshot("input.seed: cannot be given with prompt.")


EITHER = {
    "oneOf": [
        {"properties": {"task_id": {"type": "string"}}, "required": ["task_id"]},
        {"properties": {"image_url": URL, "mask_url": URL}, "required": ["image_url", "mask_url"]},
    ]
}


def test_a_choice_between_forms_is_told_whole() -> None:
    error = refusal(schema(EITHER), {"prompt": "a"})
    assert (str(error), error.remedy) == snapshot(
        (
            "input.task_id: is required. input.prompt: there is no such field; there are task_id, image_url, mask_url.",
            "Correct it and call again; nothing was sent. Required: either task_id, or image_url and mask_url. The schema is at kie://models/topaz/image-upscale.",
        )
    )


def test_a_field_of_another_form_is_known_and_does_not_go_with_this_one() -> None:
    given = {"task_id": "a", "image_url": "https://h.example/a.png"}
    assert str(refusal(schema(EITHER), given)) == snapshot("input.image_url: cannot be given with task_id.")


def test_the_error_is_that_of_the_form_that_fits_best() -> None:
    assert str(refusal(schema(ONE_OF), {"mode": "image", "image": "x"})) == snapshot(
        "input.image_url: is required. input.image: there is no such field; did you mean image_url?"
    )
    assert str(refusal(schema(ONE_OF), {"mode": "text", "promt": "x"})) == snapshot(
        "input.prompt: is required. input.promt: there is no such field; did you mean prompt?"
    )


def test_an_input_that_fits_two_forms_is_good() -> None:
    shared = {"a": {"type": "string"}}
    forms: list[JSON] = [{"properties": {**shared, "x": {}}, "required": ["a"]}, {"properties": {**shared, "y": {}}}]
    either = schema({"oneOf": forms})
    either.check({"a": "1"})
    either.check({"y": "1"})
    refusal(either, {"a": "1", "x": 1, "y": 2})


def test_fields_beside_a_choice_belong_to_each_form() -> None:
    either = schema({"properties": {"a": {}, "b": {}, "c": {}}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]})
    either.check({"a": 1, "c": 1})
    refusal(either, {"c": 1})
    refusal(either, {"a": 1, "d": 1})


def test_pieces_that_belong_together_are_closed_together() -> None:
    parts: list[JSON] = [
        {"properties": {"a": {}}, "additionalProperties": False},
        {"properties": {"b": {"type": "string"}}},
    ]
    both = schema({"allOf": parts})
    both.check({"a": 1, "b": "x"})
    refusal(both, {"c": 1})


def test_a_value_may_be_of_several_types() -> None:
    several = schema(
        {
            "properties": {
                "a": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "b": {"type": "string", "nullable": True},
            }
        }
    )
    several.check({"a": None, "b": None})
    assert str(refusal(several, {"a": 1})) == snapshot(
        'input.a: 1 given; must be text: give it in quotation marks, as "1".'
    )


def test_a_map_takes_any_name_and_an_object_in_a_list_does_not() -> None:
    free = schema({"properties": {"map": {"type": "object", "additionalProperties": {"type": "number"}}}})
    free.check({"map": {"x": 1}})
    refusal(free, {"map": {"x": "1"}})
    turns = {"type": "array", "items": {"properties": {"text": {"type": "string"}}, "required": ["text"]}}
    error = refusal(schema({"properties": {"dialogue": turns}}), {"dialogue": [{"text": "a"}, {"txt": "b"}]})
    assert str(error) == snapshot(
        "input.dialogue[1].text: is required. input.dialogue[1].txt: there is no such field; did you mean text?"
    )


def test_a_body_with_several_inputs_gives_several_forms() -> None:
    document = openapi({})
    bodies: list[JSON] = [{"properties": {"input": {"properties": {name: {}}, "required": [name]}}} for name in "ab"]
    media = document["paths"]["/api/v1/jobs/createTask"]["post"]["requestBody"]["content"]["application/json"]
    media["schema"] = {"oneOf": bodies}
    found = find_input_schema(document)
    found.check({"a": 1})
    found.check({"b": 1})
    refusal(found, {"a": 1, "b": 1})


@pytest.mark.parametrize("document", [None, {}, [], {"paths": {}}, {"paths": "x"}, openapi(None), openapi("x")])
def test_a_document_without_an_input_is_an_error_that_says_so(document: Any) -> None:
    with pytest.raises(OrderError, match=r"model: Kie\.ai's schema of this model cannot be used"):
        find_input_schema(document)


def test_a_model_that_answers_at_once_is_no_job() -> None:
    chat = openapi(TOPAZ, "/claude/v1/messages")
    assert is_job(openapi(TOPAZ))
    assert not is_job(chat)
    with pytest.raises(OrderError, match="answers at once and makes no job"):
        find_input_schema(chat)


def test_malformed_keywords_are_left_to_kie() -> None:
    odd = {"minimum": "1", "enum": None, "required": True, "maxLength": -1, "pattern": "(", "type": "file", "items": 3}
    schema({"properties": {"a": odd}, "required": None, "x-order": []}).check({"a": [{}]})


def test_a_schema_that_leads_back_into_itself_ends() -> None:
    node = {"properties": {"next": {"$ref": "#/components/schemas/Node"}, "n": {"type": "integer"}}}
    circle = schema({"$ref": "#/components/schemas/Node"}, Node=node)
    circle.check({"n": 1, "next": {"anything": 1}})
    refusal(circle, {"n": "x"})


def test_a_small_schema_that_unfolds_into_a_huge_one_is_refused_at_once() -> None:
    parts: JSON = {"n0": {"type": "string"}}
    for n in range(1, 40):
        before = {"$ref": f"#/components/schemas/n{n - 1}"}
        parts[f"n{n}"] = {"properties": {"a": before, "b": before}}
    started = time.monotonic()
    with pytest.raises(OrderError, match="too large or too deeply nested"):
        schema({"$ref": "#/components/schemas/n39"}, **parts)
    assert time.monotonic() - started < 5


def test_endless_nesting_is_refused() -> None:
    deep: JSON = {"type": "string"}
    for _ in range(300):
        deep = {"properties": {"a": deep}}
    with pytest.raises(OrderError, match="too large or too deeply nested"):
        schema(deep)
    given: JSON = {}
    for _ in range(300):
        given = {"a": given}
    assert "too large or too deeply nested" in str(refusal(schema({}), given))


def test_too_many_forms_are_refused() -> None:
    choice = {"oneOf": [{"required": [name]} for name in "abcdefgh"]}
    many = schema({"properties": {}, "allOf": [choice] * 8})
    with pytest.raises(OrderError, match="more than 60 forms"):
        many.check({})


def _nest(inner: JSON, place: str) -> JSON:
    forms = [{"properties": {f"f{n}": {"type": "string"}}, "required": [f"f{n}"]} for n in range(10)]
    return {place: {"x": inner} if place == "properties" else inner, "oneOf": forms}


@pytest.mark.parametrize("place", ["properties", "if"])
def test_forms_inside_forms_are_not_multiplied(place: str) -> None:
    inner: JSON = {"properties": {"image_url": {"type": "string"}}}
    for _ in range(9):
        inner = _nest(inner, place)
    nested = schema(inner)
    started = time.monotonic()
    found = find_media_fields(nested)
    refusal(nested, {"y": 1})
    assert time.monotonic() - started < 4
    assert [field.path for field in found] == ["x." * 9 * (place == "properties") + "image_url"]


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "a?" * 30 + "a" * 30, "(.*)*x", ".*.*.*.*=", "(?:(?:a+)+)+$"])
def test_a_pattern_that_could_search_for_ever_is_not_searched_for(pattern: str) -> None:
    started = time.monotonic()
    schema({"properties": {"a": {"type": "string", "pattern": pattern}}}).check({"a": "a" * 900})
    assert time.monotonic() - started < 2


def test_a_simple_pattern_is_checked() -> None:
    ratio = schema({"properties": {"a": {"type": "string", "pattern": r"^\d{1,2}:\d\d$"}}})
    ratio.check({"a": "16:10"})
    refusal(ratio, {"a": "16x10"})


def test_work_that_would_take_too_long_is_refused() -> None:
    choice = {"anyOf": [{"type": "string", "minLength": 60 - n} for n in range(60)]}
    slow = schema({"properties": {"a": {"type": "array", "items": {"type": "array", "items": choice}}}})
    with pytest.raises(OrderError, match="takes too long"):
        slow.check({"a": [["x"] * 90] * 90})


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "properties",
                    "items",
                    "oneOf",
                    "anyOf",
                    "allOf",
                    "not",
                    "if",
                    "then",
                    "type",
                    "enum",
                    "const",
                    "required",
                    "minimum",
                    "maxLength",
                    "pattern",
                    "additionalProperties",
                    "$ref",
                    "uniqueItems",
                    "multipleOf",
                    "a",
                    "b",
                    "dependentSchemas",
                    "prefixItems",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=300, deadline=2000)
@given(JUNK, st.dictionaries(st.sampled_from("ab"), JUNK, max_size=2))
def test_whatever_comes_the_answer_is_yes_or_an_error_of_ours(foreign: Any, asked: JSON) -> None:
    try:
        schema(foreign).check(asked)
    except OrderError as error:
        said = [error.problem, error.argument, error.remedy]
    else:
        said = ["good"]
    assert all(said)
