"""Only public addresses may be named to Kie.ai or fetched from, however they are spelt."""

# ruff: noqa: E501, RUF001, S104 - whole sentences, and addresses that look like others

import subprocess
import sys
import time

import pytest
from inline_snapshot import snapshot

from kie_mcp.errors import OrderError
from kie_mcp.urls import bare_link, bare_links, check_url, is_public_ip, quote_url

LOCAL_HOSTS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "0x7f.1",
    "0x7F000001",
    "2130706433",
    "0177.0.0.1",
    "0",
    "0.0.0.0",
    "10.0.0.7",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "169.254.169.254.",
    "100.64.0.1",
    "192.0.0.8",
    "192.88.99.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "127.0.0.1.",
    "127.0.0.1..",
    "１２７.0.0.1",
    "127。0。0。1",
    "①②⑦.0.0.1",
    "127%2e0.0.1",
    "%31%32%37.0.0.1",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:8.8.8.8]",
    "[::127.0.0.1]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fc00::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b::808:808]",
    "[64:ff9b:1::7f00:1]",
    "[2002:a9fe:a9fe::]",
    "[2002:808:808::1]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    "[2001:db8::1]",
    "[v1.x]",
    "localhost",
    "LOCALHOST.",
    "ｌocalhost",
    "a.ｌocalhost",
    "printer｡local",
    "a.localhost",
    "printer.local",
    "metadata.google.internal",
    "nas.home.arpa",
    "intranet",
    "256.1.1.1",
    "1.2.3.4.5",
    "010.8.8.8",
    "134744072",
]


@pytest.mark.parametrize("host", LOCAL_HOSTS)
def test_a_local_or_oddly_spelt_host_is_refused(host: str):
    with pytest.raises(OrderError, match=r"^image: "):
        check_url(f"https://{host}/cat.png", argument="image")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/cat.png",
        "https://example.com:8443/cat.png?signature=a%20b&x=1#top",
        "https://bücher.example/katze.png",
        "https://8.8.8.8/cat.png",
        "https://[2001:4860:4860::8888]/cat.png",
        "HTTPS://EXAMPLE.com./cat.png",
        "https://1.example.com/cat.png",
        "https://example.com/a@b.png",
        f"https://example.com/{'a' * 1980}",
    ],
)
def test_a_public_https_url_passes_unchanged(url: str):
    assert check_url(f"  {url}\n", argument="image") == url


def test_no_name_is_looked_up():
    """Names are judged by their spelling; a name that leads to a private address is the connection's business."""
    watched = """import socket, sys
sys.addaudithook(lambda event, _: sys.exit(event) if event == "socket.getaddrinfo" else None)
from kie_mcp.urls import check_url
print(check_url("https://example.com/cat.png", argument="image"))
if "look" in sys.argv: socket.getaddrinfo("localhost", 1)
"""
    ran = [
        subprocess.run([sys.executable, "-c", watched, *more], capture_output=True, text=True, check=False)  # noqa: S603
        for more in ([], ["look"])
    ]
    assert [(one.returncode, one.stdout, one.stderr) for one in ran] == [
        (0, "https://example.com/cat.png\n", ""),
        (1, "https://example.com/cat.png\n", "socket.getaddrinfo\n"),
    ]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "cat.png",
        "//example.com/cat.png",
        "http://example.com/cat.png",
        "ftp://example.com/cat.png",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "https:example.com",
        "https://",
        "https:///cat.png",
        "https://:443/cat.png",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://example.com:https/",
        "https://user@example.com/",
        "https://user:word@example.com/",
        "https://example.com\\@127.0.0.1/",
        "https://exa mple.com/",
        "https://example.com/a b.png",
        "https://example.com/\tcat.png",
        "https://example.com/\u202egnp.tac",
        "https://example.com/\x00",
        "https://[::1/cat.png",
        "https://example..com/",
        "https://ex*mple.com/",
        f"https://example.com/{'a' * 1981}",
    ],
)
def test_what_is_no_plain_https_url_is_refused(url: str):
    with pytest.raises(OrderError, match=r"^audio: "):
        check_url(url, argument="audio")


def test_a_sandbox_is_spoken_to_in_plain_http_on_its_very_host_and_port():
    def passes(url: str) -> bool:
        try:
            return check_url(url, argument="image", plain_host="127.0.0.1:8765") == url
        except OrderError:
            return False

    assert passes("http://127.0.0.1:8765/files/cat.png")
    assert not passes("http://127.0.0.1:8766/files/cat.png")
    assert not passes("http://127.0.0.1/files/cat.png")
    assert not passes("http://127.1:8765/files/cat.png")
    assert not passes("https://127.0.0.1:8765/files/cat.png")
    assert not passes("http://me@127.0.0.1:8765/files/cat.png")
    assert not passes("http://127.0.0.1:8765@example.com/cat.png")


@pytest.mark.parametrize(
    ("ip", "public"),
    [
        ("8.8.8.8", True),
        ("2001:4860:4860::8888", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::808:808", True),
        ("2002:808:808::1", True),
        ("127.0.0.1", False),
        ("100.64.0.1", False),
        ("192.0.0.8", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("0.0.0.0", False),
        ("::1", False),
        ("::", False),
        ("::127.0.0.1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b:1::808:808", False),
        ("2002:a9fe:a9fe::", False),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False),
        ("2001:db8::1", False),
        ("3fff::1", False),
        ("5f00::1", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("no address", False),
    ],
)
def test_an_address_is_judged_by_where_it_leads(ip: str, public: bool):
    assert is_public_ip(ip) is public


def said(url: str) -> str:
    with pytest.raises(OrderError) as caught:
        check_url(url, argument="image")
    return f"{caught.value.message} {caught.value.remedy}"


def test_a_refusal_says_what_was_wrong_what_is_allowed_and_what_to_do():
    urls = {
        "http": "http://example.com/cat.png",
        "local": "https://192.168.1.1/cat.png",
        "odd": "https://0x7f.1/cat.png",
        "name": "https://printer.local/cat.png",
        "blank": "https://example.com/my cat.png",
        "long": f"https://example.com/{'a' * 2000}",
        "scheme": "ftp://example.com/cat.png",
        "no host": "https://intranet/cat.png",
    }
    assert {name: said(url) for name, url in urls.items()} == snapshot(
        {
            "http": "image: 'http://example.com/cat.png' is plain http; only https is allowed. Give an https URL that anybody on the internet can open.",
            "local": "image: 'https://192.168.1.1/cat.png' names a private, local or translated address; only public hosts are allowed. Give an https URL that anybody on the internet can open.",
            "odd": "image: 'https://0x7f.1/cat.png' writes an address in an unusual way; only a public host's name or usual address is allowed. Give an https URL that anybody on the internet can open.",
            "name": "image: 'https://printer.local/cat.png' names a host of a local network; only public hosts are allowed. Give an https URL that anybody on the internet can open.",
            "blank": "image: 'https://example.com/my cat.png' holds blanks, backslashes or control characters; a URL has them percent-encoded. Give an https URL that anybody on the internet can open.",
            "long": "image: 'https://example.com/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…' has 2,020 characters; at most 2,000 are allowed. Give an https URL that anybody on the internet can open.",
            "scheme": "image: 'ftp://example.com/cat.png' is not a URL such as https://example.com/cat.png. Give an https URL that anybody on the internet can open.",
            "no host": "image: 'https://intranet/cat.png' names no public host; a public host has a name such as example.com. Give an https URL that anybody on the internet can open.",
        }
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://me:canary@example.com/cat.png",
        "https://me:canary?x@127.0.0.1/cat.png",
        "http://example.com/cat.png?token=canary",
        "http://example.com/cat.png#canary",
        "https:me:canary@example.com",
        "https://10.0.0.1\\me:canary@example.com",
    ],
)
def test_what_may_be_secret_in_a_url_is_never_repeated(url: str):
    assert "canary" not in said(url)


@pytest.mark.parametrize(
    ("link", "bare"),
    [
        ("https://e.com/a.png", "https://e.com/a.png"),
        ("https://e.com/a.png?sig=canary#canary", "https://e.com/a.png"),
        ("https://e.com/a.png#canary?canary", "https://e.com/a.png"),
        ("HTTPS://me:canary@e.com:8080/a.png", "HTTPS://e.com:8080/a.png"),
        ("http://canary@[2001:db8::1]:80", "http://[2001:db8::1]:80"),
        ("https://me:can@ary@e.com/@you/a.png?b=c@d", "https://e.com/@you/a.png"),
        ("https://me:canary?x@e.com/a.png", "https://…"),
        ("https://me:can/ary@e.com/a.png", "https://…"),
        ("https://e.com/a.png?sig=can'canary\"canary<canary", "https://e.com/a.png"),
    ],
)
def test_a_link_is_shown_without_its_secrets_alone_and_in_a_sentence(link: str, bare: str):
    assert bare_link(link) == bare
    assert bare_links(f"see {link} and {link}") == f"see {bare} and {bare}"
    assert bare_links(f'see \'{link}\', <{link}>, {{"url": "{link}"}}') == (
        f'see \'{bare}\', <{bare}>, {{"url": "{bare}"}}'
    )


def test_a_mark_stands_where_something_was_left_out():
    assert bare_links("https://e.com/a?b https://me:canary@e.com/a", mark="?…") == "https://e.com/a?… https://e.com/a"
    shown = [quote_url(one) for one in ("https://e.com/a?b", "https://e.com/a#b", "https://e.com/a?")]
    assert shown == ["'https://e.com/a…'", "'https://e.com/a'", "'https://e.com/a'"]


def test_a_long_text_is_rid_of_secrets_in_no_time():
    """Nothing that somebody writes makes it slow."""
    for text in ("https://a:b" * 9000, 'https://a:b",' * 9000, "https://" + "@" * 99_000, "https://" + "a<" * 49_000):
        began = time.perf_counter()
        bare_links(text)
        assert time.perf_counter() - began < 1
