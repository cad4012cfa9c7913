from __future__ import annotations

import pytest

from headgate.deliver.transport.addresses import parse, refusal

INNER = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255
127.0.0.1 127.255.255.254 168.63.129.16 169.254.169.254 169.254.170.2 172.16.0.1
172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1
198.19.255.255 198.51.100.1 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:0:127.0.0.1 64:ff9b::808:808
64:ff9b::7f00:1 64:ff9b:1::7f00:1 100::1 2001::1 2001:0:53aa:64c::80ff:fffe 2001:2::1
2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:808:808:: 3fff::1 4000::1 5f00::1
fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1 ff0e::1
"""

PUBLIC = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1
168.63.129.15 172.15.255.255 172.32.0.1 192.167.255.255 192.169.0.0 198.17.255.255
198.20.0.0 223.255.255.255 2600:: 2606:2800:21f:cb07:6820:80da:af6b:8b2c
2a00:1450:4001:81b::200e ::ffff:8.8.8.8
"""


@pytest.mark.parametrize("text", INNER.split())
def test_an_address_outside_public_unicast_is_refused_with_its_nature(text: str) -> None:
    assert refusal(parse(text))


@pytest.mark.parametrize("text", PUBLIC.split())
def test_a_public_address_is_not_refused(text: str) -> None:
    assert refusal(parse(text)) == ""


def test_an_ipv4_address_in_the_clothes_of_ipv6_is_the_ipv4_address() -> None:
    assert str(parse("::ffff:169.254.169.254")) == "169.254.169.254"


@pytest.mark.parametrize("text", ["127.1", "0x7f.1", "0177.0.0.1", "2130706433", "::1%lo", "", "a"])
def test_odd_forms_are_no_addresses(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse(text)
