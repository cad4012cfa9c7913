from tests.harness.declarations import connection, declaration, source
from tests.harness.sending import fresh, send
from tests.harness.receiver import until
from tests.journeys.test_traces import way
from tests.harness.fixtures import start, receiver
def test_x(start, receiver):
    headgate = start()
    hook = connection("hook", receiver.url("/hook"))
    headgate.apply(declaration(hook))
    (a,) = send(headgate.ready.collect, fresh(1))
    until(lambda: headgate.row("hook").delivered == 1, 20, "x")
    headgate.apply(declaration(hook, sources=[source(schema={"blocked_events": ["Order Completed"]})]))
    (b,) = send(headgate.ready.collect, fresh(1))
    until(lambda: headgate.row("hook").filtered == 1, 20, "x")
    w = way(headgate, b)
    assert (w.decision, w.rule, w.state) == ("filtered", "schema_blocked", "filtered"), w
