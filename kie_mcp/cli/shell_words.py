"""Say what the tools say to an assistant so that a person at a shell knows what to type."""

import re

_SETTING_A_KEY = (
    "Make a key at https://kie.ai/api-key and set it: export KIE_API_KEY=…\n"
    "To try everything without a key or cost, add --sandbox."
)
_REPLACED = (
    (r'get_job_status\(job_id="([^"]+)"[^)]*\)', r"kie-mcp jobs show \1"),
    (r"Ask the person\. If they agree, repeat the same call with", "If you agree, repeat it with"),
    (r", or they raise ", ", or raise "),
    (r"the person is asked first", "you are asked first"),
    (r"this client cannot put the question to them", "nobody can be asked here"),
    (r"The person was asked and did not agree", "You did not agree"),
    (r"Do not repeat it unless they ask for it; offer something cheaper\.", "Something cheaper may do."),
    (r"(?:ask|have) the user to raise", "raise"),
    (r"Ask the user to", "You may"),
    (r"Have the user look", "Look"),
    (r"agreed_credits=", "--agreed-credits "),
    (r"\bagreed_credits\b", "--agreed-credits"),
    (r"new=true", "--new"),
    (r"another idempotency_key", "another --idempotency-key"),
    (r"the same call without estimate_only", "the same command without --estimate"),
    (r"estimate_only=true", "--estimate"),
    (r"convert=true", "--convert"),
    (r"pass its id to get_job_status", "pass its id to kie-mcp jobs show"),
    (r"\bget_job_status\b", "kie-mcp jobs show"),
    (r"\blist_jobs\b", "kie-mcp jobs"),
    (r"\blist_models\b", "kie-mcp models"),
    (r"\bget_account\b", "kie-mcp account"),
    (r"\bcall again\b", "try again"),
)
_RENAMED = ("image_prompt", "aspect_ratio", "output_format", "wait_seconds", "similarity_boost", "idempotency_key")
"""Arguments whose options are spelled in another way."""


def rewrite(text: str) -> str:
    """Return a text of a tool with commands and options in place of tools and arguments."""
    for theirs, ours in _REPLACED:
        text = re.sub(theirs, ours, text)
    return re.sub(rf"\b({'|'.join(_RENAMED)})\b", lambda found: "--" + found[0].replace("_", "-"), text)


def rewrite_remedy(category: str, remedy: str) -> str:
    """Return what a person at a shell can do about an error of this category."""
    return _SETTING_A_KEY if category == "no_key" else rewrite(remedy)
