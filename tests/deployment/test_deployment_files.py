"""What is deployed keeps our rules, as far as files can show: no machine of Azure is asked."""

from __future__ import annotations

import configparser
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bot.core import graph
from bot.service import build
from bot.settings import CALLBACK

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "deployment"
BICEPS = [PLACE / "infra" / "azure.bicep", PLACE / "infra" / "botRegistration" / "azurebot.bicep"]
BUILT_IN = {
    *[
        "param",
        "var",
        "resource",
        "module",
        "output",
        "string",
        "int",
        "bool",
        "array",
        "object",
        "if",
        "for",
        "in",
        "null",
    ],
    *["true", "false", "resourceGroup", "subscription", "subscriptionResourceId", "guid", "take"],
    "uniqueString",
}


def bicep_code(text: str) -> str:
    """Return *text* without comments and strings; what stands in `${…}` stays."""
    text = re.sub(r"^\s*(//.*|@description\(.*\))$", "", text, flags=re.MULTILINE)
    return re.sub(r"'[^']*'", lambda s: " ".join(re.findall(r"\$\{(.*?)\}", s[0])), text)


def declared(text: str) -> set[str]:
    loops = re.findall(r"\bfor (\w+) in", text)
    return {*re.findall(r"^(?:param|var|resource|module) (\w+)", text, re.MULTILINE), *loops}


def strangers(text: str) -> set[str]:
    code = re.sub(r"^output \w+", "", bicep_code(text), flags=re.MULTILINE)
    code = re.sub(r"@\w+\(.*\)", "", code)
    used = set(re.findall(r"(?<![\w.])([A-Za-z_]\w*)(?!\w)(?!\s*:)", code))
    # `a ? b : c` is the one place where a value stands before a colon.
    return used - declared(text) - BUILT_IN


@pytest.mark.parametrize("path", BICEPS, ids=lambda path: path.name)
def test_every_identifier_in_bicep_is_declared(path: Path) -> None:
    text = path.read_text("utf-8")
    assert strangers(text) == set()
    assert strangers(text + "\noutput x string = nobody.id\n") == {"nobody"}


@pytest.mark.parametrize("path", BICEPS, ids=lambda path: path.name)
def test_whatever_bicep_declares_is_used(path: Path) -> None:
    text = path.read_text("utf-8")
    ends = {"teams", "machine", "mayRead", "vaultLogs", "registration"}
    once = {name for name in declared(text) if len(re.findall(rf"\b{name}\b", text)) == 1}
    assert once - ends == set()


@pytest.mark.parametrize("path", BICEPS, ids=lambda path: path.name)
def test_no_secret_passes_through_a_deployment(path: Path) -> None:
    names = re.findall(r"^(?:param|output) (\w+)", path.read_text("utf-8"), re.MULTILINE)
    assert [name for name in names if re.search(r"secret|password|private", name, re.I)] == []


@pytest.mark.parametrize(
    ("start", "wanted"),
    [
        ("resource vault ", "enableRbacAuthorization: true"),
        ("resource vault ", "enablePurgeProtection: true"),
        ("resource vault ", "defaultAction: 'Deny'"),
        ("resource machine ", "disablePasswordAuthentication: true"),
        ("resource machine ", "type: 'UserAssigned'"),
        ("resource machine ", "deleteOption: 'Detach'"),
        ("resource store ", "networkAccessPolicy: 'DenyAll'"),
        ("resource mayRead ", "scope: vault"),
        ("resource vaultLogs ", "categoryGroup: 'audit'"),
    ],
)
def test_each_resource_has_what_policy_wants(start: str, wanted: str) -> None:
    _, _, rest = BICEPS[0].read_text("utf-8").partition(start)
    assert wanted in rest.split("\n}\n")[0]


def test_everybody_reaches_https_and_nothing_else() -> None:
    text = BICEPS[0].read_text("utf-8")
    rules = re.findall(r"priority: .*?destinationPortRange: '\d+'", text, re.DOTALL)
    from_anywhere = [rule for rule in rules if "sourceAddressPrefixes: adminAddresses" not in rule]
    assert len(rules) == 2
    assert [rule[-5:] for rule in from_anywhere] == ["'443'"]


def test_the_registration_is_of_one_tenant_or_of_an_identity_and_takes_no_key() -> None:
    text = BICEPS[1].read_text("utf-8")
    assert "@allowed(['SingleTenant', 'UserAssignedMSI'])" in text
    assert "disableLocalAuth: true" in text
    assert "endpoint: 'https://${hostName}/api/messages'" in text
    assert "name: 'MsTeamsChannel'" in text


def test_parameters_name_only_what_bicep_asks_for_and_all_it_needs() -> None:
    text = BICEPS[0].read_text("utf-8")
    given = json.loads((PLACE / "infra" / "azure.parameters.json").read_text("utf-8"))
    known = re.findall(r"^param (\w+)", text, re.MULTILINE)
    needed = re.findall(r"^param (\w+) \w+$", text, re.MULTILINE)
    assert set(needed) <= set(given["parameters"]) <= set(known)


def test_the_image_is_pinned_unprivileged_and_tells_its_health() -> None:
    text = (PLACE / "Dockerfile").read_text("utf-8")
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert len(bases) == 2
    assert all(re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", base) for base in bases)
    assert "--require-hashes -r requirements.txt" in text
    assert re.findall(r"^USER (\S+)", text.split("FROM")[-1], re.MULTILINE) == ["10001"]
    assert '\n  CMD ["python", "-c"' in text
    assert 'ENTRYPOINT ["python", "app.py"]' in text


def test_the_image_has_every_room_and_nothing_beside() -> None:
    copied = set(re.findall(r"^COPY (\w+) \./", (PLACE / "Dockerfile").read_text(), re.MULTILINE))
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    let_in = {line[1:] for line in lines if line.startswith("!")}
    assert copied == {"acumatica_client", "bot", "cards", "deployment", "storage"}
    assert let_in == {*copied, "app.py", "LICENSE", "requirements.txt"}
    assert "*" in lines
    assert {"**/.env", "deployment/secrets", "deployment/countersign.env"} <= set(lines)


def compose() -> dict[str, Any]:
    if os.environ.get("COUNTERSIGN_NOTHING_MAY_SKIP"):
        import yaml
    else:
        yaml = pytest.importorskip("yaml", reason="uv sync --group lint")
    read: dict[str, Any] = yaml.safe_load((PLACE / "compose.yaml").read_text("utf-8"))
    return read


def test_the_composed_service_has_no_privilege_and_a_disk_of_its_own() -> None:
    service = compose()["services"]["countersign"]
    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"
    assert not service["image"].endswith(":latest")
    assert "store:/data" in service["volumes"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def unit() -> configparser.RawConfigParser:
    # A unit says a key more than once; the first of each is enough for what is asked here.
    read = configparser.RawConfigParser(strict=False)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read(PLACE / "countersign.service", "utf-8")
    return read


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("User", "countersign"),
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("CapabilityBoundingSet", ""),
        ("UMask", "0077"),
        ("Restart", "always"),
        ("StateDirectory", "countersign"),
    ],
)
def test_the_unit_is_hardened(key: str, value: str) -> None:
    assert unit()["Service"][key] == value


@pytest.mark.parametrize(
    "name", ["Dockerfile", "compose.yaml", "countersign.service", "countersign.example.env"]
)
def test_every_setting_that_is_deployed_is_in_the_docs(name: str) -> None:
    told = (ROOT / "docs" / "settings.md").read_text("utf-8")
    named = set(re.findall(r"\b[A-Z]+__[A-Z_]+\b", (PLACE / name).read_text("utf-8")))
    plain = {re.sub("__MAIN__", "__<NAME>__", one.removesuffix("_FILE")) for one in named}
    assert plain
    assert [one for one in sorted(plain) if f"`{one}`" not in told] == []


def test_no_secret_stands_in_the_example_of_the_environment() -> None:
    lines = (PLACE / "countersign.example.env").read_text("utf-8").splitlines()
    secrets = [line for line in lines if re.search(r"SECRET|PASSWORD|KEYS", line)]
    assert len(secrets) == 5
    assert all(re.search(r"_FILE=secrets_[a-z-]+$", line) for line in secrets)


def test_a_command_runs_as_the_service_does() -> None:
    """With its user, settings and secrets; else it would read others, or own files of the store."""
    text = (PLACE / "countersign.sh").read_text("utf-8")
    assert subprocess.run(["sh", "-n", PLACE / "countersign.sh"], check=False).returncode == 0
    told = re.findall(r"--property=(\w+)=(\S+)", text)
    lines = (PLACE / "countersign.service").read_text("utf-8").splitlines()
    assert [one for one in told if "=".join(one) not in lines] == []
    named = {key for key, _ in told} | {value.partition("=")[0] for _, value in told}
    assert named >= {"User", "EnvironmentFile", "LoadCredential", "CONFIG", "STORAGE__URL"}


def test_each_secret_of_the_example_reaches_the_container() -> None:
    lines = (PLACE / "countersign.example.env").read_text("utf-8").splitlines()
    wanted = re.findall(r"^[A-Z].*_FILE=secrets_(\S+)$", "\n".join(lines), re.MULTILINE)
    composed = compose()
    given = composed["services"]["countersign"]["secrets"]
    assert sorted(given) == sorted(wanted) == sorted(composed["secrets"])
    assert all(one["file"].startswith("secrets/") for one in composed["secrets"].values())


def test_the_proxy_passes_each_door_that_others_need_and_no_other() -> None:
    text = (PLACE / "Caddyfile").read_text("utf-8")
    found = re.search(r"@doors path (.*)", text)
    assert found
    source = Path(build.__code__.co_filename).read_text("utf-8")
    doors = set(re.findall(r'router\.add_\w+\("(/api[^"{]*)', source))
    wanted = {door + "*" if door.endswith("/") else door for door in doors}
    wanted |= {"/api/graph/notifications", "/api/graph/lifecycle", CALLBACK}
    assert set(found[1].split()) == wanted
    assert "SERVER__PER_ADDRESS=0" in text
    assert "protocols tls1.2 tls1.3" in text


def test_each_permission_stands_in_the_readme_with_what_is_lost_without_it() -> None:
    told = " ".join((PLACE / "README.md").read_text("utf-8").split())
    all_of_them = [one for one in vars(graph).values() if isinstance(one, graph.Permission)]
    assert len(all_of_them) >= 5
    missing = [one.name for one in all_of_them if f"| `{one.name}` |" not in told]
    assert missing == []
    assert [one.name for one in all_of_them if one.lost not in told] == []


def test_every_file_a_deployment_has_is_told_of_and_every_link_leads_somewhere() -> None:
    told = (PLACE / "README.md").read_text("utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)", told) if not link.startswith("https:")]
    names = [*BICEPS, *(PLACE / name for name in ("Dockerfile", "compose.yaml", "Caddyfile"))]
    assert [link for link in links if not (PLACE / link).exists()] == []
    assert [path.name for path in names if path.name not in told] == []
