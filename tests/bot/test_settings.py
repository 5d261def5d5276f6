"""Unsafe configuration is refused before anything starts, in words that name its place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.checked import SettingsError
from bot.company_file import File, read_file
from bot.safety import read_everything, unsafe
from bot.settings import Settings, read_settings

ROOT = Path(__file__).resolve().parents[2]
CLIENT_SECRET = "client-secret-nobody-may-read"
PASSWORD = "erp-password-nobody-may-read"
PUSH_SECRET = "push-secret-nobody-may-read"
SECRETS = (CLIENT_SECRET, PASSWORD, PUSH_SECRET)
SAFE = {
    "TEAMS__APP_ID": "app",
    "TEAMS__TENANT_ID": "tenant",
    "TEAMS__CLIENT_SECRET": CLIENT_SECRET,
    "ACUMATICA__ACME__USER": "countersign",
    "ACUMATICA__ACME__PASSWORD": PASSWORD,
    "ACUMATICA__ACME__PUSH_SECRET": PUSH_SECRET,
}
COMPANY = '[[company]]\nname = "acme"\nurl = "https://erp.example"\ntenant = "Company"\n'
LAST_ROUTE = '[[route]]\ncompany = "acme"\nto = []\n'
BILLS = '[[route]]\ncompany = "acme"\nentity = "Bill"\nto = ["channel:ap"]\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a safe environment and a safe file."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith(
            ("TEAMS", "ACUMATICA", "STORAGE", "SERVER", "LOG_", "CONFIG", "ENCRYPTION")
        ):
            monkeypatch.delenv(name)
    for name, value in SAFE.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "countersign.toml").write_text(COMPANY + LAST_ROUTE, "utf-8")
    return tmp_path


def problems() -> str:
    """What keeps the service from starting, as the operator reads it."""
    try:
        read_everything()
    except SettingsError as error:
        return "\n".join(error.problems)
    return ""


def in_file(folder: Path, text: str) -> str:
    (folder / "countersign.toml").write_text(text, "utf-8")
    return problems()


# --- the environment ---


def test_a_safe_environment_and_file_are_accepted(folder: Path) -> None:
    settings, file = read_everything()

    assert unsafe(settings, file) == []
    assert settings.teams.tenants == {"tenant"}
    assert [company.name for company in file.company] == ["acme"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TEAMS__APP_ID", ""),
        ("TEAMS__TENANT_ID", ""),
        ("TEAMS__CLIENT_SECRET", ""),
        ("TEAMS__ALLOWED_TENANTS", "*"),
        ("TEAMS__ALLOWED_TENANTS", '["tenant", "*"]'),
        ("TEAMS__ALLOWED_TENANTS", '["tenant"'),
        ("TEAMS__APP_TYPE", "MultiTenant"),
        ("TEAMS__SERVICE_URL", "http://smba.trafficmanager.net/teams/"),
        ("TEAMS__SERVICE_URL", "https://user@smba.trafficmanager.net/teams/"),
        ("TEAMS__LOGIN_URL", "http://login.microsoftonline.com"),
        ("TEAMS__LOGIN_URL", "http://127.0.0.1.login.example"),
        ("TEAMS__OPENID_METADATA_URL", "ftp://login.botframework.com/keys"),
        ("TEAMS__APPID", "misspelt"),
        ("ACUMATICA__ACME__USER", ""),
        ("ACUMATICA__ACME__PASSWORD", ""),
        ("ACUMATICA__ACME__PUSH_SECRET", "fifteen letters"),
        ("ACUMATICA__ACME__PUSH_SECRET_PREVIOUS", "short"),
        ("ACUMATICA__ACME__PASSWROD", "misspelt"),
        ("STORAGE__URL", "postgres://db.example/countersign"),
        ("STORAGE__URL", "sqlite:///"),
        ("STORAGE__URL", "sqlite:///:memory:"),
        ("STORAGE__PATH", "misspelt"),
        ("SERVER__PORT", "70000"),
        ("SERVER__PORT", "http"),
        ("LOG__LEVEL", "loud"),
    ],
)
def test_an_unsafe_variable_is_refused_by_its_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)

    found = problems()

    assert variable in found
    assert found.count("\n") == 0


def test_secrets_of_a_company_the_file_does_not_have_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACUMATICA__ACEM__PUSH_SECRET", PUSH_SECRET)

    assert "ACUMATICA__ACEM__…: the file has no company 'acem'" in problems()


@pytest.mark.parametrize("variable", ["TEAMS", "ACUMATICA", "STORAGE"])
def test_a_group_that_is_no_json_is_refused_by_its_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, PASSWORD)

    found = problems()

    assert variable.lower() in found
    assert PASSWORD not in found


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://[::1]:1/", "http://localhost:1/"])
def test_http_is_for_this_machine_only(
    folder: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("TEAMS__SERVICE_URL", url)

    assert problems() == ""


def test_tenants_are_listed_with_commas_or_as_json(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAMS__ALLOWED_TENANTS", "one, two")
    with_commas = read_settings().teams.tenants
    monkeypatch.setenv("TEAMS__ALLOWED_TENANTS", '["one", "two"]')

    assert with_commas == read_settings().teams.tenants == {"one", "two"}


@pytest.mark.parametrize(
    ("url", "served"),
    [
        ("https://smba.trafficmanager.net/emea/", True),
        ("https://smba.infra.gcc.teams.microsoft.com/teams", True),
        ("http://smba.trafficmanager.net/emea/", False),
        ("https://smba.trafficmanager.net:8443/emea/", False),
        ("https://smba.trafficmanager.net.evil.example/", False),
        ("https://smba.trafficmanager.net@evil.example/", False),
        ("https://@smba.trafficmanager.net/", False),
        ("https://:x@smba.trafficmanager.net/", False),
        ("https://[smba.trafficmanager.net/", False),
        ("//smba.trafficmanager.net/emea/", False),
        ("", False),
    ],
)
def test_only_connectors_of_teams_are_served(folder: Path, url: str, served: bool) -> None:
    assert read_settings().teams.may_serve(url) is served


# --- secret files ---


def test_a_bare_name_is_one_of_the_credentials_systemd_hands_over(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed = folder / "credentials"
    handed.mkdir()
    (handed / "secrets_client-secret").write_text("of systemd\n", "utf-8")
    monkeypatch.delenv("TEAMS__CLIENT_SECRET")
    monkeypatch.setenv("TEAMS__CLIENT_SECRET_FILE", "secrets_client-secret")
    with pytest.raises(SettingsError, match="TEAMS__CLIENT_SECRET_FILE"):
        read_settings()

    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(handed))

    assert read_settings().teams.client_secret.get_secret_value() == "of systemd"


def test_a_secret_can_stand_in_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TEAMS__CLIENT_SECRET", "ACUMATICA__ACME__PASSWORD"):
        secret = folder / name
        secret.write_text(f"{name} from a file\n", "utf-8")
        monkeypatch.delenv(name)
        monkeypatch.setenv(f"{name}_FILE", str(secret))

    settings, _ = read_everything()

    assert settings.teams.client_secret.get_secret_value() == "TEAMS__CLIENT_SECRET from a file"
    password = settings.acumatica["acme"].password.get_secret_value()
    assert password == "ACUMATICA__ACME__PASSWORD from a file"


def test_a_secret_file_can_be_named_in_dot_env(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "secret").write_text("from a file", "utf-8")
    (folder / ".env").write_text("TEAMS__CLIENT_SECRET_FILE=secret\n", "utf-8")
    monkeypatch.delenv("TEAMS__CLIENT_SECRET")

    assert read_settings().teams.client_secret.get_secret_value() == "from a file"


@pytest.mark.parametrize("content", [None, b"\xff\xfe" + CLIENT_SECRET.encode()])
def test_an_unreadable_secret_file_is_refused_by_its_variable(
    folder: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    file = folder / "secret"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("TEAMS__CLIENT_SECRET_FILE", str(file))

    found = problems()

    assert "TEAMS__CLIENT_SECRET_FILE" in found
    assert CLIENT_SECRET not in found


def test_variables_of_other_programs_that_end_in_file_are_not_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SSL_CERT_FILE", "CLIENT_SECRET_FILE", "MYTEAMS__CLIENT_SECRET_FILE"):
        monkeypatch.setenv(name, str(folder / "not there"))

    assert problems() == ""


# --- the file ---


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ('url = "http://erp.example"', "company 1.url"),
        ('url = "https://bot:sesame@erp.example"', "company 1.url"),
        ('url = "https://[erp"', "company 1.url"),
        ('time_zone = "Mars/Olympus"', "company 1.time_zone"),
        ('time_zone = "America"', "company 1.time_zone"),
        ('time_zone = ""', "company 1.time_zone"),
        ('poll = "often"', "company 1.poll"),
        ("poll = 5", "company 1.poll"),
        ('poll = "0s"', "company 1.poll"),
        ('poll = "99999999999d"', "company 1.poll"),
        ('card_age = "1y"', "company 1.card_age"),
        ('version = "26.100.001"', "version"),
        ("page = 0", "company 1.page"),
        ('sign_in = "basic"', "company 1.sign_in"),
        ("seats = 3", "company 1.seats"),
        ("actions_at_once = 5", "company 1.actions_at_once"),
        ("seats = 1\nactions_at_once = 2", "actions_at_once: more than 1 needs more sessions"),
        ("parallel = 0", "company 1.parallel"),
        ("requests_per_minute = -1", "company 1.requests_per_minute"),
        ('locale = "english"', "company 1.locale"),
        ("allow_unknown_editors = true", "company 1.allow_unknown_editors"),
        ('name = "Acme Ltd"', "company 1.name"),
        ('name = "acme__east"', "company 1.name"),
        ('name = "acme_"', "company 1.name"),
        ('calls = { Bill = { "post" = "POST X" } }', "Bill.post"),
        ('calls = { Bill = { "release bill" = "DELETE X" } }', "calls"),
    ],
)
def test_an_unsafe_company_is_refused_by_its_place(folder: Path, line: str, place: str) -> None:
    name = line.partition(" ")[0]
    rest = [row for row in COMPANY.splitlines() if not row.startswith(f"{name} ")]

    found = in_file(folder, "\n".join([*rest, line, LAST_ROUTE]))

    assert "countersign.toml" in found
    assert place in found
    assert "sesame" not in found


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (BILLS.replace("acme", "other"), "no company 'other'"),
        (BILLS.replace('"Bill"', '"Invoice"'), "'Invoice' is none of"),
        (BILLS + 'when = "in limbo"\n', "'in limbo' is none of"),
        (BILLS + 'where = [{ field = "Amuont", at_least = 1 }]\n', "'Amuont' is none of"),
        (BILLS + 'where = [{ field = "Amount" }]\n', "say one of"),
        (BILLS + 'where = [{ field = "Amount", above = 1 }]\n', "route 1.where 1.above"),
        (BILLS + 'actions = ["pay"]\n', "'pay' is none of"),
        (BILLS + 'approver = ["boss"]\n', "'boss' is none of"),
        (BILLS.replace("channel:ap", "ap"), "'ap' is neither"),
        (BILLS.replace("channel:ap", "channel: "), "is neither"),
        (BILLS + "copies = 2\n", "route 1.copies"),
        ('[[person]]\nemail = "a@b.example"\nlimit = 5\n', "say its currency too"),
        ('[[person]]\nemail = "a@b.example"\nlimit = -5\ncurrency = "USD"\n', "person 1.limit"),
        ('[[person]]\nemail = "a@b.example"\nlimit = nan\ncurrency = "USD"\n', "person 1.limit"),
        ('[[person]]\nemail = "a@b.example"\nlimit = inf\ncurrency = "USD"\n', "person 1.limit"),
        ('[[channel]]\nname = "ap"\nconversation = "ap@thread"\n', "channel 1.conversation"),
        (COMPANY, "acme is there twice"),
        ("[[companies]]\n", "companies"),
    ],
)
def test_an_unsafe_rule_is_refused_in_its_own_words(folder: Path, more: str, words: str) -> None:
    found = in_file(folder, COMPANY + more + LAST_ROUTE)

    assert "countersign.toml" in found
    assert words in found


@pytest.mark.parametrize(
    ("url", "tenant"),
    [
        ("https://erp.example", "Company"),
        ("https://ERP.example:443/", "company"),
        ("https://erp.example", ""),
    ],
)
def test_one_tenant_of_acumatica_is_one_company(folder: Path, url: str, tenant: str) -> None:
    other = f'[[company]]\nname = "west"\nurl = "{url}"\ntenant = "{tenant}"\n'
    routes = LAST_ROUTE + LAST_ROUTE.replace("acme", "west")

    found = in_file(folder, COMPANY + other + routes)

    assert "acme and west are the same tenant" in found


@pytest.mark.parametrize("routes", ["", BILLS, LAST_ROUTE + BILLS])
def test_the_last_route_must_match_everything(folder: Path, routes: str) -> None:
    found = in_file(folder, (COMPANY + routes) if routes else f"route = []\n{COMPANY}")

    assert "must match everything" in found


def test_a_catch_all_route_cannot_be_narrowed(folder: Path) -> None:
    assert "entity: needed" in in_file(folder, COMPANY + LAST_ROUTE + 'when = "on hold"\n')


@pytest.mark.parametrize("content", ["[[company]\n", "a = 1\na = 2\n"])
def test_a_broken_file_says_in_which_line(folder: Path, content: str) -> None:
    found = in_file(folder, content)

    assert "countersign.toml" in found
    assert "line" in found


def test_a_file_that_is_no_text_is_refused_by_its_name(folder: Path) -> None:
    (folder / "countersign.toml").write_bytes(b"\xff\xfe")

    assert "countersign.toml" in problems()


def test_a_missing_file_says_what_to_copy(folder: Path) -> None:
    (folder / "countersign.toml").unlink()

    assert "copy countersign.example.toml" in problems()


def test_a_broken_file_does_not_hide_an_unsafe_environment(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAMS__APP_ID", "")
    monkeypatch.setenv("ACUMATICA__ACME__PASSWORD", "")

    found = in_file(folder, COMPANY.replace("https", "http") + LAST_ROUTE)

    for place in ("TEAMS__APP_ID", "ACUMATICA__ACME__PASSWORD", "company 1.url"):
        assert place in found


def test_companies_side_by_side_keep_their_own_routes(folder: Path) -> None:
    other = (COMPANY + LAST_ROUTE).replace("acme", "acme_us").replace("Company", "US")
    channel = '[[channel]]\nname = "ap"\nconversation = "19:ap@thread.tacv2"\n'
    text = COMPANY + BILLS + LAST_ROUTE + other + channel
    (folder / "countersign.toml").write_text(text, "utf-8")

    file: File = read_file(folder / "countersign.toml")

    assert file.routes("acme").channels() == {"ap"}
    assert file.routes("acme_us").channels() == frozenset()


# --- secrets ---


def test_no_text_of_the_settings_holds_a_secret(folder: Path) -> None:
    settings, file = read_everything()

    shown = f"{settings} {settings!r} {settings.acumatica!r} {file!r} {settings.model_dump_json()}"

    assert [secret for secret in SECRETS if secret in shown] == []


def test_no_mistake_quotes_a_secret(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMS__APPSECRET", CLIENT_SECRET)
    monkeypatch.setenv("ACUMATICA__ACME__PASSWROD", PASSWORD)
    monkeypatch.setenv("SERVER__PORT", PUSH_SECRET)
    monkeypatch.setenv("TEAMS__LOGIN_URL", f"http://bot:{PASSWORD}@login.example")

    with pytest.raises(SettingsError) as caught:
        read_settings()

    told = f"{caught.value} {caught.value!r} {caught.value.__cause__}"
    assert [secret for secret in SECRETS if secret in told] == []
    assert len(caught.value.problems) == 4


# --- the command ---


def check(
    folder: Path, *, command: str = "check", **environment: str
) -> subprocess.CompletedProcess[str]:
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, str(ROOT / "app.py"), command],
        cwd=folder,
        env={**clean, **SAFE, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_check_says_that_all_is_well(folder: Path) -> None:
    done = check(folder)

    assert done.returncode == 0
    assert "1 company, 1 route;" in done.stderr
    assert [secret for secret in SECRETS if secret in done.stdout + done.stderr] == []


def test_check_warns_while_two_administrators_cannot_settle_what_nobody_else_can(
    folder: Path,
) -> None:
    assert "administrators names 0 of at least 2" in check(folder).stderr
    file = folder / "countersign.toml"
    text = file.read_text("utf-8")

    file.write_text('administrators = ["a@x.example", "A@x.example"]\n' + text, "utf-8")
    assert "administrators names 1 of at least 2" in check(folder).stderr
    file.write_text('administrators = ["a@x.example", "b@x.example"]\n' + text, "utf-8")
    assert "administrators names" not in check(folder).stderr


def test_check_tells_every_mistake_at_once_and_no_secret(folder: Path) -> None:
    broken = COMPANY.replace("https", "http") + 'poll = "often"\n' + LAST_ROUTE
    (folder / "countersign.toml").write_text(broken, "utf-8")

    done = check(
        folder,
        TEAMS__APP_ID="",
        TEAMS__ALLOWED_TENANTS="*",
        ACUMATICA__ACME__USER="",
        STORAGE__URL=f"mysql://root:{PASSWORD}@db.example/x",
    )

    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if line.startswith("✗ ")]
    for place in (
        "TEAMS__APP_ID",
        "TEAMS__ALLOWED_TENANTS",
        "ACUMATICA__ACME__USER",
        "STORAGE__URL",
        "company 1.url",
        "company 1.poll",
    ):
        assert [line for line in lines if place in line], place
    assert "Traceback" not in done.stderr
    assert [secret for secret in SECRETS if secret in done.stdout + done.stderr] == []


def test_a_channel_that_looks_misspelt_is_warned_about(folder: Path) -> None:
    routes = BILLS.replace("channel:ap", "channel:paymnets") + LAST_ROUTE
    text = COMPANY + routes + '[[channel]]\nname = "payments"\nconversation = "19:x@thread"\n'
    (folder / "countersign.toml").write_text(text, "utf-8")

    done = check(folder)

    assert done.returncode == 0
    assert "channel:paymnets is bound by no [[channel]]; is 'payments' meant?" in done.stderr
    assert "[[channel]] 'payments' is used by no route" in done.stderr


def test_a_channel_that_is_bound_inside_teams_is_not_warned_about(folder: Path) -> None:
    (folder / "countersign.toml").write_text(
        'audit_channel = "audits"\n' + COMPANY + BILLS + LAST_ROUTE
        + '[[channel]]\nname = "audits"\nconversation = "19:x@thread"\n',
        "utf-8",
    )  # fmt: skip

    assert "channel" not in check(folder).stderr


def test_a_wrong_variable_is_told_in_one_plain_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVER__PUBLIC_URL", "http://x.example")
    monkeypatch.setenv("SERVER__PORT", "abc")

    assert sorted(problems().splitlines()) == [
        "SERVER__PORT: write a whole number",
        "SERVER__PUBLIC_URL: 'x.example' must be https; http is for loopback only",
    ]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (COMPANY + "sweeep = '5m'\n" + LAST_ROUTE, "company 1.sweeep: nobody knows this key"),
        (COMPANY + "sweeep = '5m'\n" + LAST_ROUTE, "Did you mean sweep?"),
        (COMPANY + BILLS + 'where = [{ field = "Amount", at_last = 1 }]\n', "mean at_least?"),
        (COMPANY + BILLS + "action = []\n" + LAST_ROUTE, "Did you mean actions?"),
        ("administrator = []\n" + COMPANY + LAST_ROUTE, "Did you mean administrators?"),
    ],
)
def test_a_misspelt_key_is_told_with_the_closest_one(folder: Path, text: str, meant: str) -> None:
    assert meant in in_file(folder, text)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("seats = 0", "company 1.seats: must be at least 1"),
        ("seats = 3", "company 1.seats: must be at most 2"),
        ("seats = 'two'", "company 1.seats: write a whole number"),
        ("seats = 1.5", "company 1.seats: write a whole number"),
        ("check_tenant = 'maybe'", "company 1.check_tenant: write true or false"),
        ("branch = 7", "company 1.branch: write a text in quotes"),
        ("locale = 'english'", "company 1.locale: write it like en-US"),
        ("sign_in = 'saml'", "company 1.sign_in: write 'session' or 'oauth'"),
        ("fallback = 'channel:ap'", "company 1.fallback: write a list in [ ]"),
        ("extra = 'Bill'", "company 1.extra: write a table with its keys"),
    ],
)
def test_a_wrong_entry_is_told_in_words_of_the_file(folder: Path, entry: str, told: str) -> None:
    found = in_file(folder, f"{COMPANY}{entry}\n{LAST_ROUTE}")

    assert told in found
    assert "Input should" not in found


def test_a_name_a_number_and_a_channel_say_how_they_are_written(folder: Path) -> None:
    found = in_file(
        folder,
        COMPANY.replace('"acme"', '"Acme East"') + BILLS
        + 'where = [{ field = "Amount", at_least = "much" }]\n' + LAST_ROUTE
        + '[[channel]]\nname = "ap"\nconversation = "General"\n',
    )  # fmt: skip

    assert "company 1.name: write small letters, digits and _ between them, like acme_east" in found
    assert "route 1.where 1.at_least: write a number" in found
    assert "channel 1.conversation: a channel's id begins with 19:" in found


def test_a_misspelt_variable_is_told_with_the_closest_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAMS__APPID", "app")
    monkeypatch.setenv("ACUMATICA__ACME__PASWORD", "x")

    assert "TEAMS__APPID: nobody knows this key; is it misspelt? Did you mean APP_ID?" in problems()
    assert "Did you mean PASSWORD?" in problems()


def test_run_tells_as_many_mistakes_as_check(folder: Path) -> None:
    (folder / "countersign.toml").unlink()

    told = check(folder, TEAMS__APP_ID="", STORAGE__URL="mysql://x").stderr
    ran = check(folder, command="run", TEAMS__APP_ID="", STORAGE__URL="mysql://x").stderr

    assert told.count("✗ ") >= 3
    assert ran == told


def test_settings_read_twice_are_equal(folder: Path) -> None:
    first: Settings = read_settings()

    assert first == read_settings()
