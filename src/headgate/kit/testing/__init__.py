"""The contract that every destination keeps, as a plug-in of pytest.

`pytest -p headgate.kit.testing.plugin --headgate-destination my_package` runs it. Only the plug-in
itself needs pytest.
"""

pytest_plugins = ("headgate.kit.testing.plugin",)
