"""Where alerts may not go: this machine, its network, and whatever leads there by another spelling or a new answer."""

import pytest

from reflection.delivery.addresses import AddressGuard, FailedDelivery, is_public
from reflection.errors import InvalidInput

PUBLIC = "93.184.216.34"


def guard(*answers, allowed=()):
    """A guard for which every name has these addresses, one list a look-up."""
    given = iter(answers)
    return AddressGuard(allowed, lambda host, port: next(given))


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
     "198.18.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.0.8", "192.0.2.1", "::1", "::", "fe80::1",
     "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
     "::ffff:a9fe:a9fe", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::",
     "2001:db8::1"],
)  # fmt: skip
def test_what_is_not_public_is_known_in_every_form(address):
    assert not is_public(address)
    with pytest.raises(InvalidInput, match="private network or to this machine"):
        guard([address]).check("https://hooks.example.com/x")
    with pytest.raises(FailedDelivery):
        guard([PUBLIC, address]).target("https://hooks.example.com/x")


@pytest.mark.parametrize("address", [PUBLIC, "2606:4700::1111", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"])
def test_what_is_public_may_be_used(address):
    assert is_public(address)
    assert guard([address]).target("https://hooks.example.com:8443/a?b=c").addresses == (address,)


@pytest.mark.parametrize(
    "host",
    ["2130706433", "017700000001", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "127.1", "127.0.1", "127.000.000.001",
     "localhost", "LOCALHOST.", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[0:0:0:0:0:0:0:1]", "0",
     "１２７.０.０.１", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ"],
)  # fmt: skip
def test_this_machine_is_refused_however_it_is_spelt(host):
    """By the system's own look-up: no network is needed for any of these."""
    with pytest.raises(InvalidInput):
        AddressGuard().check(f"https://{host}/hook")


def test_a_name_that_changes_its_mind_is_judged_at_each_try_and_only_the_judged_address_is_used():
    rebinding = guard([PUBLIC], [PUBLIC], ["127.0.0.1"])

    rebinding.check("https://rebind.example/x")
    target = rebinding.target("https://rebind.example/x")
    assert (target.host, target.addresses) == ("rebind.example", (PUBLIC,)), "looked up once, connected to by address"
    with pytest.raises(FailedDelivery) as refused:
        rebinding.target("https://rebind.example/x")
    assert refused.value.final


def test_what_the_installation_allows_may_be_private_and_without_encryption():
    for allowed in ("hooks.internal", "10.0.0.0/8", "10.1.2.3"):
        assert guard(["10.1.2.3"], allowed=[allowed]).target("http://hooks.internal/x").port == 80
    with pytest.raises(FailedDelivery):
        guard(["10.1.2.3"], allowed=["10.9.0.0/16", "other.internal"]).target("http://hooks.internal/x")
    with pytest.raises(FailedDelivery):
        guard(["10.1.2.3", "127.0.0.1"], allowed=["10.0.0.0/8"]).target("http://hooks.internal/x")


def test_what_is_public_is_encrypted():
    with pytest.raises(InvalidInput, match="https"):
        guard([PUBLIC]).check("http://hooks.example.com/x")


def test_a_name_that_nobody_knows_now_may_be_known_later():
    def unknown(host, port):
        raise OSError

    AddressGuard((), unknown).check("https://soon.example/x")
    with pytest.raises(FailedDelivery) as refused:
        AddressGuard((), unknown).target("https://soon.example/x")
    assert not refused.value.final
