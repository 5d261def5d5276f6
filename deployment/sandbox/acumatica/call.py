"""One request to an entity: what its path means, and which record it is about."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote

from aiohttp import web

from . import contract5, entry, refusals
from .approvals import LIST as APPROVALS
from .bodies import json_body
from .book import Record
from .erp import ERP, Erp
from .fields import Entity
from .habits import BOARD
from .lines import with_lines
from .query import Query
from .refusals import Refusal
from .sessions import Session
from .versions import Endpoint, endpoints
from .wire import Draft, read_draft, record_json, with_errors

_REVIEW = "Please review the errors."
NO_ID = "00000000-0000-0000-0000-000000000000"
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Call:
    """One request to an entity, after session, version and entity were found good."""

    request: web.Request
    erp: Erp
    session: Session
    endpoint: Endpoint
    entity: Entity
    rest: tuple[str, ...]  # what stands behind the entity in the path

    @property
    def base(self) -> str:
        """The endpoint's path."""
        return self.endpoint.path

    def query(self) -> Query:
        """What the URL's query asks."""
        zone = self.erp.options.zone
        query = self.request.query
        return Query(self.entity, query, self.base, zone, self.endpoint.contract)

    def sees(self, record: Record) -> bool:
        """Whether the record shows: what lies in a branch the API user lacks does not."""
        if self.session.tenant != self.erp.options.tenant:
            return False  # the site's other tenants are empty
        if self.session.user != self.erp.options.user:
            return True
        branch = record.fields.get("BranchID") or record.fields.get("Branch")
        return branch not in self.request.app[BOARD].habits.hidden_branches

    def found(self, parts: tuple[str, ...]) -> Record:
        """The record a path names by id or keys; one that is not there is a 500."""
        keys = tuple(key for part in parts for key in part.split("|"))
        book, name = self.erp.book, self.entity.name
        record = book.by_id(name, keys[0]) if _GUID.fullmatch(keys[0]) else None
        record = record or book.by_keys(name, self._keys(keys))
        if record is None or not self.sees(record):
            raise refusals.no_record()
        return record

    def meant(self, draft: Draft) -> Record | None:
        """The record a body points at: by id, by its keys, or by the query's `$filter`."""
        book, name = self.erp.book, self.entity.name
        record = None
        keys = tuple(str(draft.fields.get(key) or "") for key in self.entity.keys)
        if draft.id:
            record = book.by_id(name, draft.id)
        elif all(keys):
            record = book.by_keys(name, keys)
        elif not any(keys) and self.request.query.get("$filter"):
            record = next(filter(self.query().condition(), book.all(name)), None)
        return record if record and self.sees(record) else None

    async def body(self) -> Mapping[str, object]:
        """The request's JSON."""
        return await json_body(self.request)

    def draft(self, body: Mapping[str, object]) -> Draft:
        """What a body wants of the entity, in the words of contract version 4."""
        if self.endpoint.contract == 5:
            body = contract5.with_labels(self.entity, body)
        draft = read_draft(self.entity, body)
        draft.lines.pop(APPROVALS, None)  # the approval map writes them, nobody else
        return draft

    def update(self, record: Record, draft: Draft) -> Record:
        """Type a request's contents into a record, as far as the screen lets them."""
        wanted = entry.api_draft(record, with_lines(record, draft))
        self._refuse_problems(wanted, record)
        return self.erp.edit(record, wanted, self.session.user)

    def insert(self, draft: Draft) -> Record:
        """Enter a new document."""
        # Auto-numbering is on: a number that was sent is not kept. This is how a PUT meant for a
        # document that is gone makes a new one.
        number = self.entity.keys[-1]
        wanted = with_lines(None, draft)
        wanted = replace(wanted, fields={k: v for k, v in wanted.fields.items() if k != number})
        wanted.errors |= entry.missing(self.entity, wanted)
        self._refuse_problems(wanted, None)
        return self.erp.insert(self.entity, wanted, self.session.user)

    def _keys(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        if self.endpoint.contract == 5:
            return (contract5.key_label(self.entity, keys[0]), *keys[1:])
        return keys

    def _refuse_problems(self, draft: Draft, record: Record | None) -> None:
        problems = entry.problems(self.erp.desk(), self.entity, draft)
        if not problems:
            return
        doing = "Updating" if record else "Inserting"
        text = f"{doing} '{self.entity.form}' record raised at least one error."
        shown = record or Record(self.entity.name, NO_ID, {})
        lists = {name: tuple(rows) for name, rows in draft.lists.items()}
        sent = replace(
            shown, fields={**shown.fields, **draft.fields}, lists={**shown.lists, **lists}
        )
        # Lines with errors are shown whether they were asked for or not.
        wrong = {name.partition("/")[0] for name in problems if "/" in name}
        view = self.query().view()
        shape = record_json(sent, replace(view, expand=view.expand | wrong))
        raise Refusal(422, with_errors(shape, problems, f"{text} {_REVIEW}"))


def served(request: web.Request) -> tuple[Endpoint, ...]:
    """The endpoints this instance has."""
    options = request.app[ERP].options
    return endpoints(options.versions, contract5=options.contract5, site=options.site)


def endpoint_of(request: web.Request) -> Endpoint:
    """The endpoint and version a path names, or 404."""
    info = request.match_info
    wanted = (info["endpoint"], info["version"])
    found = next((e for e in served(request) if (e.name, e.version) == wanted), None)
    if found is None:
        raise refusals.not_found(str(request.url))
    return found


def path_behind(request: web.Request) -> tuple[str, ...]:
    """What stands behind the endpoint. The web server decodes first, so a key that holds a `/`
    falls apart however it was written.
    """
    folders = request.app[ERP].options.site.count("/")
    parts = unquote(request.rel_url.raw_path).split("/")[folders + 4 :]
    return tuple(part for part in parts if part)
