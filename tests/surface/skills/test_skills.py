"""Skills over MCP: what is listed is what is read, in both eras, and every call that the skills name works."""

import ast
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, Request, RequestParams, Result, TextResourceContents

from kie_mcp.settings import Settings
from kie_mcp.surface.skills.extension import SKILLS, TTL
from kie_mcp.surface.skills.skill_files import Skill, read_skills
from tests.support.sandbox_server import Era, Stand, facts, stand, text
from tests.support.virtual_time import HURRIED

pytestmark = pytest.mark.anyio

ALL = read_skills()
PLAIN = re.compile(r"[A-Za-z][^:#\n]*")
"""A text that YAML reads as it stands, and as a text."""
WORDS = {"true": True, "false": False, "null": None}
MADE = {"picture": "generate_image", "recording": "generate_speech", "speech": "generate_speech"}
"""Which tool made what a placeholder in a call stands for; any other placeholder means the last job."""


@pytest.fixture
def anyio_backend() -> object:
    return HURRIED


@pytest.fixture(params=["legacy", "auto"])
def era(request: pytest.FixtureRequest) -> Era:
    return request.param


class Given(RequestParams):
    """What the requests of the extension carry."""

    uri: str | None = None
    cursor: str | None = None


class Answered(Result, extra="allow"):
    """An answer with all that was sent."""


async def ask(here: Stand, method: str, **given: str) -> dict[str, Any]:
    sent = Request[Given, str](method=method, params=Given.model_validate(given))
    answered = await here.client.session.send_request(sent, Answered)
    return answered.model_extra or {}


async def test_a_client_can_check_every_file_that_it_reads_against_the_list(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era) as here:
        listed = (await ask(here, "skills/list"))["skills"]
        assert [skill["uri"] for skill in listed] == [f"skill://{one.name}/SKILL.md" for one in ALL]
        for skill in listed:
            assert (await ask(here, "skills/get", uri=skill["uri"]))["skill"] == skill
            assert skill["resources"][0]["uri"] == skill["uri"]
            for file in skill["resources"]:
                [read] = (await here.client.read_resource(file["uri"])).contents
                assert isinstance(read, TextResourceContents)
                content = read.text.encode()
                assert read.mime_type == "text/markdown"
                assert file["size"] == len(content)
                assert file["digest"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        offered = {str(one.uri): one for one in (await here.client.list_resources()).resources}
    files = {file["uri"] for skill in listed for file in skill["resources"]}
    assert files == {uri for uri in offered if uri.startswith("skill://")}
    heads = {skill["uri"]: (skill["frontmatter"]["name"], skill["frontmatter"]["description"]) for skill in listed}
    assert heads == {uri: (offered[uri].name, offered[uri].description) for uri in heads}


async def test_only_the_newer_era_is_told_how_long_an_answer_may_be_kept(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era) as here:
        answers = [await ask(here, "skills/list"), await ask(here, "skills/get", uri=ALL[0].address())]
        announced = here.client.server_capabilities.extensions or {}
    kept = {"ttlMs": TTL, "cacheScope": "public"} if era == "auto" else {}
    assert [{name: answer[name] for name in ("ttlMs", "cacheScope") if name in answer} for answer in answers] == [
        kept,
        kept,
    ]
    assert (SKILLS in announced) is (era == "auto")  # the handshake has no place for it


async def test_what_is_no_skill_is_refused_with_those_that_there_are(tmp_path: Path, era: Era) -> None:
    async with stand(tmp_path, era=era) as here:
        for uri in ("skill://talking-video", "skill://talking-video/references/problems.md", "", "x" * 999):
            with pytest.raises(MCPError) as refused:
                await ask(here, "skills/get", uri=uri)
            assert refused.value.code == INVALID_PARAMS, uri
            assert all(skill.address() in refused.value.message for skill in ALL), uri
        with pytest.raises(MCPError) as unread:
            await ask(here, "skills/list", cursor="2")
    assert unread.value.code == INVALID_PARAMS


@pytest.mark.parametrize("skill", ALL, ids=lambda one: one.name)
def test_the_head_is_what_agent_skills_allow(skill: Skill) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", skill.name)
    assert len(skill.name) <= 64
    assert len(skill.head["description"]) < 1024
    assert set(skill.head) == {"name", "description", "license"}
    assert all(PLAIN.fullmatch(words) for words in skill.head.values())
    assert skill.contents["SKILL.md"].startswith(b"---\n")


@pytest.mark.parametrize("skill", ALL, ids=lambda one: one.name)
def test_a_skill_links_to_its_own_files_and_names_settings_that_exist(skill: Skill) -> None:
    whole = "".join(content.decode() for content in skill.contents.values())
    linked = set(re.findall(r"\]\(([^)]+)\)", whole))
    assert linked == set(skill.contents) - {"SKILL.md"}
    assert {name.lower() for name in re.findall(r"KIE_\w+", whole)} <= {f"kie_{name}" for name in Settings.model_fields}


@pytest.mark.parametrize("skill", ALL, ids=lambda one: one.name)
async def test_every_call_that_a_skill_names_works(tmp_path: Path, skill: Skill) -> None:
    async with stand(tmp_path, speed=100) as here:
        made = {"generate_image": "", "generate_speech": "", "": ""}
        for tool, picture in (("generate_image", {"prompt": "a face"}), ("generate_speech", {"text": "Hello."})):
            made[tool] = facts(await here.call(tool, **picture))["job_id"]
        for tool, arguments in calls_of(skill):
            result = await here.call(tool, **{name: fill_in(value, made) for name, value in arguments.items()})
            assert not result.is_error, f"{tool}: {text(result)}"
            answered = facts(result)
            assert answered.get("state", "succeeded") in {"succeeded", "estimated"}, text(result)
            if "job_id" in answered:
                made[""] = answered["job_id"]
                made |= {tool: answered["job_id"]} if tool in made else {}


def calls_of(skill: Skill) -> Iterator[tuple[str, dict[str, Any]]]:
    """The calls in the blocks of a skill's files, in their order."""
    for content in skill.contents.values():
        blocks = re.findall(r"```text\n(.*?)```", content.decode(), re.DOTALL)
        for line in "".join(blocks).splitlines():
            call = ast.parse(line, mode="eval").body
            assert isinstance(call, ast.Call), line
            assert isinstance(call.func, ast.Name), line
            yield call.func.id, {str(one.arg): read_value(one.value) for one in call.keywords}


def read_value(node: ast.expr) -> Any:
    return WORDS[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)


def fill_in(value: Any, made: dict[str, str]) -> Any:
    """Put what was made here in the places that a skill leaves open."""
    if isinstance(value, list):
        return [fill_in(one, made) for one in cast("list[Any]", value)]
    if not isinstance(value, str) or not (open_place := re.search(r"<(.+)>", value)):
        return value
    job_id = made[next((tool for word, tool in MADE.items() if word in open_place[1]), "")]
    return value.replace(open_place[0], job_id if "job_id" in open_place[1] else f"kie://jobs/{job_id}/outputs/0")
