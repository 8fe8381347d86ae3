"""What every answer carries, and what happens when something breaks."""

import logging
import shutil
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from panah.app import create_app
from panah.db import make_engine
from panah.settings import Settings
from tests.server.conftest import MakeClient, StubModel, replies


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/v1/policy", "/openapi.json", "/nothing"])
def test_every_answer_has_a_request_id_and_security_headers(client: TestClient, path: str) -> None:
    first, second = client.get(path), client.get(path)
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert first.headers["x-content-type-options"] == "nosniff"
    assert first.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in first.headers["content-security-policy"]


def test_unknown_addresses_and_methods_are_problems(client: TestClient) -> None:
    missing, wrong = client.get("/v1/secretword"), client.get("/v1/score")
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
    assert (wrong.status_code, wrong.json()["code"], wrong.headers["allow"]) == (405, "method-not-allowed", "POST")
    assert "secretword" not in missing.text


def test_a_failing_model_is_a_503_and_the_next_request_works(client: TestClient, model: StubModel) -> None:
    model.fault = RuntimeError("secretword")
    failed = client.post("/v1/score", json=replies("secretword"))
    assert (failed.status_code, failed.json()["code"]) == (503, "scoring-failed")
    assert int(failed.headers["retry-after"]) > 0
    assert client.get("/readyz").status_code == 503
    model.fault = None
    assert client.post("/v1/score", json=replies("secretword")).status_code == 200


def test_an_unforeseen_fault_is_logged_without_the_words(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(text: str) -> str:
        raise KeyError(text)

    monkeypatch.setattr("panah.scoring.service.normalise", broken)
    with caplog.at_level(logging.DEBUG):
        failed = client.post("/v1/score", json=replies("secretword"))
    assert (failed.status_code, failed.json()["code"]) == (500, "internal")
    assert failed.headers["x-request-id"] == failed.json()["request_id"]
    assert failed.json()["request_id"] in caplog.text
    assert "KeyError" in caplog.text
    assert "secretword" not in caplog.text + failed.text


def test_readiness_names_the_part_that_is_down(settings: Settings, make_client: MakeClient) -> None:
    client = make_client()
    assert client.get("/readyz").json() == {
        "status": "ready",
        "checks": {"database": "ok", "model": "ok", "redis": "not used"},
    }
    engine = make_engine(settings.database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
    engine.dispose()
    not_ready = client.get("/readyz")
    assert not_ready.status_code == 503
    assert "panah migrate" in not_ready.json()["checks"]["database"]


def test_metrics_count_and_hold_no_words(client: TestClient) -> None:
    client.post("/v1/score", json=replies("secretword", "secretword"))
    client.get("/v1/secretword")
    found = client.get("/metrics").text
    assert 'panah_requests_total{route="/v1/score",status="200"} 1.0' in found
    assert 'panah_cache_total{result="miss"} 1.0' in found
    assert "panah_request_seconds_bucket" in found
    assert "secretword" not in found
    assert "testclient" not in found


def test_another_name_for_this_server_is_refused(client: TestClient) -> None:
    for host in ("evil.example", "evil.example:8000", ""):
        refused = client.get("/metrics", headers={"Host": host})
        assert (refused.status_code, refused.json()["code"]) == (421, "unknown-host")
    assert client.get("/healthz", headers={"Host": "testserver:8000"}).status_code == 200


def test_a_failing_model_is_logged_without_the_words(
    client: TestClient, model: StubModel, caplog: pytest.LogCaptureFixture
) -> None:
    model.fault = RuntimeError("secretword")
    client.post("/v1/score", json=replies("secretword"))
    assert "RuntimeError" in caplog.text
    assert "secretword" not in caplog.text


def test_a_missing_or_broken_model_keeps_the_service_from_starting(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"config\.json is missing"):
        create_app(settings.model_copy(update={"model_dir": tmp_path}))
    (tmp_path / "config.json").write_text('{"name": "v1"}')
    with pytest.raises(ValueError, match="labels"):
        create_app(settings.model_copy(update={"model_dir": tmp_path}))
    shutil.copy(settings.model_dir / "config.json", tmp_path)
    with pytest.raises(ValueError, match=r"tokenizer\.json is missing or broken"):
        create_app(settings.model_copy(update={"model_dir": tmp_path}))
    shutil.copy(settings.model_dir / "tokenizer.json", tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(ValueError, match=r"model\.onnx is missing or broken"):
        create_app(settings.model_copy(update={"model_dir": tmp_path}))
