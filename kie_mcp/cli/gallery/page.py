"""Write the gallery: one HTML page that holds everything but the files themselves."""

import html
import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files

from kie_mcp.catalog.model import CREDIT_USD
from kie_mcp.cli.gallery.entries import Entry
from kie_mcp.text import file_name
from kie_mcp.timestamps import day, iso

GENERATOR = '<meta name="generator" content="kie-mcp gallery">'
"""By what is in its head a page is known as one that may be written anew."""
_PICTURE = re.compile(r'data-key="([^"<>]+)"[^<>]* (?:src|poster)="(data:image/jpeg;base64,[A-Za-z0-9+/=]+)"')
_FILTERS = {"image": "Pictures", "audio": "Sound", "video": "Videos", "": "Other files"}


def write_page(entries: Sequence[Entry], now: float, note: str = "") -> str:
    """Write the page, with a note beside what is in it. Whatever comes from elsewhere is escaped."""
    parts = {
        "GENERATOR": GENERATOR,
        "STYLE": _read_part("page.css"),
        "SCRIPT": _read_part("page.js"),
        "SUM": html.escape(". ".join(filter(None, [_sum(entries, now), note]))),
        "FILTERS": "".join(_filter(family, entries) for family in _FILTERS),
        "CARDS": "\n".join(map(_card, entries)),
    }
    page = _read_part("page.html")
    for name, text in parts.items():  # the cards come last: nothing in them is taken for a name
        page = page.replace(f"<!--{name}-->", text, 1).replace(f"/*{name}*/", text, 1)
    return page


def read_pictures(page: str) -> dict[str, str]:
    """Return the small pictures of a page that was written here, by the keys of their entries."""
    return {html.unescape(key): picture for key, picture in _PICTURE.findall(page)}


def _read_part(name: str) -> str:
    return files("kie_mcp.cli.gallery").joinpath(name).read_text("utf-8")


def _sum(entries: Sequence[Entry], now: float) -> str:
    known = [entry.credits for entry in entries if entry.credits is not None]
    gone = sum(1 for entry in entries if entry.path is None)
    files_ = f"{len(entries):,} file{'' if len(entries) == 1 else 's'}"
    missing = [f"{gone:,} of them not there any more"] if gone else []
    return ", ".join([files_, *missing, *([_cost(sum(known))] if known else []), f"as of {day(now)}"])


def _filter(family: str, entries: Sequence[Entry]) -> str:
    count = Counter(entry.family for entry in entries)[family]
    name = f"{_FILTERS[family]} <small>{count:,}</small>"
    return (
        f'<button type="button" aria-pressed="false" data-family="{family or "other"}">{name}</button>' if count else ""
    )


def _card(entry: Entry) -> str:
    text = html.escape(entry.text)
    made = datetime.fromtimestamp(entry.made_at, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
    facts = [entry.model, "" if entry.credits is None else _cost(entry.credits), _measure(entry)]
    said = " · ".join(html.escape(one) for one in facts if one)
    title = f'<p class="text">{text}</p>' if text else ""
    return (
        f'<li class="card" data-family="{entry.family or "other"}">{_media(entry)}<div>{title}'
        f'<p class="facts">{said}</p>'
        f'<p class="facts"><time datetime="{iso(entry.made_at)}">{made}</time>'
        f"<span> · {_link(entry)}</span></p></div></li>"
    )


def _media(entry: Entry) -> str:
    """Write the player, or the picture as a link to its file."""
    address = html.escape(_address(entry))
    about = html.escape(entry.text[:200] or entry.label)
    key = f' data-key="{html.escape(entry.key)}"' if entry.picture else ""
    size = f' width="{entry.width}" height="{entry.height}"' if entry.width and entry.height else ""
    if not address:
        return '<div class="place">The file is not there any more.</div>'
    if entry.family == "audio":
        player = f'<audio controls preload="none" src="{address}" aria-label="{about}"></audio>'
        return f'<div class="place sound">{player}</div>'
    if entry.family == "video":
        poster = f' poster="{entry.picture}"' if entry.picture else ""
        return f'<video controls preload="none"{key}{size}{poster} src="{address}" aria-label="{about}"></video>'
    if entry.family == "image":
        picture = entry.picture or address
        shown = f'<img loading="lazy" decoding="async"{key}{size} src="{picture}" alt="{about}">'
        return f'<a class="whole" href="{address}">{shown}</a>'
    return f'<a class="place" href="{address}">{html.escape(file_name(entry.name))}</a>'


def _address(entry: Entry) -> str:
    return entry.path.absolute().as_uri() if entry.path else ""


def _link(entry: Entry) -> str:
    name = html.escape(file_name(entry.name))
    return f'<a href="{html.escape(_address(entry))}" title="{name}">Open</a>' if entry.path else name


def _measure(entry: Entry) -> str:
    size = f"{entry.width}x{entry.height}" if entry.width and entry.height else ""
    return size + (f"{', ' if size else ''}{entry.seconds:.1f} s" if entry.seconds else "")


def _cost(credits_: float) -> str:
    dollars = credits_ * CREDIT_USD
    number = f"{credits_:,.3f}".rstrip("0").rstrip(".")
    price = "under $0.01" if 0 < dollars < 0.005 else f"${dollars:,.2f}"
    return f"{number} credit{'' if credits_ == 1 else 's'} ({price})"
