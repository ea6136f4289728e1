"""What browsers and supervisors ask (certificate-authority §1.8, reliability R-42)."""

import pytest

VARY = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"


def preflight(world, path="/api/v2/signingCert", **headers):
    names = {key.replace("_", "-"): value for key, value in headers.items()}
    return world.client.session.options(world.client.url + path, headers=names, timeout=30)


@pytest.mark.parametrize("names", ["content-type", "accept,content-type", "accept, content-type", "", None])
@pytest.mark.parametrize("path", ["/api/v2/signingCert", "/unknown"])
def test_a_preflight_for_allowed_headers_is_granted(world, names, path):
    """API-24, B.1 26: also for unknown paths."""
    asked = {"Access_Control_Request_Headers": names} if names is not None else {}
    answer = preflight(world, path, Origin="https://x", Access_Control_Request_Method="POST", **asked)
    assert answer.status_code == 204 and answer.headers["Vary"] == VARY
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Methods"] == "POST"
    assert answer.headers.get("Access-Control-Allow-Headers", "") == (names or "")


@pytest.mark.parametrize(
    "origin, method, names",
    [
        ("https://x", "POST", "authorization"),
        ("https://x", "POST", "content-type,accept"),
        ("https://x", "POST", "Content-Type"),
        ("https://x", "DELETE", "content-type"),
        (None, "POST", "content-type"),
    ],
)
def test_another_preflight_is_answered_without_permission(world, origin, method, names):
    """API-24, B.1 27."""
    asked = {"Access_Control_Request_Method": method, "Access_Control_Request_Headers": names}
    answer = preflight(world, **asked, **({"Origin": origin} if origin else {}))
    assert answer.status_code == 204 and answer.headers["Vary"] == VARY
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_answers_are_open_to_every_origin(world):
    """API-24: errors too; Vary with and without an origin."""
    for path in ("/api/v2/configuration", "/unknown"):
        answer = world.client.get(path, headers={"Origin": "https://x"})
        assert answer.headers["Access-Control-Allow-Origin"] == "*" and answer.headers["Vary"] == "Origin"
    answer = world.client.get("/api/v2/configuration")
    assert answer.headers["Vary"] == "Origin" and "Access-Control-Allow-Origin" not in answer.headers


def test_options_without_a_preflight_falls_to_routing(world):
    assert world.client.session.options(world.client.url + "/api/v2/configuration", timeout=30).status_code == 501
    assert world.client.session.options(world.client.url + "/unknown", timeout=30).status_code == 404


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_a_server_that_issues_says_so(world, path):
    """R-42: alive and able, in JSON that nobody may keep."""
    answer = world.client.get(path)
    assert answer.status_code == 200 and answer.json() == {"status": "ok", "reasons": [], "warnings": []}
    assert answer.headers["Cache-Control"] == "no-store"
