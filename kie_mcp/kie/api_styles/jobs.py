"""Write the create call of the jobs API with Kie.ai's live ids and fields."""

from kie_mcp.jobs.job import JSON, Request
from kie_mcp.kie.api_styles.create_call import CreateCall, dump_json

CREATE = "/api/v1/jobs/createTask"


class JobsStyle:
    """The jobs API as it is live."""

    def check(self, request: Request) -> None:
        """Accept every request: the catalogue knows what its models take."""

    def file_links(self, request: Request) -> tuple[str, ...]:
        """Return none: Kie.ai fetches the files."""
        del request
        return ()

    def write(self, request: Request, callback_url: str | None) -> CreateCall:
        """Write the call with the model's id and its input as they are."""
        return write_job_call(request.model, request.input, callback_url)


def write_job_call(model: str, given: JSON, callback_url: str | None) -> CreateCall:
    """Write the create call of the jobs API."""
    body: JSON = {"model": model, "input": given}
    if callback_url is not None:
        body["callBackUrl"] = callback_url
    return CreateCall(path=CREATE, json=dump_json(body))
