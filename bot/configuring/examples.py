"""Golden examples beside `countersign.toml`: a document, and which way it must go.

`countersign.examples.toml` says what somebody expects; `check` tells where the routes do otherwise.
The people in it are all there are: no store is asked, so an example means the same everywhere.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from acumatica_client.fingerprint import fingerprint
from acumatica_client.models import Document
from bot.checked import SettingsError, Strict, mistakes
from bot.company_file import File
from bot.configuring.sketch import Sketch
from bot.core.decide import Known, Policy
from bot.core.deciders import seconds
from bot.core.foresight import Foreseen, foresee
from bot.core.people import People, match_people
from bot.core.situations import Story
from bot.files import read_text
from bot.toml_lines import line_at, lines_of
from cards.language import language_of
from cards.privacy import Privacy
from cards.why import Why, passed_line
from storage.records import StoredDocument, StoredEmployee, TeamsPerson

PERSON = "person:"


class ExampleEmployee(Strict):
    """One `[[employee]]`: somebody of Acumatica whom the examples name, and who is in Teams."""

    code: str
    """Employee code."""
    email: str
    """By which they are found in Teams."""
    name: str = ""
    """As Acumatica shows it."""
    login: str = ""
    """Their Acumatica user."""


class Example(Strict):
    """One `[[example]]`: a document, and what must come of it; what is left out may be anything."""

    name: str
    """What it is about, for whoever reads that it failed."""
    company: str = ""
    """The company it is for; needed where there are several."""
    document: Sketch
    """The document as it stands."""
    route: int | None = None
    """Number of the route that must match, among those of the company, the first is 1."""
    to: tuple[str, ...] | None = None
    """Where that route sends, as it says it."""
    approvers: tuple[str, ...] | None = None
    """Addresses of who may decide, in any order."""
    seconds: tuple[str, ...] | None = None
    """Addresses of who may agree after the first; empty: one person is enough."""
    actions: tuple[str, ...] | None = None
    """Verbs that its buttons offer."""
    privacy: Literal["full", "band", "none"] | None = None
    """How much its card in the first channel tells."""


class Examples(Strict):
    """`countersign.examples.toml`: what must come of which document."""

    employee: tuple[ExampleEmployee, ...] = ()
    """People the examples name."""
    example: tuple[Example, ...] = ()
    """The examples."""


def examples_beside(config: Path) -> Path:
    """Return where the examples of a `countersign.toml` are looked for."""
    return config.with_suffix(f".examples{config.suffix}")


def read_examples(path: Path) -> Examples:
    """Read the examples, or raise SettingsError with every mistake found."""
    try:
        text = read_text(path)
        return Examples.model_validate(tomllib.loads(text, parse_float=Decimal))
    except OSError as error:
        raise SettingsError([f"{path}: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError([f"{path}: {error}"]) from error
    except ValidationError as error:
        raise SettingsError(mistakes(error, Examples, path=path, lines=lines_of(text))) from error


def failures(path: Path, file: File) -> tuple[int, list[str]]:
    """Try the examples at *path*; return how many there are, and a line for each that fails.

    Raises SettingsError.
    """
    examples = read_examples(path)
    lines = lines_of(read_text(path))
    found = []
    for number, example in enumerate(examples.example):
        where = f"{path}, line {line_at(lines, ('example', number))}: {example.name!r}"
        found += [f"{where}: {told}" for told in _failed(example, examples.employee, file)]
    return len(examples.example), found


def _failed(example: Example, employees: Sequence[ExampleEmployee], file: File) -> Iterator[str]:
    names = [company.name for company in file.company]
    company = example.company or (names[0] if len(names) == 1 else "")
    if company not in names:
        yield f"company: say one of {', '.join(names)}"
        return
    people = _people(company, employees, file)
    document = example.document.document()
    seen = _foreseen(company, document, people, file)
    yield from _differences(example, company, seen, people, file)


def _differences(
    example: Example, company: str, seen: Foreseen, people: People, file: File
) -> Iterator[str]:
    routes = file.routes(company)
    route, matter = routes.listed[seen.why.route - 1], seen.matter
    if example.route not in (None, seen.why.route):
        yield f"route: expected {example.route}, is {seen.why.route}{_because(example, seen.why)}"
    yield from _lists("to", example.to, route.to)
    yield from _lists("approvers", example.approvers, _mails(matter.approvers, people))
    agreeing = seconds(seen.story.document, route, people) if matter.two else []
    yield from _lists("seconds", example.seconds, [one.email for one in agreeing])
    yield from _lists("actions", example.actions, matter.verbs)
    privacy = Privacy.FULL if not route.to else routes.privacy(route.to[0])
    if example.privacy is not None and example.privacy != privacy:
        yield f"privacy: expected {example.privacy}, is {privacy}"


def _because(example: Example, why: Why) -> str:
    """Say what kept the document from the route that was expected."""
    passed = next((one for one in why.passed if one.number == example.route), None)
    return f" ({passed_line(passed, language_of('en')).rstrip('.')})" if passed else ""


def _lists(what: str, expected: Sequence[str] | None, found: Sequence[str]) -> Iterator[str]:
    """Compare as sets, whatever the case: an order of places or people means nothing."""
    if expected is None or _folded(expected) == _folded(found):
        return
    said = [", ".join(sorted(words)) or "nobody" for words in (expected, found)]
    yield f"{what}: expected {said[0]}, is {said[1]}"


def _folded(words: Sequence[str]) -> set[str]:
    return {word.lower() for word in words}


# --- the little world of an example ---------------------------------------------------------


def _foreseen(company: str, document: Document, people: People, file: File) -> Foreseen:
    at = document.last_modified
    mark = fingerprint(company, document)
    record = StoredDocument(
        company, str(document.key), document.status, at, mark, at, document.to_json(), 1, at
    )
    known = Known(None, None, (), people)
    story = Story(record, document, (), (), people)
    return foresee(story, known, file.routes(company), Policy(company, at))


def _people(company: str, employees: Sequence[ExampleEmployee], file: File) -> People:
    """Have everybody somebody names be in Teams under their address."""
    words = [
        word.removeprefix(PERSON)
        for route in file.routes(company).listed
        for word in (*route.approver, *route.second)
        if word.startswith(PERSON)
    ]
    told = file.overrides(company)
    mails = {mail.lower(): mail for mail in (*words, *(one.email for one in told))}
    names = {one.email.lower(): one.name for one in employees}
    mails |= {one.email.lower(): one.email for one in employees}
    return match_people(
        [StoredEmployee(one.code, one.name, one.email, True, one.login) for one in employees],
        [
            TeamsPerson(key, f"29:{key}", names.get(key) or mail, mail)
            for key, mail in mails.items()
        ],
        told,
    )


def _mails(ids: Sequence[str], people: People) -> list[str]:
    return [people.by_id[one].email for one in ids]
