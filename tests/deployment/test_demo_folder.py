"""The demo's folder: one demo at a time, what people add stays, other commands find the way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from world import ROOT, free_port

from bot.company_file import read_file
from deployment.sandbox.demo import Demo
from deployment.sandbox.folder import owned
from deployment.sandbox.processes import StandIn, StandInFailed

ADDED = '\n[[person]]\nemail = "grace@acme.example"\nemployee = "EP00000007"\n'


def demo(folder: Path) -> Demo:
    return Demo(free_port(), free_port(), free_port(), folder)


def app(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, str(ROOT / "app.py"), *arguments],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_second_demo_in_one_folder_changes_nothing_and_names_the_option(tmp_path: Path) -> None:
    first = demo(tmp_path)
    with owned(tmp_path):
        first.prepare()
        before = first.file.read_text("utf-8")
        ports = [f"--port={free_port()}", f"--acumatica-port={free_port()}"]

        second = app(
            "demo", f"--data={tmp_path}", "--no-open", f"--teams-port={free_port()}", *ports
        )

    assert second.returncode == 1
    assert "another demo runs in" in second.stderr
    assert "--data" in second.stderr
    assert first.file.read_text("utf-8") == before


def test_the_folder_is_free_again_when_a_demo_has_ended(tmp_path: Path) -> None:
    with owned(tmp_path):
        pass
    with owned(tmp_path):
        pass


def test_what_a_person_added_below_stays_at_the_next_start(tmp_path: Path) -> None:
    demo(tmp_path).prepare()
    file = tmp_path / "countersign.toml"
    with file.open("a", encoding="utf-8") as opened:
        opened.write(ADDED)

    again = demo(tmp_path)
    again.prepare()
    demo(tmp_path).prepare()

    text = file.read_text("utf-8")
    assert text.endswith(ADDED)
    assert text.count("grace@acme.example") == 1
    assert again.erp not in text  # the rest is as the last start wants it
    assert [one.employee for one in read_file(file).person if one.employee] == ["EP00000007"]


def test_other_commands_take_the_demos_settings_from_its_folder(tmp_path: Path) -> None:
    demo(tmp_path).prepare()
    shown = f"set -a; . '{tmp_path}/env'; exec '{sys.executable}' '{ROOT}/app.py' check"
    done = subprocess.run(
        ["/bin/sh", "-c", shown],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "1 company" in done.stderr
    assert (tmp_path / "env").stat().st_mode & 0o077 == 0


def test_an_address_of_another_machine_is_not_called_taken() -> None:
    port = free_port()
    with pytest.raises(StandInFailed, match=r"cannot listen on 192\.0\.2\.1"):
        StandIn.check_port(port, "--port", "192.0.2.1")  # no address of this machine


@pytest.mark.parametrize("which", ["acumatica", "teams"])
def test_a_stand_in_refuses_a_port_that_is_none_or_taken(which: str) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        busy = app("sandbox", which, "--port", str(port))
    none = app("sandbox", which, "--port", "99999")

    assert (busy.returncode, none.returncode) == (1, 2)
    assert f"port {port} is taken" in busy.stderr
    assert "choose another with --port" in busy.stderr
    assert "Traceback" not in none.stderr + busy.stderr
