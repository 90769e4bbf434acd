"""Write the create call of the jobs API as the specification has it: its ids, its fields, its spelling."""

from kie_mcp.jobs.job import JSON, Request
from kie_mcp.kie.api_styles.create_call import CreateCall
from kie_mcp.kie.api_styles.jobs import write_job_call
from kie_mcp.kie.api_styles.specification import FILMS, PICTURES, check_choice, check_inputs

_IDS = dict.fromkeys(PICTURES, "nano-banana") | dict.fromkeys(FILMS, "infinitalk")
_NAMES = {"aspect_ratio": "image_size"}
_FORMATS = {"png": "PNG", "jpeg": "JPEG", "jpg": "JPEG"}


class SeedStyle:
    """The jobs API as the specification has it; a model that it does not know is ordered by its live id."""

    def check(self, request: Request) -> None:
        """Raise OrderError for an input or a format that the specification does not have."""
        check_inputs(request, "seed")
        if request.model in PICTURES and (given := request.input.get("output_format")) is not None:
            check_choice(given, _FORMATS, argument="output_format", style="seed")

    def file_links(self, request: Request) -> tuple[str, ...]:
        """Return none: Kie.ai fetches the files."""
        del request
        return ()

    def write(self, request: Request, callback_url: str | None) -> CreateCall:
        """Write the call with the specification's id and fields, if it knows the model."""
        given = _translate(request.input) if request.model in PICTURES else request.input
        return write_job_call(_IDS.get(request.model, request.model), given, callback_url)


def _translate(given: JSON) -> JSON:
    values = given | ({"output_format": _FORMATS[given["output_format"]]} if given.get("output_format") else {})
    return {_NAMES.get(name, name): value for name, value in values.items()}
