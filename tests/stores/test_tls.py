"""A server that encrypts, with a certificate that nobody vouches for."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from blastradius.cli import main
from blastradius.stores.neo4j import connected, push
from tests.stores.estates import sized
from tests.stores.server import PASSWORD, Server

TLS = {
    "dbms.ssl.policy.bolt.enabled": "true",
    "dbms.ssl.policy.bolt.client_auth": "NONE",
    "server.bolt.tls_level": "OPTIONAL",  # so that the test sees without it that the server has started
}


@pytest.fixture
def certificate(own_server: Server) -> Path:
    """A certificate for loopback, signed by itself, of a server that is started with it."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    folder = own_server.folder / "certificates"
    folder.mkdir()
    made = [
        "-keyout",
        str(folder / "private.key"),
        "-out",
        str(folder / "public.crt"),
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    names = ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *made, *names]
    subprocess.run(command, check=True, capture_output=True)
    own_server.stop()
    own_server.settings |= TLS | {"dbms.ssl.policy.bolt.base_directory": str(folder)}
    own_server.start()
    return folder / "public.crt"


def test_a_certificate_that_nobody_vouches_for(
    own_server: Server, certificate: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with connected(own_server.uri) as connection:
        push(connection, sized(5))
    host = own_server.uri.removeprefix("bolt://")
    assert main(["status", f"bolt+s://{host}"]) == 4
    said = capsys.readouterr().err
    assert "the server's certificate is not one that this machine trusts" in said
    assert PASSWORD not in said
    assert main(["status", f"bolt+ssc://{host}"]) == 2
    assert main(["status", f"bolt+ssc://{host}", "--self-signed"]) == 0
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert main(["status", f"bolt+s://{host}"]) == 0
    assert "1 estate is kept" in capsys.readouterr().out
