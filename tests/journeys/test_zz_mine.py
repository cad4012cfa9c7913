import pytest
from tests.journeys.test_made_up_calls import *
@pytest.mark.timeout(600)
def test_mine(start):
    headgate = start(environ=WITHOUT_A_LIMIT)
    from tests.harness.declarations import connection, declaration
    headgate.apply(declaration(connection("hook", "http://127.0.0.1:9/")))
    from headgate.api.console.calls import OPERATIONS as MINE
    api = OF_PEOPLE._replace(operations=lambda: set(MINE))
    for role, s in (("owner", 20),):
        done = made_up(headgate, api, role, s, api.served())
        open("/tmp/h8/fuzz.out","w").write(role+str(done.returncode)+done.stdout[-9000:]+done.stderr[-2000:]+"\n".join(l for l in headgate.logs().splitlines() if "broke" in l))
