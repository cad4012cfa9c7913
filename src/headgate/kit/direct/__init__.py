"""Direct destinations: an endpoint that takes events as they are, declared by data alone."""

from headgate.kit.direct.declaring import Setting, direct
from headgate.kit.direct.sending import Customer, Endpoint, Event, post, secure_address

__all__ = ["Customer", "Endpoint", "Event", "Setting", "direct", "post", "secure_address"]
