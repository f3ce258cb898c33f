"""Which URLs and addresses the console refuses to talk to. OWASP API7:2023 (server-side request forgery)."""

import socket
from collections.abc import Iterator

import pytest

from sync.http.addresses import AddressPolicy, RefusedUrlError, parse_target
from sync.http.client import CallFailedError, HttpClient
from tests.sync.http.raw_server import RawServer, http

ZERO = ".".join("0000")
# {port} is a port on this machine where somebody counts connections.
ODD_URLS = """
http://127.0.0.1:{port}/
https://127.0.0.1:{port}/
https://127.1:{port}/
https://127.0.1:{port}/
https://2130706433:{port}/
https://0x7f000001:{port}/
https://0x7f.0.0.1:{port}/
https://0x7F.1:{port}/
https://0177.0.0.1:{port}/
https://017700000001:{port}/
https://127.0.0.1.:{port}/
https://0:{port}/
https://0.0.0.0:{port}/
https://127.127.127.127:{port}/
https://localhost:{port}/
https://LOCALHOST:{port}/
https://localhost.:{port}/
https://localhost.localdomain:{port}/
https://ip6-localhost:{port}/
https://[::1]:{port}/
https://[::]:{port}/
https://[0:0:0:0:0:0:0:1]:{port}/
https://[::ffff:127.0.0.1]:{port}/
https://[::ffff:7f00:1]:{port}/
https://[::127.0.0.1]:{port}/
https://[64:ff9b::127.0.0.1]:{port}/
https://[2002:7f00:1::]:{port}/
https://[fe80::1]:{port}/
https://[fe80::1%25lo]:{port}/
https://[fc00::1]:{port}/
https://[ff02::1]:{port}/
https://[::1:{port}/
https://[127.0.0.1]:{port}/
https://169.254.169.254/latest/meta-data/
https://[fd00:ec2::254]/latest/meta-data/
https://10.0.0.1:{port}/
https://172.16.0.1:{port}/
https://192.168.0.1:{port}/
https://100.64.0.1:{port}/
https://198.18.0.1:{port}/
https://192.0.2.1:{port}/
https://224.0.0.1:{port}/
https://255.255.255.255:{port}/
https://crm.example.org@127.0.0.1:{port}/
https://crm.example.org:secret@127.0.0.1:{port}/
https://127.0.0.1:{port}@crm.example.org/
https://crm.example.org#@127.0.0.1:{port}/
https://crm.example.org\\@127.0.0.1:{port}/
https:\\\\127.0.0.1:{port}\\
https:/127.0.0.1:{port}/
https:127.0.0.1:{port}/
https:///127.0.0.1:{port}/
//127.0.0.1:{port}/
127.0.0.1:{port}/
file:///etc/passwd
file://127.0.0.1:{port}/
ftp://127.0.0.1:{port}/
gopher://127.0.0.1:{port}/_GET
dict://127.0.0.1:{port}/
javascript:alert(1)
https://127.0.0.1:{port}/ HTTP/1.1
https://127.0.0.1%2f:{port}/
https://127%2e0%2e0%2e1:{port}/
https://%31%32%37.0.0.1:{port}/
https://1\uff127.0.0.1:{port}/
https://①②⑦.0.0.1:{port}/
https://127。0。0。1:{port}/
https://l\u043ecalhost:{port}/
https://127.0.0.1:{port}\tx/
https://127.0.0.1:{port}\x00/
https://127.0.0.1:99999/
https://127.0.0.1:-1/
https://127.0.0.1:port/
https://127.0.0.1:0/
https://
https://:{port}/
https://-crm.example.org/
https://crm..example.org/
""".strip().splitlines()


@pytest.fixture
def listener() -> Iterator[RawServer]:
    with RawServer(http("200 OK")) as server:
        yield server


def answering(addresses):
    """A resolver that knows one answer."""
    return lambda *_, **__: addresses


def test_there_are_more_than_sixty_odd_urls():
    assert len(set(ODD_URLS)) >= 60


@pytest.mark.parametrize("form", ODD_URLS)
def test_an_odd_url_makes_no_connection(listener: RawServer, form: str):
    url = form.replace("{port}", str(listener.port))
    try:
        hosts = {parse_target(url).host, "crm.example.org", "127.0.0.1", "localhost"}
    except RefusedUrlError:
        hosts = {"crm.example.org", "127.0.0.1", "localhost"}
    client = HttpClient(AddressPolicy(frozenset(hosts)), connect_seconds=0.2)
    with pytest.raises(CallFailedError) as raised:
        client.request("GET", url, route="/", headers={})
    client.close()
    assert listener.connections == 0
    assert not raised.value.failure.outcome_unknown
    assert raised.value.failure.code in ("address_refused", "connect_failed", "connect_timeout")


@pytest.mark.parametrize("allow_private", [False, True])
def test_only_hosts_of_the_settings_are_called(listener: RawServer, allow_private):
    client = HttpClient(AddressPolicy(frozenset({"crm.example.org"}), allow_private=allow_private))
    with pytest.raises(CallFailedError) as raised:
        client.request("GET", f"https://127.0.0.1:{listener.port}/", route="/", headers={})
    assert raised.value.failure.message == "host 127.0.0.1 is not among the hosts of this connection"
    assert listener.connections == 0


def test_plain_http_is_for_internal_crms_only(listener: RawServer):
    with pytest.raises(RefusedUrlError, match="only https"):
        AddressPolicy.for_urls([listener.url]).accept(listener.url)
    assert AddressPolicy.for_urls([listener.url], allow_private=True).accept(listener.url).port == listener.port


def test_a_public_name_that_leads_home_is_refused_by_the_address_it_connects_to(listener: RawServer, monkeypatch):
    home = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", listener.port))]
    monkeypatch.setattr(socket, "getaddrinfo", answering(home))
    client = HttpClient(AddressPolicy(frozenset({"crm.example.org"})))
    with pytest.raises(CallFailedError) as raised:
        client.request("GET", f"https://crm.example.org:{listener.port}/", route="/", headers={})
    assert (raised.value.failure.kind, raised.value.failure.code) == ("misconfigured", "address_refused")
    assert listener.connections == 0


def test_one_private_address_among_public_ones_refuses_the_name(listener: RawServer, monkeypatch):
    mixed = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 443)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", answering(mixed))
    client = HttpClient(AddressPolicy(frozenset({"crm.example.org"})), connect_seconds=0.1)
    with pytest.raises(CallFailedError) as raised:
        client.request("GET", "https://crm.example.org/", route="/", headers={})
    assert (
        raised.value.failure.message
        == "address 10.0.0.1 is private; allow private addresses for this connection if meant"
    )


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1%eth0", "224.0.0.1", ZERO, "::", "::ffff:169.254.0.1"])
def test_some_addresses_are_refused_even_for_internal_crms(address):
    with pytest.raises(RefusedUrlError, match="link-local, multicast or unspecified"):
        AddressPolicy(frozenset(), allow_private=True).check_address(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"])
def test_public_addresses_are_accepted(address):
    AddressPolicy(frozenset()).check_address(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "192.168.1.1", "fc00::1", "::1", "::ffff:10.0.0.1"])
def test_private_addresses_are_accepted_for_internal_crms_only(address):
    AddressPolicy(frozenset(), allow_private=True).check_address(address)
    with pytest.raises(RefusedUrlError, match="is private"):
        AddressPolicy(frozenset()).check_address(address)


def test_an_ordinary_url_is_taken_apart():
    target = parse_target("https://CRM.Example.org/api/contacts?key=1&b=%2f")
    assert (target.host, target.port, target.path) == ("crm.example.org", 443, "/api/contacts?key=1&b=%2f")
    assert target.origin == "https://crm.example.org:443"
