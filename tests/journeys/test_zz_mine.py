import pytest
from tests.journeys.test_made_up_calls import *
@pytest.mark.timeout(600)
def test_mine(start):
    headgate = start(environ=WITHOUT_A_LIMIT)
    from tests.harness.declarations import connection, declaration
    headgate.apply(declaration(connection("hook", "http://127.0.0.1:9/")))
    from headgate.api.console.calls import OPERATIONS as MINE
    api = OF_PEOPLE._replace(operations=lambda: set(MINE))
    for role, s in (("owner", 60), ("member", 25)):
        done = made_up(headgate, api, role, s, api.served())
        print(role, done.returncode, done.stdout[-5000:])
    print([l for l in headgate.logs().splitlines() if "broke" in l][:10])
    assert 0
